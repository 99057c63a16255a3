use super::open;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC304",
    title: "the server listens on the address of another network only",
    explanation: "
## What it is
The server is bound to one of its addresses, and that one is not on a network that it shares with the client.

## What proves it
Every open socket of the port is bound to an address, none to the wildcard, and none to an address of a common network.

## What disproves it
A wildcard socket, or an address of a common network.

## How to repair it
Bind 0.0.0.0, or the address of the common network.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let rows = open(&server)?;
    let common = case.common_networks();
    if case.shares_namespace()
        || rows.is_empty()
        || common.is_empty()
        || rows.iter().any(|l| l.address.ip().is_unspecified())
    {
        return Ok(None);
    }
    let shared = |network: &str| common.iter().any(|c| c.name == network);
    let attachments = case.attachments(server.container);
    let reachable: Vec<_> =
        attachments.iter().filter(|a| shared(&a.network)).flat_map(|a| &a.addresses).collect();
    if reachable.is_empty()
        || rows.iter().any(|l| reachable.iter().any(|ip| **ip == l.address.ip().to_canonical()))
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let bound = rows[0].address;
    Ok(Some(
        Found::fail(format!("{name} listens on {bound} only, which is not on {}", common[0].name))
            .evidence(format!("listening socket in the namespace of {name}"), bound.to_string())
            .evidence(format!("address of {name} on {}", common[0].name), reachable[0].to_string())
            .fix(format!("bind 0.0.0.0:{} instead of {bound} in {name}", server.port)),
    ))
}
