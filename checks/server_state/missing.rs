use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC611",
    title: "a client of which the project demands a link does not exist",
    explanation: "
## What it is
`econn.toml` says of a link that it must work, or that it must not, and no engine knows a container of the client's name.

## What proves it
The engines list all their containers, running or not, and none has the name.

## What disproves it
Any container of that name. One that is made later ends it: `econn preflight` waits for that.

## How to repair it
Start the client, or name it in `econn.toml` as its engine does.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !case.client_is_missing() {
        return Ok(None);
    }
    let client = &case.link.client;
    let engines: Vec<&str> = case.facts.engines.iter().map(|e| e.name.as_str()).collect();
    let count = case.facts.containers.len();
    Ok(Some(
        Found::fail(format!("there is no container {client}"))
            .awaits(case.to_start())
            .evidence(
                format!("containers of {}", engines.join(", ")),
                format!("{count}, none named {client}"),
            )
            .fix(format!(
                "start {client}, or give the link in econn.toml the name that its container has"
            )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Demand, Snapshot};

    fn gone(it: &mut Snapshot) {
        it.link().client = "hapy".into();
        it.link().demand = Some(Demand::MustWork);
    }

    #[test]
    fn catches() {
        says(&RULE, gone, "fail: there is no container hapy");
        row("server-state", gone, "fail: EC611");
        // Nothing else can be said of such a link, and nobody takes its client for the machine.
        for check in ["shared-network", "endpoint-config", "network-path", "bind-address"] {
            row(check, gone, "unknown: there is no container hapy");
        }
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.link().demand = Some(Demand::MustWork), "nothing");
        says(&RULE, Snapshot::comes_from_the_machine, "nothing");
    }
}
