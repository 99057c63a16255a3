use super::connect::joined;
use super::resolver_fails::answers;
use super::{finds_server, lookup};
use crate::model::{Case, Found, Judgement, Rule, Symptom, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC504",
    title: "the server's name does not resolve on the common network",
    explanation: "
## What it is
Client and server share a network that answers names, both run, and the name does not resolve: the container does not
answer to it there (a service name of a one-off container, a lost alias, a hostname on Podman, a container inside a pod).

## What proves it
The client's name server says that the name does not exist.

## What disproves it
An address in the answer.

## How to repair it
Use the name that the network knows, or give the server that name as an alias there.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    if finds_server(case, server, lookup) || lookup.symptom() != Some(Symptom::NameNotFound) {
        return Ok(None);
    }
    let name = &lookup.name;
    let owner = case.namespace_owner(server.container).unwrap_or(server.container);
    let common = case.common_networks();
    let found = answers(
        case,
        Found::fail(format!(
            "{name} does not resolve in {}, though {} is on {}",
            case.link.client, owner.name, common[0].name
        )),
        lookup,
    );
    let known = case
        .attachments(server.container)
        .iter()
        .any(|a| a.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)));
    if known || owner.name.eq_ignore_ascii_case(name) {
        return Ok(Some(found.fix(format!(
            "disconnect {} from {1} and connect it again, so that {1} registers its names anew; restart the engine if that does not help",
            owner.name, common[0].name
        ))));
    }
    let engine = case.kind().command();
    let network = &common[0].name;
    Ok(Some(if common.is_empty() {
        joined(case, server, found)
    } else {
        found.fix(format!("dial {} instead of {name}", owner.name)).fix_by(
            format!("or give {} the alias {name} on {network}", owner.name),
            format!("{engine} network disconnect {network} {0} && {engine} network connect --alias {1} {network} {0}", owner.name, quoted(name)),
        )
    }))
}
