use crate::model::{Case, Found, Judgement, Rule, TurnedAway};

pub(crate) const RULE: Rule = Rule {
    code: "EC808",
    title: "the server turns the client away in its own protocol",
    explanation: "
## What it is
The server is reached, takes the connection, and says at once that it does not serve this client: Redis without a password serves
none but its own machine (protected mode), MySQL lets a user in from the hosts alone that were named, and both turn everybody away
while all their places are taken. The connection itself is in order.

## What proves it
An error in the server's own protocol, sent to the client's namespace before anything was asked, three times in a row.

## What disproves it
A greeting, or silence until something is asked. A refusal after the login is not seen: nothing is sent.

## How to repair it
Change the rule: give Redis a password or switch `protected-mode` off where nobody else can reach it, name the client's hosts in
the grants of MySQL; let a server that is full take more (`maxclients`, `max_connections`), or close what its clients leave open.
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
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
    }
}
