use super::connect::joined;
use crate::model::{Attachment, Case, Container, Found, Judgement, Network, NetworkMode, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC501",
    title: "client and server share no network",
    explanation: "
## What it is
Client and server are on different networks of the engine. Names are answered within a network only, and Docker also
drops the packets between networks; Podman passes them on, so there only the name fails.

## What proves it
No network in common, compared by name; the server runs.

## What disproves it
A common network, or a common network namespace.

## How to repair it
Connect one of them to the other's network, and start it there from now on.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.crosses_engines() || case.shares_namespace() || !case.common_networks().is_empty() {
        return Ok(None);
    }
    let server = case.server()?;
    let Some(client) = case.client() else { return Ok(None) };
    let theirs = networks(case, server.container);
    let mine = networks(case, client);
    let found =
        Found::fail(format!("{} is on {mine}, {} on {theirs}", client.name, server.container.name))
            .evidence(format!("networks of {}", client.name), mine)
            .evidence(format!("networks of {}", server.container.name), theirs);
    Ok(Some(joined(case, server, found)))
}

fn networks(case: &Case<'_>, container: &Container) -> String {
    let owner = case.namespace_owner(container).unwrap_or(container);
    let kind = |a: &Attachment| {
        let known: Option<&Network> = case.facts.network(&owner.engine, &a.network);
        if known.is_some_and(|n| n.default) {
            format!("{} (the default network)", a.network)
        } else {
            a.network.clone()
        }
    };
    let names: Vec<String> = owner.attachments.iter().map(kind).collect();
    match (&owner.network_mode, names.is_empty()) {
        (NetworkMode::None, _) | (_, true) => "no network".into(),
        _ => names.join(", "),
    }
}
