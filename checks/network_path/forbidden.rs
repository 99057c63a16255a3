use crate::model::{Case, Found, Judgement, Reply, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC711",
    title: "a link that must not work works",
    explanation: "
## What it is
`econn.toml` forbids this link: client and server are to be kept apart. The client was let try, and got through.

## What proves it
A connection from the client's network namespace to the forbidden address was completed.

## What disproves it
A name that does not resolve there, a refusal, or no answer, while the server itself listens. Where the server does not
listen nothing is proved, and the row stays unknown.

## How to repair it
Take client or server off the network that they share, or make the port private; or take the link out of `econn.toml`.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !case.link.is_forbidden() {
        return Ok(None);
    }
    let visit = case.link.visit.known()?;
    if !visit.connected() {
        return Ok(None);
    }
    let (client, url) = (&case.link.client, &case.link.endpoint.url);
    let said = match &visit.reply {
        // What takes a connection for another and drops it then may stand in the way; an answer may not.
        Some(Reply::Closed | Reply::Reset) if visit.certificate.is_none() => {
            return Err(Undecided::Unknown(format!(
                "the connection of {client} to {url} was completed and closed without an answer: who took it was not seen"
            )));
        }
        Some(Reply::Status(status)) => format!("answered with {status}"),
        Some(Reply::ReadTimeout) => "completed, without an answer in time".into(),
        Some(_) => "answered".into(),
        None => "completed".into(),
    };
    let met = visit.attempts.last().map_or_else(String::new, |a| a.to.to_string());
    let found = Found::fail(format!("{client} reaches {url}, and must not"))
        .evidence(format!("connection from the namespace of {client} to {met}"), said);
    Ok(Some(apart(case, found)))
}

/// How to keep them apart.
pub(super) fn apart(case: &Case<'_>, mut found: Found) -> Found {
    let client = &case.link.client;
    if let Ok(server) = case.server() {
        let name = &server.container.name;
        let engine = case.facts.kind(&server.container.engine).command();
        for network in case.common_networks() {
            found = found
                .evidence(
                    format!("network {}", network.name),
                    format!("{client} and {name} are on it"),
                )
                .fix_by(
                    format!("take {client} off {}, and start it there no more", network.name),
                    format!("{engine} network disconnect {} {client}", network.name),
                );
        }
    }
    if found.fix.is_empty() {
        found = found.fix(format!(
            "see by which way {client} gets there (a published port, the machine's network), and close it; or take the link out of econn.toml"
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Demand, Fact, Lookup, Meant, Reply, Snapshot};

    fn forbidden(it: &mut Snapshot) {
        it.link().demand = Some(Demand::MustNotWork);
    }

    fn replied(reply: Reply) -> impl Fn(&mut Snapshot) {
        move |it| {
            forbidden(it);
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.reply = Some(reply.clone());
        }
    }

    #[test]
    fn catches() {
        says(&RULE, forbidden, "fail: hapi reaches http://mock:8080, and must not");
        row("network-path", forbidden, "fail: EC711");
        assert_eq!(remedies(&RULE, forbidden), "$ docker network disconnect ci hapi");
        let expected = "fail: hapi reaches http://mock:8080, and must not";
        for reply in [Reply::Status(500), Reply::NotHttp, Reply::Tls, Reply::ReadTimeout] {
            says(&RULE, replied(reply), expected);
        }
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Kept apart, as it should be: the name is not found, or packets are dropped.
        let apart = |it: &mut Snapshot| {
            forbidden(it);
            it.parts("other", "172.30.0");
        };
        says(&RULE, apart, "nothing");
        row("network-path", apart, "pass: hapi does not reach http://mock:8080: name not found");
        let dropped = |it: &mut Snapshot| {
            forbidden(it);
            it.way(&[("172.20.0.2:8080", Connect::Timeout)], None);
        };
        row("network-path", dropped, "pass: hapi does not reach http://mock:8080: connect timeout");
    }

    #[test]
    fn a_link_that_must_not_work_is_asked_nothing_else() {
        for check in ["shared-network", "endpoint-config", "server-concurrency", "server-state"] {
            row(
                check,
                forbidden,
                "skip: this link must not work, and is only asked whether it does",
            );
        }
    }

    /// Whoever is not there is reached by nobody: that proves no isolation.
    #[test]
    fn what_could_not_be_tried_is_no_pass() {
        let with = |change: fn(&mut Snapshot)| {
            move |it: &mut Snapshot| {
                forbidden(it);
                change(it);
            }
        };
        row(
            "network-path",
            with(|it| it.ends("exited", 1)),
            "unknown: mock is exited, so that it is reached by nobody proves nothing",
        );
        let silent = with(|it| {
            it.listens(&[]);
            it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        });
        row(
            "network-path",
            silent,
            "unknown: nothing in mock listens on port 8080, so that it is reached by nobody proves nothing",
        );
        row(
            "network-path",
            with(|it| it.link().visit = Fact::Unknown("permission denied".into())),
            "unknown: permission denied",
        );
        row("network-path", with(Snapshot::sends_nothing), "skip: --passive");
        row(
            "network-path",
            with(|it| {
                it.told("db", 5432, Meant::Nobody);
                it.finds(Lookup::NoSuchName);
            }),
            "unknown: no container has the name or address db, so that nobody reaches it proves nothing",
        );
        let closed = |it: &mut Snapshot| replied(Reply::Closed)(it);
        row(
            "network-path",
            closed,
            "unknown: the connection of hapi to http://mock:8080 was completed and closed without an answer: who took it was not seen",
        );
    }
}
