use super::{failed, goes_through_machine};
use crate::model::{Case, Connect, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC703",
    title: "the server's address can't be reached",
    explanation: "
## What it is
The client's kernel has no way to the server's address, or was told on the way that there is none. firewalld rejects
with such a message within milliseconds; an address that nobody has gives it after about three seconds.

## What proves it
The connection from the client's namespace ends with \"no route to host\" or \"network is unreachable\".

## What disproves it
Any other end.

## How to repair it
Take away the firewall's rule, or repair the routes.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if goes_through_machine(case) {
        return Ok(None);
    }
    let server = case.server()?;
    let attempts = case.attempts()?;
    let Some(attempt) = failed(&attempts, &Connect::HostUnreachable)
        .or_else(|| failed(&attempts, &Connect::NetworkUnreachable))
    else {
        return Ok(None);
    };
    let name = &server.container.name;
    Ok(Some(
        Found::fail(format!("{} has no way to {name} at {}", case.link.client, attempt.to))
            .evidence(
                format!("connect to {} from the namespace of {}", attempt.to, case.link.client),
                format!("no route after {} ms", attempt.ms),
            )
            .fix("look for a rule that rejects with icmp-host-prohibited (firewalld), and for routes that overlap the network's subnet"),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Meant, NetworkMode, Snapshot};

    #[test]
    fn catches() {
        for way in [Connect::HostUnreachable, Connect::NetworkUnreachable] {
            says(
                &RULE,
                |it| it.way(&[("172.20.0.2:8080", way)], None),
                "fail: hapi has no way to mock at 172.20.0.2:8080",
            );
        }
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A client without IPv6 has no way to the server's second address, and needs none.
        let two = |v4| [("172.20.0.2:8080", v4), ("[fd00::2]:8080", Connect::NetworkUnreachable)];
        says(&RULE, |it| it.way(&two(Connect::Connected), None), "nothing");
        says(&RULE, |it| it.way(&two(Connect::Refused), Some(true)), "nothing");
        // The client's own ports are used up: no fault of the way.
        says(
            &RULE,
            |it| it.way(&[("172.20.0.2:8080", Connect::AddressNotAvailable)], None),
            "nothing",
        );
    }

    #[test]
    fn the_way_is_asked_for_only_where_there_is_one() {
        row("network-path", |_| (), "pass: hapi connects to 172.20.0.2:8080 in 1 ms");
        row("network-path", |it| it.parts("other", "172.30.0"), "skip: no common network");
        row(
            "network-path",
            Snapshot::shares,
            "skip: client and server share one network namespace",
        );
        row(
            "network-path",
            |it| it.hapi().network_mode = NetworkMode::Host,
            "skip: the client is on the host's network",
        );
        row(
            "network-path",
            |it| it.told("172.20.0.1", 18141, Meant::HostPublished),
            "skip: the client goes through the engine's machine",
        );
        row("network-path", crate::model::Snapshot::sends_nothing, "skip: --passive");
        row(
            "network-path",
            |it| it.way(&[], None),
            "unknown: the server has no address on the common network",
        );
    }
}
