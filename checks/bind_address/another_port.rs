use super::reached;
use crate::model::{Case, Found, Judgement, Listener, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC303",
    title: "the server listens on another port than the one it publishes",
    explanation: "
## What it is
The container publishes a port inside on which nothing listens; the server listens on another one.

## What proves it
No socket of the published port in the server's namespace, and a socket of another one.

## What disproves it
A socket of the published port, on whatever address.

## How to repair it
Let the server listen on the port that is published, or publish the port on which it listens.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let published = server
        .container
        .ports
        .iter()
        .any(|p| p.container_port == server.port && p.protocol == "tcp");
    // On the machine's own network the sockets are everybody's, and nothing is published.
    if !published || case.server_is_on_host() || !reached(case).is_empty() {
        return Ok(None);
    }
    if !server.listeners()?.is_empty() {
        return Ok(None);
    }
    let all = server.all_listeners()?;
    let is_open = |l: &&Listener| !l.address.ip().to_canonical().is_loopback();
    let own = all.iter().find(|l| !l.is_name_server());
    let Some(other) = all.iter().find(is_open).or(own) else { return Ok(None) };
    let name = &server.container.name;
    if let Some(why) = case.port_untold() {
        let port = server.port;
        return Err(Undecided::Unknown(format!("nothing in {name} listens on {port}; {why}")));
    }
    Ok(Some(
        Found::fail(format!(
            "{name} publishes its port {}, and listens on {}",
            server.port, other.address
        ))
        .awaits(case.port_to_open())
        .evidence(format!("listening socket in the namespace of {name}"), other.address.to_string())
        .evidence(format!("published by {name}"), format!("{}/tcp", server.port))
        .fix(if is_open(&other) {
            let port = other.address.port();
            format!(
                "let the server in {name} listen on port {}, or publish {port} and dial that",
                server.port
            )
        } else {
            format!("let the server in {name} listen on 0.0.0.0:{}", server.port)
        }),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::{Connect, NetworkMode};

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| {
                it.listens(&["0.0.0.0:9090"]);
                it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
            },
            "fail: mock publishes its port 8080, and listens on 0.0.0.0:9090",
        );
        says(
            &RULE,
            |it| {
                it.listens(&["127.0.0.1:5678", "[::]:9090"]);
                it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
            },
            "fail: mock publishes its port 8080, and listens on [::]:9090",
        );
        // What is open to itself only is not to be published.
        let inside = |it: &mut crate::model::Snapshot| {
            it.listens(&["127.0.0.1:9090"]);
            it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        };
        says(&RULE, inside, "fail: mock publishes its port 8080, and listens on 127.0.0.1:9090");
        assert_eq!(remedies(&RULE, inside), "let the server in mock listen on 0.0.0.0:8080");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        let elsewhere = |it: &mut crate::model::Snapshot| {
            it.listens(&["0.0.0.0:9090"]);
            it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        };
        // The port is right and the address wrong: another fault.
        says(&RULE, |it| it.listens(&["127.0.0.1:8080", "0.0.0.0:9090"]), "nothing");
        // What an image declares opens nothing and promises nothing.
        says(
            &RULE,
            |it| {
                elsewhere(it);
                it.mock().ports.clear();
            },
            "nothing",
        );
        // UDP is published, and the link is TCP.
        says(
            &RULE,
            |it| {
                elsewhere(it);
                it.mock().ports[0].protocol = "udp".into();
            },
            "nothing",
        );
        // The sockets of the machine are everybody's.
        says(
            &RULE,
            |it| {
                elsewhere(it);
                it.mock().network_mode = NetworkMode::Host;
            },
            "nothing",
        );
        // A rule in its namespace leads the port to another one.
        says(&RULE, |it| it.listens(&["0.0.0.0:9090"]), "nothing");
        // Only Docker's name server listens yet.
        says(
            &RULE,
            |it| {
                elsewhere(it);
                it.listens(&["127.0.0.11:5678"]);
            },
            "nothing",
        );
    }
}
