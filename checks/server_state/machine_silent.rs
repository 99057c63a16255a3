use crate::model::{Case, Connect, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC610",
    title: "nothing on the engine's machine listens on the port",
    explanation: "
## What it is
The client goes to a port of the engine's machine that no container publishes, and no process of the machine listens
there: the server was not started, or it is in a container that does not publish its port.

## What proves it
The client's connection is refused, and the machine has no listening socket of that port.

## What disproves it
A socket of the port: then its address or a firewall is the fault. A connection that gets no answer at all proves nothing.

## How to repair it
Start the server on the machine, publish the port of its container, or tell the client the name of that container.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(refused) = refused(case) else { return Ok(None) };
    let client = &case.link.client;
    let port = case.link.endpoint.port;
    Ok(Some(
        Found::fail(format!(
            "{client} is refused at {refused}: nothing on the engine's machine listens on port {port}, and no container publishes it"
        ))
        .awaits(format!("a program on the machine to listen on port {port}"))
        .evidence(format!("connect to {refused} from the namespace of {client}"), "refused")
        .evidence(format!("listening sockets of port {port} on the engine's machine"), "none")
        .fix(format!(
            "start the server that belongs on port {port} of the machine, or publish that port of its container, or tell {client} that container's name"
        )),
    ))
}

/// The address of the machine at which the client was refused, where nothing listens on the port.
pub(super) fn refused(case: &Case<'_>) -> Option<std::net::SocketAddr> {
    let silent = case.machine_sockets().ok()??.is_empty();
    let visit = case.link.visit.value().filter(|visit| silent && !visit.connected())?;
    visit.attempts.iter().find(|a| a.connect == Connect::Refused).map(|a| a.to)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, row, says};
    use crate::model::{Connect, Fact, Meant, Server, ServerKind, Snapshot};

    fn silent(it: &mut Snapshot) {
        it.told("172.20.0.1", 9999, Meant::Host);
        let kind = ServerKind::Host;
        it.link().server = Some(Server { kind, container: None, port: 9999, engine: None });
        it.visits("172.20.0.1:9999", Connect::Refused);
        it.host_listeners = Fact::Known(vec![listener("0.0.0.0:22")]);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            silent,
            "fail: hapi is refused at 172.20.0.1:9999: nothing on the engine's machine listens on port 9999, and no container publishes it",
        );
        row("server-state", silent, "fail: EC610");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        for change in [
            // A socket of the port, on whatever address; no answer; a connection; what was not seen.
            (|it: &mut Snapshot| it.host_listeners = Fact::Known(vec![listener("127.0.0.1:9999")]))
                as fn(&mut Snapshot),
            |it| it.visits("172.20.0.1:9999", Connect::Timeout),
            |it| it.visits("172.20.0.1:9999", Connect::Connected),
            |it| it.host_listeners = Fact::Unknown("the engine is remote".into()),
            Snapshot::sends_nothing,
        ] {
            let changed = |it: &mut Snapshot| {
                silent(it);
                change(it);
            };
            says(&RULE, changed, "nothing");
            row(
                "server-state",
                changed,
                "skip: 172.20.0.1:9999 is a process on the engine's machine, not a container",
            );
        }
    }
}
