use super::repair::{proposed, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC404",
    title: "the client is told a container's address instead of its name",
    explanation: "
## What it is
The engine gives addresses anew at every start. An address that is right today belongs to another container, or to
nobody, tomorrow.

## What proves it
The endpoint is an address that a container has on one of the engine's networks.

## What disproves it
A name; or an address given by hand (`--ip`), where you know that it stays.

## How to repair it
Tell the client the server's name.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.link.meant != Meant::Address {
        return Ok(None);
    }
    let server = case.server()?;
    let name = &server.container.name;
    let found = quoted(
        case,
        Found::warn(format!("{} is {name} only until its next start", case.link.endpoint.host)),
    );
    Ok(Some(rewritten(case, found, &proposed(case, server))))
}
