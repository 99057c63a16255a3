use super::repair::{proposed, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC403",
    title: "no container has the name or the address",
    explanation: "
## What it is
The client is told a name that no container carries (a slip of the pen, a renamed container, an underscore for a hyphen,
a service of another project), or an address of the engine's networks that no container has any more.

## What proves it
No container of the engine, running or not, has that name, alias, Compose service or address.

## What disproves it
Any container that carries it. That the name does not resolve from the client is then another fault: see EC501 and the
codes after it, and EC601 for a server that does not run.

## How to repair it
Tell the client the server's name or its Compose service, and the port inside it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.link.meant != Meant::Nobody || case.link.endpoint.malformed.is_some() {
        return Ok(None);
    }
    let endpoint = &case.link.endpoint;
    let what = if endpoint.address().is_some() { "address" } else { "name" };
    let engine = &case.link.engine;
    let found = quoted(
        case,
        Found::fail(format!("no container of {engine} has the {what} {}", endpoint.host)),
    );
    let Ok(server) = case.server() else {
        return Ok(Some(found.fix(format!(
            "tell {} the name of the server's container or Compose service instead of {}",
            case.link.client, endpoint.host
        ))));
    };
    let found = found
        .evidence("most likely meant", format!("{} (port {})", server.container.name, server.port));
    Ok(Some(rewritten(case, found, &proposed(case, server))))
}
