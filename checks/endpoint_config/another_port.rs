use super::repair::{at, quoted, repaired, rewritten};
use super::service;
use crate::model::{Case, Found, Judgement, Listener, Meant, Rule, Target, Undecided, Visit};

pub(crate) const RULE: Rule = Rule {
    code: "EC406",
    title: "the client is told a port on which the server does not listen",
    explanation: "
## What it is
The name is right and the port is not: the server listens on another one. A port that an image declares (EXPOSE) proves
nothing; it opens none.

## What proves it
The server's namespace has no socket of the dialled port, and has one of another. Where the name is a slip of the pen, too, the
container of the nearest name has to leave no choice: one open port, and one that such a client may mean.

## What disproves it
A socket of the dialled port. A port that is told nowhere (`MYSQL_HOST` alone suggests 3306) proves nothing. Where the container itself publishes the dialled port, the server is wrong: see EC303.

## How to repair it
Tell the client the port on which the server listens.
",
    judge,
};

/// The server, and what listens in it for others instead of the dialled port.
fn others<'a>(case: &Case<'a>) -> Option<(Target<'a>, Vec<&'a Listener>)> {
    // On the machine's own network the sockets are everybody's: another port among them says nothing of this server.
    if !matches!(case.link.meant, Meant::Name | Meant::Address | Meant::Nobody)
        || case.server_is_on_host()
        || case.link.visit.value().is_some_and(Visit::connected)
    {
        return None;
    }
    let server = case.server().ok()?;
    // What was not seen of the sockets is said by the checks whose question it is.
    let listeners = server.all_listeners().ok()?;
    let published = server
        .container
        .ports
        .iter()
        .any(|p| p.container_port == server.port && p.protocol == "tcp");
    if published || listeners.iter().any(|l| l.address.port() == server.port) {
        return None;
    }
    let own = listeners.iter().filter(|l| !l.is_name_server());
    Some((server, own.collect())).filter(|(_, all): &(_, Vec<_>)| !all.is_empty())
}

/// The one port at which the server may be meant.
pub(super) fn only(case: &Case<'_>) -> Option<u16> {
    match ports(&open(&others(case)?.1)).as_slice() {
        [port] if service::may_be_at(case, *port) => Some(*port),
        _ => None,
    }
}

/// Those that others than the container itself can reach.
fn open<'a>(listeners: &[&'a Listener]) -> Vec<&'a Listener> {
    let is_open = |l: &&&Listener| !l.address.ip().to_canonical().is_loopback();
    listeners.iter().filter(is_open).copied().collect()
}

