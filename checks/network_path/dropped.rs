use super::{failed, goes_through_machine, table_full};
use crate::model::{Attempt, Case, Connect, Found, Judgement, Rule, Undecided};

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

/// The connection that got no answer, and no full listen queue is the reason.
pub(super) fn unanswered<'a>(case: &Case<'a>) -> Result<Option<&'a Attempt>, Undecided> {
    if goes_through_machine(case) {
        return Ok(None);
    }
    let server = case.server()?;
    let Some(attempt) = failed(&case.attempts()?, &Connect::Timeout) else { return Ok(None) };
    let name = &server.container.name;
    if server
        .listeners()?
        .iter()
        .any(|l| l.waiting > 0 && l.backlog.is_none_or(|backlog| l.waiting >= backlog))
    {
        return Err(Undecided::Unknown(format!(
            "the listen queue of {name}:{} is full, which drops connections as well",
            server.port
        )));
    }
    if case.arrives() {
        return Err(Undecided::Unknown(format!(
            "{name} took one connection of {} and not the next: its listen queue may be full",
            case.link.client
        )));
    }
    Ok(Some(attempt))
}

fn judge(case: &Case<'_>) -> Judgement {
    let is_explained = case.crosses_nodes() || table_full::table(case).is_some();
    let Some(attempt) = unanswered(case)?.filter(|_| !is_explained) else {
        return Ok(None);
    };
    let name = &case.server()?.container.name;
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

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, remedies, says};
    use crate::model::{Connect, Fact, Listener, Snapshot};

    fn no_answer(it: &mut Snapshot) {
        it.way(&[("172.20.0.2:8080", Connect::Timeout)], None);
    }

    #[test]
    fn catches() {
        says(&RULE, no_answer, "fail: hapi gets no answer from mock at 172.20.0.2:8080");
        let no_icc = |it: &mut Snapshot| {
            no_answer(it);
            let options = &mut it.ci().options;
            options.insert("com.docker.network.bridge.enable_icc".into(), "false".into());
        };
        says(&RULE, no_icc, "fail: hapi gets no answer from mock at 172.20.0.2:8080");
        assert_eq!(remedies(&RULE, no_icc), "make ci again without enable_icc=false");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A refusal is an answer, also at one of two addresses.
        says(&RULE, |it| it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true)), "nothing");
        let two = |v4, v6| [("172.20.0.2:8080", v4), ("[fd00::2]:8080", v6)];
        says(&RULE, |it| it.way(&two(Connect::Connected, Connect::Timeout), None), "nothing");
        says(&RULE, |it| it.way(&two(Connect::Refused, Connect::Timeout), Some(true)), "nothing");
    }

    /// A full listen queue drops connections just so.
    #[test]
    fn a_full_listen_queue_is_not_a_firewall() {
        for waiting in [5, 6] {
            says(
                &RULE,
                |it| {
                    no_answer(it);
                    let full = Listener { waiting, backlog: Some(5), ..listener("0.0.0.0:8080") };
                    it.mock().listeners = Fact::Known(vec![full]);
                },
                "unknown: the listen queue of mock:8080 is full, which drops connections as well",
            );
        }
        // It took the client's first connection, and not the next one.
        says(
            &RULE,
            |it| {
                no_answer(it);
                it.visits("172.20.0.2:8080", Connect::Connected);
            },
            "unknown: mock took one connection of hapi and not the next: its listen queue may be full",
        );
        says(
            &RULE,
            |it| {
                no_answer(it);
                let idle = Listener { waiting: 2, backlog: Some(128), ..listener("0.0.0.0:8080") };
                it.mock().listeners = Fact::Known(vec![idle]);
            },
            "fail: hapi gets no answer from mock at 172.20.0.2:8080",
        );
    }
}
