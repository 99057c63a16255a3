use super::resolver_fails::answers;
use super::{finds_server, lookup};
use crate::model::{Case, Container, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC506",
    title: "two containers answer to one name",
    explanation: "
## What it is
Several containers on the network carry the name that the client dials. Docker gives their addresses in turn, so some
requests reach the wrong one; Podman gives them in a fixed order.

## What proves it
The answer holds the server's address and that of a container that is not a replica of it.

## What disproves it
All owners are replicas of one Compose service.

## How to repair it
Take the name from one of them, or dial a name that only the server has.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    if !finds_server(case, server, lookup) {
        return Ok(None);
    }
    let service =
        |c: &Container| c.compose.as_ref().map(|c| (c.project.clone(), c.service.clone()));
    let ours = case.namespace_owner(server.container).unwrap_or(server.container);
    let addresses = lookup.addresses();
    let other = case.facts.containers.iter().find(|c| {
        c.engine == case.link.engine
            && c.name != ours.name
            && c.addresses().any(|ip| addresses.contains(&ip))
            && (service(c).is_none() || service(c) != service(ours))
    });
    let Some(other) = other else { return Ok(None) };
    let name = &lookup.name;
    let found = Found::fail(format!("{name} means both {} and {}", ours.name, other.name));
    Ok(Some(answers(case, found, lookup).fix(format!(
        "take the name {name} from {} (or stop it if it is a left-over), or dial a name that only {} has",
        other.name, ours.name
    ))))
}
