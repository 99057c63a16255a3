use super::commands;
use crate::model::{Case, Found, Judgement, Rule, TurnedAway};

pub(crate) const RULE: Rule = Rule {
    code: "EC808",
    title: "the server turns the client away before anything is asked",
    explanation: "
## What it is
The server is reached, takes the connection, and says at once that it does not serve this client: Redis without a password serves
none but its own machine (protected mode), MySQL lets a user in from the hosts alone that were named, and both turn everybody away
while all their places are taken. The connection itself is in order.

## What proves it
An error in the server's own protocol, sent to the client's namespace before anything was asked, three times in a row; or three connections
that were closed at once, and each one from inside the server's namespace as well.

## What disproves it
A greeting, or silence until something is asked. A refusal after the login is not seen: nothing is sent.

## How to repair it
Change the rule: give Redis a password or switch `protected-mode` off where nobody else can reach it, name the client's hosts in
the grants of MySQL; let a server that is full take more (`maxclients`, `max_connections`), or close what its clients leave open. Of one that hangs up, read the log: its own back end may be gone, or it lets in others only.
",
    judge,
};

/// The error of `MySQL` for a host of which too many connections broke off.
const HOST_BLOCKED: u16 = 1129;

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(refusal) = case.link.visit.value().and_then(|visit| visit.turned_away.as_ref()) else {
        return Ok(None);
    };
    let (name, client) = (&server.container.name, &case.link.client);
    let (said, fix) = match refusal {
        TurnedAway::Redis => (
            "-DENIED (protected mode)".to_owned(),
            format!(
                "give {name} a password (--requirepass) and tell it {client}, or switch the protection off where nobody else \
                 can reach {name} (--protected-mode no)"
            ),
        ),
        TurnedAway::HangsUp => return hangs_up(case, name, server.port),
        TurnedAway::Full => (
            "all its places are taken".to_owned(),
            format!(
                "let {name} take more connections (maxclients of Redis, max_connections of MySQL), or have its clients close \
                 those that they do not use"
            ),
        ),
        TurnedAway::Mysql(HOST_BLOCKED) => (
            format!("error {HOST_BLOCKED} (the host is blocked)"),
            format!(
                "mend what broke the connections of {client} off, and have {name} forget them: FLUSH HOSTS"
            ),
        ),
        TurnedAway::Mysql(number) => (
            format!("error {number} (the host is not allowed)"),
            format!(
                "let the user of {client} in from its network: CREATE USER or RENAME USER with the host '%'"
            ),
        ),
    };
    Ok(Some(
        Found::warn(format!(
            "{name}:{} takes the connection of {client}, and turns it away in its own protocol",
            server.port
        ))
        .evidence(format!("first bytes to a connection from the namespace of {client}"), said)
        .fix(fix),
    ))
}

/// One that says nothing may do so to everybody: then its own log tells why.
fn hangs_up(case: &Case<'_>, name: &str, port: u16) -> Judgement {
    let client = &case.link.client;
    let seen = case.link.concurrency.value();
    if !case.arrives() || !seen.is_some_and(|seen| seen.hung_up) {
        return Ok(None);
    }
    let (_, logs) = commands(case)?;
    Ok(Some(
        Found::warn(format!("{name}:{port} takes each connection and closes it without a byte"))
            .evidence(format!("3 connections from the namespace of {client}"), "closed at once")
            .evidence(format!("connections inside {name}"), "closed as well")
            .fix_by(format!("see why {name} hangs up: what it passes on to may be gone"), logs),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, Snapshot, TurnedAway};

    fn away(it: &mut Snapshot, refusal: TurnedAway) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        (visit.reply, visit.turned_away) = (None, Some(refusal));
    }

    #[test]
    fn catches() {
        let seen =
            "warn: mock:8080 takes the connection of hapi, and turns it away in its own protocol";
        for (refusal, remedy) in [
            (TurnedAway::Redis, "--protected-mode no"),
            (TurnedAway::Mysql(1130), "RENAME USER with the host '%'"),
            (TurnedAway::Mysql(1129), "FLUSH HOSTS"),
            (TurnedAway::Full, "max_connections"),
        ] {
            says(&RULE, |it| away(it, refusal.clone()), seen);
            let remedies = remedies(&RULE, |it| away(it, refusal.clone()));
            assert!(remedies.contains(remedy), "{remedies}");
        }
        row("server-state", |it| away(it, TurnedAway::Mysql(1130)), "warn: EC808");
        for (hung_up, told) in [
            (true, "warn: mock:8080 takes each connection and closes it without a byte"),
            (false, "nothing"),
        ] {
            let hangs_up = |it: &mut Snapshot| {
                away(it, TurnedAway::HangsUp);
                it.probed().hung_up = hung_up;
            };
            says(&RULE, hangs_up, told);
        }
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
    }
}
