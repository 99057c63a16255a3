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
    use crate::fixture::{remedies, says};

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
}
