use super::{leaves_the_loopback, reached};
use crate::model::{Case, Found, Judgement, Meant, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC301",
    title: "the server listens on its own loopback only",
    explanation: "
## What it is
The server is bound to 127.0.0.1 or ::1 of its own network namespace. Nothing outside its container can connect,
whatever is published, and its own health check still passes.

## What proves it
Every listening socket of the port in the server's namespace has a loopback address.

## What disproves it
A socket bound to 0.0.0.0, :: or an address of a network; a client in the same namespace that dials the loopback; a connection
that a proxy in the server's namespace passes on; or an HTTP reply at the port by which it is published. The name server that
Docker puts on 127.0.0.11 is not the server.

## How to repair it
Bind 0.0.0.0 (or ::) inside the container. That opens nothing outside: what is published, and on which address of the
machine, is decided by the engine.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let within = case.shares_namespace() && !leaves_the_loopback(case);
    // Some engines' own carriers of published ports (rootless ones) connect to the loopback of the namespace. A connection alone
    // says nothing there: they take it before they know whether anybody listens.
    let reply = case.link.visit.value().and_then(|visit| visit.reply.as_ref());
    let answered =
        case.link.meant == Meant::HostPublished && matches!(reply, Some(Reply::Status(_)));
    if within || answered || !reached(case).is_empty() || !server.is_loopback_only()? {
        return Ok(None);
    }
    let rows = server.listeners()?;
    let bound = rows[0].address;
    let name = &server.container.name;
    let why = match case.link.visit.value().and_then(|visit| visit.attempts.first()) {
        Some(tried) if case.shares_namespace() => {
            format!("and {} dials {}", case.link.client, tried.to.ip())
        }
        _ => "which no other container can reach".into(),
    };
    let mut found = Found::fail(format!("{name} listens on {bound} only, {why}"));
    for row in rows {
        found = found.evidence(
            format!("listening socket in the namespace of {name}"),
            row.address.to_string(),
        );
    }
    if let Some(port) = server
        .container
        .ports
        .iter()
        .find(|p| p.container_port == server.port && p.host_port.is_some())
    {
        found = found.evidence(
            format!("published by {name}"),
            format!(
                "{} to {}, where nothing answers from outside",
                port.host_port.unwrap_or_default(),
                port.container_port
            ),
        );
    }
    Ok(Some(found.fix(format!(
        "bind 0.0.0.0:{} instead of {bound} in {name}: host=\"0.0.0.0\", --host 0.0.0.0, --bind 0.0.0.0 or HOST=0.0.0.0, by the server's own option",
        server.port
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Fact, Meant, NetworkMode, Reply, Snapshot};

    const REFUSED: [(&str, Connect); 1] = [("172.20.0.2:8080", Connect::Refused)];

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.way(&REFUSED, Some(true));
            },
            "fail: mock listens on 127.0.0.1:8080 only, which no other container can reach",
        );
        says(
            &RULE,
            |it| {
                it.listens(&["[::1]:8080", "127.0.0.1:8080"]);
                it.way(&REFUSED, Some(true));
            },
            "fail: mock listens on [::1]:8080 only, which no other container can reach",
        );
        // Its own health check passes all the same.
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080", "0.0.0.0:9090"]);
                it.way(&REFUSED, Some(true));
                it.mock().state.health = Some("healthy".into());
            },
            "fail: mock listens on 127.0.0.1:8080 only, which no other container can reach",
        );
        // A published port does not help a client on the machine.
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.comes_from_the_machine();
                it.way(&[], None);
            },
            "fail: mock listens on 127.0.0.1:8080 only, which no other container can reach",
        );
        // One that calls itself, or what shares its namespace, by a name that leads to its address on the network.
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.hapi().network_mode = NetworkMode::Container("mock".into());
                it.hapi().namespace = it.mock().namespace.clone();
                it.way(&[], None);
                it.visits("172.20.0.2:8080", Connect::Refused);
            },
            "fail: mock listens on 127.0.0.1:8080 only, and hapi dials 172.20.0.2",
        );
        // The namespace of the machine has a loopback of its own, too.
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.mock().network_mode = NetworkMode::Host;
                it.way(&[], None);
            },
            "fail: mock listens on 127.0.0.1:8080 only, which no other container can reach",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.listens(&["127.0.0.1:8080", "0.0.0.0:8080"]), "nothing");
        says(&RULE, |it| it.listens(&["[::]:8080"]), "nothing");
        says(&RULE, |it| it.listens(&["172.20.0.2:8080"]), "nothing");
        // The name server that Docker puts into every container.
        says(&RULE, |it| it.listens(&["127.0.0.11:40123", "0.0.0.0:8080"]), "nothing");
        // A pod, or `--network container:mock`.
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.shares();
                it.way(&[], None);
            },
            "nothing",
        );
        // Both on the machine: in one container's name or as a process.
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.mock().network_mode = NetworkMode::Host;
                it.hapi().network_mode = NetworkMode::Host;
                it.way(&[], None);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:8080"]);
                it.mock().network_mode = NetworkMode::Host;
                it.comes_from_the_machine();
                it.way(&[], None);
            },
            "nothing",
        );
        // A proxy in the server's namespace passes connections on to the loopback.
        says(&RULE, |it| it.listens(&["127.0.0.1:8080"]), "nothing");
        // So does the carrier of a published port; that it takes connections says nothing.
        let published = |reply: Option<Reply>| {
            move |it: &mut Snapshot| {
                it.listens(&["127.0.0.1:8080"]);
                it.way(&REFUSED, Some(true));
                it.told("172.20.0.1", 18141, Meant::HostPublished);
                it.visits("172.20.0.1:18141", Connect::Connected);
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply.clone_from(&reply);
            }
        };
        says(&RULE, published(Some(Reply::Status(200))), "nothing");
        let fails = "fail: mock listens on 127.0.0.1:8080 only, which no other container can reach";
        says(&RULE, published(Some(Reply::Reset)), fails);
        says(&RULE, published(None), fails);
    }

    #[test]
    fn without_the_sockets_it_knows_nothing() {
        row(
            "bind-address",
            |it| it.mock().listeners = crate::model::Fact::Unknown("the engine is remote".into()),
            "unknown: the engine is remote",
        );
        row(
            "bind-address",
            |it| it.ends("exited", 1),
            "unknown: mock is exited, so its sockets can't be seen",
        );
        row("bind-address", |it| it.listens(&[]), "skip: nothing listens in mock at all");
        row("bind-address", |_| (), "pass: mock listens on 0.0.0.0:8080");
        row(
            "bind-address",
            |it| it.listens(&["127.0.0.1:8080"]),
            "pass: mock listens on 127.0.0.1:8080, and something in its namespace passes connections on to it",
        );
    }
}
