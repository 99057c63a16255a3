use super::{failed, path};
use crate::model::{Case, Connect, Found, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC701",
    title: "packets are dropped between client and server",
    explanation: "
## What it is
Client and server share a network, and a connection gets no answer at all: a rule of the firewall drops it, or the
network was made without communication between its containers.

## What proves it
The connection from the client's namespace to the server's own address times out, while the server runs and its listen
queue has room.

## What disproves it
An answer, also a refusal. A full listen queue drops connections, too.

## How to repair it
Make the network with communication between containers, or take away the rule that drops.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(attempt) = failed(path(case)?, &Connect::Timeout) else { return Ok(None) };
    let name = &server.container.name;
    if server
        .listeners()?
        .iter()
        .any(|l| l.waiting > 0 && l.backlog.is_none_or(|backlog| l.waiting > backlog))
    {
        return Err(Undecided::Unknown(format!(
            "the listen queue of {name}:{} is full, which drops connections as well",
            server.port
        )));
    }
    let found =
        Found::fail(format!("{} gets no answer from {name} at {}", case.link.client, attempt.to))
            .evidence(
                format!("connect to {} from the namespace of {}", attempt.to, case.link.client),
                format!("no answer in {} ms", attempt.ms),
            );
    let closed =
        |(option, value): (&String, &String)| option.ends_with("enable_icc") && value == "false";
    let common = case.common_networks();
    Ok(Some(match common.iter().find(|n| n.options.iter().any(closed)) {
        Some(network) => found
            .evidence(format!("network {}", network.name), "enable_icc=false: its containers may not talk to each other")
            .fix(format!("make {} again without enable_icc=false", network.name)),
        None => found.fix(format!(
            "look for the rule that drops traffic within {} (iptables -S FORWARD, iptables -S DOCKER-USER, nft list ruleset) and take it away",
            common.first().map_or("the network", |n| n.name.as_str())
        )),
    }))
}
