use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC607",
    title: "the server is paused",
    explanation: "
## What it is
All processes of the container are frozen. The kernel still takes connections for it; nobody answers.

## What proves it
The state `paused`.

## What disproves it
A running container.

## How to repair it
Unpause it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if state.status != "paused" {
        return Ok(None);
    }
    let name = &server.container.name;
    let engine = case.facts.kind(&server.container.engine).command();
    Ok(Some(
        Found::fail(format!(
            "{name} is paused: its kernel takes connections, its program answers none"
        ))
        .evidence(format!("State of {name}"), state.status.clone())
        .fix_by(format!("let {name} go on"), format!("{engine} unpause {name}")),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, Reply, Snapshot};

    #[test]
    fn catches() {
        let pauses = |it: &mut crate::model::Snapshot| it.ends("paused", 0);
        says(
            &RULE,
            pauses,
            "fail: mock is paused: its kernel takes connections, its program answers none",
        );
        assert_eq!(remedies(&RULE, pauses), "$ docker unpause mock");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.ends("exited", 0), "nothing");
    }

    /// Its sockets, its addresses and its name are all there.
    #[test]
    fn only_its_program_is_away() {
        let pauses = |it: &mut Snapshot| {
            it.mock().state.status = "paused".into();
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.reply = Some(Reply::ReadTimeout);
            it.link().concurrency = Fact::Unknown("mock is paused".into());
        };
        for (check, expected) in [
            ("endpoint-config", "pass: mock is a name of mock"),
            ("shared-network", "pass: both are on ci, and mock resolves to 172.20.0.2"),
            ("server-state", "fail: EC607"),
            ("network-path", "pass: hapi connects to 172.20.0.2:8080 in 1 ms"),
            ("bind-address", "pass: mock listens on 0.0.0.0:8080"),
            ("server-concurrency", "unknown: mock is paused, so its program answers nobody"),
        ] {
            row(check, pauses, expected);
        }
    }
}
