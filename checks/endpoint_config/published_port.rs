use super::repair::{proposed, quoted, rewritten};
use crate::model::{Case, Fact, Found, Judgement, Meant, Rule, Undecided, Visit};

pub(crate) const RULE: Rule = Rule {
    code: "EC402",
    title: "the published port is used inside the network",
    explanation: "
## What it is
A published port exists on the engine's machine. Between containers the port inside the server counts.

## What proves it
The server's container publishes the dialled port, from another port inside, and does not listen on the dialled one.

## What disproves it
A socket of the dialled port in the server's namespace, or a client on the engine's machine.

## How to repair it
Tell the client the port inside the server.
",
    judge,
};

/// Whether the client is told a published port, as far as that is known.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    matches!(judge(case), Ok(Some(_)))
}

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    if !matches!(case.link.meant, Meant::Name | Meant::Address) {
        return Ok(None);
    }
    let Ok(server) = case.server() else { return Ok(None) };
    let visit = case.link.visit.value();
    if server.port == endpoint.port || visit.is_some_and(Visit::connected) {
        return Ok(None);
    }
    match &server.container.listeners {
        Fact::Known(rows) if rows.iter().any(|l| l.address.port() == endpoint.port) => {
            return Ok(None);
        }
        Fact::Unknown(why) | Fact::Skipped(why)
            if visit.is_none() && server.container.state.is_running() =>
        {
            return Err(Undecided::Unknown(why.clone()));
        }
        // What does not run listens nowhere, and a client that was turned away met no socket.
        Fact::Known(_) | Fact::Unknown(_) | Fact::Skipped(_) => {}
    }
    if let Some(why) = case.port_untold() {
        return Err(Undecided::Unknown(why));
    }
    let name = &server.container.name;
    let found = Found::fail(format!(
        "{} is the port that {name} publishes on the engine's machine; inside it is {}",
        endpoint.port, server.port
    ));
    let found = quoted(case, found)
        .evidence(format!("published by {name}"), format!("{} to {}", endpoint.port, server.port));
    Ok(Some(rewritten(case, found, &proposed(case, server))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::{Connect, Fact, Lookup, Meant, Snapshot};

    fn told(it: &mut Snapshot) {
        it.told("mock", 18141, Meant::Name);
        it.visits("172.20.0.2:18141", Connect::Refused);
    }

    const FAIL: &str =
        "fail: 18141 is the port that mock publishes on the engine's machine; inside it is 8080";

    #[test]
    fn catches() {
        says(&RULE, told, FAIL);
        assert!(remedies(&RULE, told).contains("to http://mock:8080"));
        says(
            &RULE,
            |it| {
                it.told("172.20.0.2", 18141, Meant::Address);
                it.visits("172.20.0.2:18141", Connect::Refused);
            },
            FAIL,
        );
        // It does not run, or its name is not found: what it publishes is known.
        says(
            &RULE,
            |it| {
                told(it);
                it.ends("exited", 1);
            },
            FAIL,
        );
        says(
            &RULE,
            |it| {
                told(it);
                it.finds(Lookup::NoSuchName);
            },
            FAIL,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.told("172.20.0.1", 18141, Meant::HostPublished), "nothing");
        // It listens on both.
        says(
            &RULE,
            |it| {
                told(it);
                it.listens(&["0.0.0.0:8080", "0.0.0.0:18141"]);
            },
            "nothing",
        );
        // The name is the machine's in the client's hosts file: there the published port is right.
        says(
            &RULE,
            |it| {
                told(it);
                it.visits("172.20.0.1:18141", Connect::Connected);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                told(it);
                it.mock().listeners = Fact::Unknown("the engine is remote".into());
                it.link().visit = Fact::Unknown("the engine is remote".into());
            },
            "unknown: the engine is remote",
        );
    }
}
