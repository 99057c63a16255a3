use super::resolver_fails::answers;
use super::{finds_server, lookup};
use crate::model::{Case, Container, Found, Judgement, Link, Meant, Rule, Tried, quoted};

/// A program that keeps an address for so many seconds, as the JVM does unless told otherwise, asks anew by itself.
const KEPT: u64 = 30;

pub(crate) const RULE: Rule = Rule {
    code: "EC508",
    title: "the client still dials an address that the server had before",
    explanation: "
## What it is
The name is right, and a client that was just started would reach the server. This one asked for the name before the
server was made or started anew, and keeps the address of then: nginx does so for as long as it runs, a JVM or a
connection pool for a time, some programs for ever.

## What proves it
The kernel shows the client's own connects to the port, begun after its name server had given the server's address of
now: they go to another address of the same network, which no container has, and nobody answers them. The client runs
for longer than the server. Where another server may have had that address as well, it is a warning.

## What disproves it
Connects to the server's address of now; or an address that some other container has, whatever it is.

## How to repair it
Restart the client. To keep it from coming back, let the client ask anew: in nginx a `resolver` and a variable in
`proxy_pass`, in a JVM `networkaddress.cache.ttl`, in a pool a limited age of its connections.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let tried = |t: &&Tried| t.to.port() == case.link.endpoint.port && case.is_vacant(t.to.ip());
    let Some(tried) = case.link.tried.iter().find(tried).filter(|_| case.may_remember()) else {
        return Ok(None);
    };
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    if !finds_server(case, server, lookup) {
        return Ok(None);
    }
    let (client, name) = (&case.link.client, &server.container.name);
    let seen = format!(
        "{client} dials {} again and again, which nobody has any more; {name} is elsewhere by now",
        tried.to
    );
    let kept = server.container.state.up_seconds.filter(|up| *up < KEPT);
    let found = if other(case).is_some() { Found::warn(seen) } else { Found::fail(seen) };
    let mut found = answers(case, found, lookup)
        .awaits(kept.map(|_| format!("{client} to ask for {} anew", lookup.name)))
        .evidence(
            format!("connects of programs in the network namespace of {client}"),
            format!("{} to {}, without an answer", tried.connects, tried.to),
        );
    for end in case.client().into_iter().chain([server.container]) {
        found = found.evidence(format!("{} runs since", end.name), since(end));
    }
    if let Some(other) = other(case) {
        found = found
            .evidence("another server that may have had the address", other.endpoint.url.clone());
    }
    Ok(Some(
        found
            .fix_by(
                format!("restart {client}, so that it asks for {} anew", lookup.name),
                format!("{} restart {}", case.kind().command(), quoted(client)),
            )
            .fix(format!(
                "let {client} ask again by itself: in nginx a resolver and a variable in proxy_pass, in a JVM networkaddress.cache.ttl, in a pool a limited age of connections"
            )),
    ))
}

fn since(container: &Container) -> String {
    container.state.started_at.clone().unwrap_or_else(|| "an unknown time".into())
}

/// Another link of the client to the same port, whose server may have had that address.
fn other<'a>(case: &Case<'a>) -> Option<&'a Link> {
    case.facts.links.iter().find(|other| {
        other.id != case.link.id
            && (&other.engine, &other.client) == (&case.link.engine, &case.link.client)
            && other.endpoint.port == case.link.endpoint.port
            && matches!(other.meant, Meant::Name | Meant::Nobody)
            && other.server != case.link.server
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, row, says};
    use crate::model::{Connect, Lookup, Snapshot, Tried};

    fn dials(address: &str) -> impl Fn(&mut Snapshot) {
        move |it| {
            it.mock().state.started_at = Some("2026-01-13T08:00:00.4Z".into());
            it.link().tried = vec![Tried { to: address.parse().unwrap(), connects: 2 }];
        }
    }

    fn old(it: &mut Snapshot) {
        dials("172.20.0.9:8080")(it);
    }

    const SEEN: &str = "hapi dials 172.20.0.9:8080 again and again, which nobody has any more; mock is elsewhere by now";

    #[test]
    fn catches() {
        says(&RULE, old, &format!("fail: {SEEN}"));
        row("shared-network", old, "fail: EC508");
        assert!(remedies(&RULE, old).starts_with("$ docker restart hapi\n"));
        // The client is told of two servers: which of them had the address is open.
        let another = |it: &mut Snapshot| {
            old(it);
            it.joins("llm", "172.20.0.4");
            let mut other = it.link().clone();
            other.id = "docker:hapi->http://llm:8080".into();
            other.server.as_mut().unwrap().container = Some("llm".into());
            it.links.push(other);
        };
        says(&RULE, another, &format!("warn: {SEEN}"));
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Somebody else's address, the gateway's, one that the client is given, or one of no common network.
        for address in ["172.20.0.2:8080", "172.20.0.1:8080", "10.1.2.3:8080", "172.20.0.9:9090"] {
            says(&RULE, dials(address), "nothing");
        }
        let changes: [&dyn Fn(&mut Snapshot); 6] = [
            &|it| {
                it.joins("other", "172.20.0.9");
            },
            &|it| it.ci().driver = "macvlan".into(),
            &|it| {
                let line = crate::model::HostsLine {
                    address: ip("172.20.0.9"),
                    names: vec!["old".into()],
                };
                it.hapi().hosts = crate::model::Fact::Known(vec![line]);
            },
            // The client was started after the server, so that it asked the name server of now.
            &|it| it.mock().state.started_at = Some("2026-01-13T07:59:59.9Z".into()),
            // The name itself is wrong: then that is the fault.
            &|it| it.finds(Lookup::NoSuchName),
            &|it| {
                it.parts("other", "172.30.0");
                it.visits("172.30.0.2:8080", Connect::Timeout);
            },
        ];
        for change in changes {
            says(
                &RULE,
                |it| {
                    old(it);
                    change(it);
                },
                "nothing",
            );
        }
    }
}