fn ports(open: &[&Listener]) -> Vec<u16> {
    let mut ports: Vec<u16> = open.iter().map(|l| l.address.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, all)) = others(case) else { return Ok(None) };
    let is_misnamed = case.link.meant == Meant::Nobody;
    // Who is only the nearest of name is held to this where it leaves no choice.
    if is_misnamed && only(case).is_none() {
        return Ok(None);
    }
    let open = open(&all);
    let name = &server.container.name;
    if let Some(why) = case.port_untold() {
        return Err(Undecided::Unknown(format!(
            "nothing in {name} listens on {}; {why}",
            server.port
        )));
    }
    let mut found = quoted(
        case,
        Found::fail(format!("nothing in {name} listens on port {}", server.port))
            .awaits(case.port_to_open()),
    );
    for listener in if open.is_empty() { &all } else { &open } {
        found = found.evidence(
            format!("listening socket in the namespace of {name}"),
            listener.address.to_string(),
        );
    }
    let endpoint = &case.link.endpoint;
    Ok(Some(match ports(&open).as_slice() {
        [port] if is_misnamed => repaired(case, found, Target { port: *port, ..server }),
        [port] => rewritten(case, found, &at(case, &endpoint.host, *port)),
        [] => found.fix(format!(
            "let the server in {name} listen on 0.0.0.0:{}: what listens there now is open to {name} itself only",
            server.port
        )),
        ports => found.fix(format!(
            "let {} dial the right one of the ports on which {name} listens: {}",
            case.link.client,
            ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
        )),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Fact, Lookup, Meant, NetworkMode, Snapshot};

    fn told(it: &mut Snapshot) {
        it.told("mock", 9090, Meant::Name);
        it.link().server.as_mut().unwrap().port = 9090;
        it.visits("172.20.0.2:9090", Connect::Refused);
    }

    #[test]
    fn catches() {
        says(&RULE, told, "fail: nothing in mock listens on port 9090");
        // Behind a slip in the name the port is wrong as well.
        let misnamed = |it: &mut Snapshot| {
            told(it);
            it.told("mokc", 9090, Meant::Nobody);
            it.finds(Lookup::NoSuchName);
        };
        says(&RULE, misnamed, "fail: nothing in mock listens on port 9090");
        assert!(remedies(&RULE, misnamed).contains("http://mock:8080"));
        assert!(remedies(&RULE, told).contains("to http://mock:8080"));
        // What the image declares proves nothing.
        says(
            &RULE,
            |it| {
                told(it);
                it.mock().exposed = vec![9090];
            },
            "fail: nothing in mock listens on port 9090",
        );
        // Which of several ports is meant is not ours to say.
        assert_eq!(
            remedies(&RULE, |it| {
                told(it);
                it.listens(&["0.0.0.0:8080", "[::]:8080", "0.0.0.0:8443"]);
            }),
            "let hapi dial the right one of the ports on which mock listens: 8080, 8443"
        );
    }

    #[test]
    fn a_port_that_nobody_told_is_no_fault() {
        let assumed = |it: &mut Snapshot| {
            told(it);
            it.link().endpoint.port_assumed = true;
        };
        let why = "hapi is told no port for mock: 9090 is only assumed, and another may be meant";
        says(&RULE, assumed, &format!("unknown: nothing in mock listens on 9090; {why}"));
        let published = |it: &mut Snapshot| {
            assumed(it);
            it.mock().ports[0].container_port = 9090;
            it.way(&[("172.20.0.2:9090", Connect::Refused)], Some(true));
        };
        row("bind-address", published, &format!("unknown: nothing in mock listens on 9090; {why}"));
    }

    #[test]
    fn what_listens_on_the_loopback_is_no_port_to_dial() {
        let inside = |it: &mut Snapshot| {
            told(it);
            it.listens(&["127.0.0.1:8080"]);
        };
        says(&RULE, inside, "fail: nothing in mock listens on port 9090");
        assert_eq!(
            remedies(&RULE, inside),
            "let the server in mock listen on 0.0.0.0:9090: what listens there now is open to mock itself only"
        );
    }

    #[test]
    fn a_database_is_not_sent_to_a_web_port() {
        assert_eq!(
            remedies(&RULE, |it| {
                told(it);
                it.link().endpoint.scheme = Some("postgresql".into());
            }),
            "tell hapi the address of the server that speaks PostgreSQL: mock has port 8080, which is not known for it"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // On the loopback, it is the binding that is wrong.
        says(
            &RULE,
            |it| {
                told(it);
                it.listens(&["127.0.0.1:9090", "0.0.0.0:8080"]);
            },
            "nothing",
        );
        // It publishes that port: then the server is wrong.
        says(
            &RULE,
            |it| {
                told(it);
                it.mock().ports[0].container_port = 9090;
            },
            "nothing",
        );
        // Nothing listens at all, beside Docker's name server: it may be starting.
        says(
            &RULE,
            |it| {
                told(it);
                it.listens(&["127.0.0.11:40123"]);
            },
            "nothing",
        );
        // The sockets of the machine are everybody's.
        says(
            &RULE,
            |it| {
                told(it);
                it.mock().network_mode = NetworkMode::Host;
            },
            "nothing",
        );
        // A rule in its namespace leads the port on.
        says(
            &RULE,
            |it| {
                told(it);
                it.visits("172.20.0.2:9090", Connect::Connected);
            },
            "nothing",
        );
        // The check of the sockets says that they were not seen.
        says(
            &RULE,
            |it| {
                told(it);
                it.mock().listeners = Fact::Unknown("permission denied".into());
            },
            "nothing",
        );
    }
}
