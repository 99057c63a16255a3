use super::forbidden::apart;
use crate::model::{Case, Connect, Found, Judgement, Rule, Visit};

pub(crate) const RULE: Rule = Rule {
    code: "EC712",
    title: "the server of a link that must not work is reached by its address",
    explanation: "
## What it is
`econn.toml` forbids this link. The address as it is written there leads nowhere, but the client gets through to the
server's own address: only the name keeps them apart. Podman's networks do not keep packets from each other.

## What proves it
A connection from the client's network namespace to the server's own address and port was completed.

## What disproves it
No answer, or a refusal, at every address of the server.

## How to repair it
Make one of the networks internal or isolated (`podman network create --opt isolate=true`), or accept that names alone
keep them apart.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !case.link.is_forbidden() || case.link.visit.value().is_none_or(Visit::connected) {
        return Ok(None);
    }
    let attempts = case.link.path.value().map_or(&[][..], |path| &path.attempts);
    let Some(open) = attempts.iter().find(|a| a.connect == Connect::Connected) else {
        return Ok(None);
    };
    let (client, url) = (&case.link.client, &case.link.endpoint.url);
    let found =
        Found::warn(format!("{client} does not reach {url}, but the server at {}", open.to))
            .evidence(
                format!("connection from the namespace of {client} to {}", open.to),
                "completed",
            );
    Ok(Some(apart(case, found)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{attempt, row, says};
    use crate::model::{Connect, Demand, Fact, Path, Snapshot};

    fn apart(it: &mut Snapshot, connect: Connect) {
        it.parts("other", "172.30.0");
        it.link().demand = Some(Demand::MustNotWork);
        let attempts = vec![attempt("172.30.0.2:8080", connect)];
        it.link().path = Fact::Known(Path { attempts, refused_by_server: None });
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| apart(it, Connect::Connected),
            "warn: hapi does not reach http://mock:8080, but the server at 172.30.0.2:8080",
        );
        row("network-path", |it| apart(it, Connect::Connected), "warn: EC712");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| apart(it, Connect::Timeout), "nothing");
        says(&RULE, |it| apart(it, Connect::Refused), "nothing");
        // It is reached as it is written: that is the fault.
        says(&RULE, |it| it.link().demand = Some(Demand::MustNotWork), "nothing");
    }
}
