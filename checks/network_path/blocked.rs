use crate::model::{Attempt, Case, Connect, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC705",
    title: "the machine's firewall keeps containers from its port",
    explanation: "
## What it is
The server listens on the engine's machine, and what containers send there is dropped or refused before it arrives:
firewalls such as ufw and firewalld let in nothing that they were not told of, also from the engine's own bridges.

## What proves it
The connection from the client's namespace gets no answer, or is refused, while a socket with room in its queue is open
to that address on the machine.

## What disproves it
No socket that takes connections to that address: then the server's bind address is the fault. A full listen queue.

## How to repair it
Let the firewall accept connections to the port from the client's network.
",
    judge,
};

/// The client's attempt at a port of the machine that did not arrive, though a socket takes it there.
pub(super) fn attempt<'a>(case: &Case<'a>) -> Option<&'a Attempt> {
    let server = case.server_with_sockets().ok()?;
    if case.link.meant != Meant::Host || case.client_is_on_host() || !case.server_is_on_host() {
        return None;
    }
    let attempts = &case.link.visit.value()?.attempts;
    let stopped = |a: &&Attempt| {
        matches!(a.connect, Connect::Timeout | Connect::Refused | Connect::HostUnreachable)
    };
    let open = |a: &&Attempt| {
        let mut sockets = server.listeners().unwrap_or_default().into_iter();
        a.to.port() == server.port
            && sockets
                .any(|l| l.takes(a.to.ip()) && l.backlog.is_some_and(|backlog| l.waiting < backlog))
    };
    if attempts.iter().any(|a| a.connect == Connect::Connected) {
        return None;
    }
    attempts.iter().filter(stopped).find(open)
}

fn judge(case: &Case<'_>) -> Judgement {
    let Some(attempt) = attempt(case) else { return Ok(None) };
    let server = case.server()?;
    let (client, name) = (&case.link.client, &server.container.name);
    let what = if attempt.connect == Connect::Timeout { "no answer" } else { "refused" };
    let found = Found::fail(format!(
        "{client} does not get to {} on the machine, where {name} listens",
        attempt.to
    ))
    .evidence(
        format!("connect to {} from the namespace of {client}", attempt.to),
        format!("{what} in {} ms", attempt.ms),
    )
    .evidence(
        format!("listening sockets of {name}"),
        server.listeners()?.iter().map(|l| l.address.to_string()).collect::<Vec<_>>().join(", "),
    );
    let networks = case.client().map_or(&[][..], |client| case.attachments(client));
    let subnet = networks
        .iter()
        .filter_map(|a| case.facts.network(&case.link.engine, &a.network))
        .find_map(|n| n.subnets.iter().find(|subnet| !subnet.contains(':')));
    let port = server.port;
    Ok(Some(match subnet {
        Some(subnet) => found.fix_by(
            format!("let the machine accept port {port} from {subnet} (with ufw: ufw allow from {subnet} to any port {port} proto tcp)"),
            format!("iptables -I INPUT -s {subnet} -p tcp --dport {port} -j ACCEPT"),
        ),
        None => found.fix(format!("let the machine's firewall accept port {port} from containers (iptables -S INPUT shows its rules)")),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Meant, NetworkMode, Snapshot};

    fn blocked(it: &mut Snapshot) {
        it.mock().network_mode = NetworkMode::Host;
        it.mock().attachments.clear();
        it.told("172.20.0.1", 8080, Meant::Host);
        it.visits("172.20.0.1:8080", Connect::Timeout);
    }

    const FAIL: &str =
        "fail: hapi does not get to 172.20.0.1:8080 on the machine, where mock listens";

    #[test]
    fn catches() {
        says(&RULE, blocked, FAIL);
        row("network-path", blocked, "fail: EC705");
        assert_eq!(
            remedies(&RULE, blocked),
            "$ iptables -I INPUT -s 172.20.0.0/16 -p tcp --dport 8080 -j ACCEPT"
        );
        says(
            &RULE,
            |it| {
                blocked(it);
                it.visits("172.20.0.1:8080", Connect::Refused);
            },
            FAIL,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        for change in [
            // A server on the loopback, or on no port at all, refuses by itself; a full queue drops.
            (|it: &mut Snapshot| it.listens(&["127.0.0.1:8080"])) as fn(&mut Snapshot),
            |it| it.listens(&[]),
            |it| it.mock().listeners = crate::model::Fact::Unknown("no right".into()),
            |it| {
                it.listens(&["0.0.0.0:8080"]);
                let crate::model::Fact::Known(rows) = &mut it.mock().listeners else { return };
                rows[0].waiting = 128;
            },
            |it| it.visits("172.20.0.1:8080", Connect::Connected),
            |it| it.hapi().network_mode = NetworkMode::Host,
            Snapshot::sends_nothing,
        ] {
            says(
                &RULE,
                |it| {
                    blocked(it);
                    change(it);
                },
                "nothing",
            );
        }
    }
}
