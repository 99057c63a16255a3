use super::resolver_fails::spelled;
use super::{finds_server, lookup};
use crate::model::{Asked, Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC509",
    title: "the name server denies the name for IPv6, and the client's C library may take that for the whole answer",
    explanation: "
## What it is
A program asks for a name twice, for IPv4 and for IPv6. The name server knows the address of IPv4, and answers the other
question with a failure or says that there is no such name at all. The C library glibc uses what it got; musl, that of
Alpine, gives up, and the program says that the name is not found. Tools that ask for IPv4 alone (`nslookup`, `dig`)
see nothing wrong.

## What proves it
The answers to both questions, asked from the client's network namespace, and a program of the client whose loader is
musl's. It is a warning: a program that asks for IPv4 only is not hurt, and what musl makes of such answers depends on
its version.

## What disproves it
An answer for IPv6 that the name has no such address; or a client whose programs use glibc.

## How to repair it
Let the name server answer questions for IPv6 with no address and without an error, use the engine's own name server,
or an image with glibc.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(client) = case.client().filter(|client| client.uses_musl == Some(true)) else {
        return Ok(None);
    };
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    let denied = |asked: &'_ &Asked| asked.denied_for_ipv6.is_some();
    let Some(asked) =
        lookup.asked.iter().find(denied).filter(|_| finds_server(case, server, lookup))
    else {
        return Ok(None);
    };
    let said = asked.denied_for_ipv6.as_ref().map(spelled).unwrap_or_default();
    let what = |family: &str| {
        format!("{} for {family}, asked of {} from {}", asked.question, asked.server, client.name)
    };
    Ok(Some(
        Found::warn(format!(
            "{} gives {} an address of IPv4 for {}, and for IPv6 \"{said}\"; musl, which {} uses, may take that for the whole answer",
            asked.server, client.name, asked.question, client.name
        ))
        .evidence(what("IPv4"), spelled(&asked.answer))
        .evidence(what("IPv6"), said)
        .fix(format!(
            "let {} answer for IPv6 that {} has no address, without an error; or give {} the engine's own name server (no --dns), or an image with glibc",
            asked.server, asked.question, client.name
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Fact, Lookup, Snapshot};

    fn denied(answer: Lookup) -> impl Fn(&mut Snapshot) {
        move |it| {
            it.hapi().uses_musl = Some(true);
            let Fact::Known(lookup) = &mut it.link().lookup else { return };
            lookup.asked[0].denied_for_ipv6 = Some(answer.clone());
        }
    }

    #[test]
    fn catches() {
        for (answer, said) in
            [(Lookup::NoSuchName, "no such name"), (Lookup::ServerFailure, "server failure")]
        {
            says(
                &RULE,
                denied(answer),
                &format!(
                    "warn: 127.0.0.11 gives hapi an address of IPv4 for mock, and for IPv6 \"{said}\"; musl, which hapi uses, may take that for the whole answer"
                ),
            );
        }
        row("shared-network", denied(Lookup::NoSuchName), "warn: EC509");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |it| it.hapi().uses_musl = Some(true), "nothing");
        // glibc, or nobody looked.
        for library in [Some(false), None] {
            says(
                &RULE,
                |it| {
                    denied(Lookup::NoSuchName)(it);
                    it.hapi().uses_musl = library;
                },
                "nothing",
            );
        }
    }
}
