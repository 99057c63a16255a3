use super::{finds_server, lookup};
use crate::model::{Case, Found, Judgement, Lookup, Resolution, Rule, Symptom};

pub(crate) const RULE: Rule = Rule {
    code: "EC503",
    title: "the client's name server does not answer",
    explanation: "
## What it is
The network answers names, and the name server that the client asks fails, refuses or stays silent. That is another
thing than a name that does not exist.

## What proves it
A question asked from the client's network namespace, of the name servers in its own resolv.conf, in its order: no
answer, a refusal or a failure of each.

## What disproves it
Any answer, also that the name does not exist.

## How to repair it
Let the client use the engine's name server (no `--dns` of its own on Podman), and see that nothing else took port 53.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    if finds_server(case, server, lookup) || lookup.symptom() != Some(Symptom::ResolverFailed) {
        return Ok(None);
    }
    let client = &case.link.client;
    let found = answers(
        case,
        Found::fail(format!("no name server of {client} answers for {}", lookup.name)),
        lookup,
    );
    Ok(Some(found.fix(format!(
        "see which name servers {client} uses (/etc/resolv.conf inside it), and start it without --dns, or restart the engine's name service"
    ))))
}

/// What each name server said, as evidence.
pub(super) fn answers(case: &Case<'_>, mut found: Found, lookup: &Resolution) -> Found {
    for asked in &lookup.asked {
        let said = match &asked.answer {
            Lookup::Addresses(addresses) => {
                addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            Lookup::NoSuchName => "no such name".into(),
            Lookup::NoAddresses => "no address".into(),
            Lookup::ServerFailure => "server failure".into(),
            Lookup::RefusedByServer => "refused".into(),
            Lookup::Timeout => "no answer".into(),
            Lookup::Unreachable(why) => format!("not reached: {why}"),
        };
        found = found.evidence(
            format!("{} asked of {} from {}", asked.question, asked.server, case.link.client),
            said,
        );
    }
    found
}
