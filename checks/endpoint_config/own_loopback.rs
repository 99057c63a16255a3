use super::repair::{quoted, repaired};
use crate::model::{
    BUNDLED_AND_READ, Case, Found, Judgement, Listener, Meant, Rule, Severity, Source, Undecided,
    Visit,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC401",
    title: "the client is told its own loopback",
    explanation: "
## What it is
Inside a container 127.0.0.1 and localhost are the container itself. A port that another container publishes exists on
the engine's machine, not there.

## What proves it
The address is a loopback address, nothing in the client's own network namespace listens on the port, and another
container publishes or serves that port.

## What disproves it
A socket of that port in the client's namespace: its own, that of a container that shares the namespace (a pod,
`--network container:`), or, for a client on the host's network, one of the machine. A variable that is written into pages
(`NEXT_PUBLIC_...`) may be meant for browsers alone: it is a warning. The address at which the client itself is published is
often what it tells others.

## How to repair it
Tell the client the server's name and the port inside the server.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let link = case.link;
    let endpoint = &link.endpoint;
    let client = &link.client;
    let told = endpoint.authority();
    // What is handed to browsers may be meant for them alone: those of the machine have the published port.
    let is_browsers = |source: &Source| matches!(source, Source::Env { name } if BUNDLED_AND_READ.iter().any(|begin| name.starts_with(begin)));
    let for_browsers = !endpoint.sources.is_empty() && endpoint.sources.iter().all(is_browsers);
    // Where the client itself is published, others reach it: that is what browsers are told, and no address to call itself.
    let is_published = link.meant == Meant::OwnLoopback
        && !link.named_by_user
        && case.client().is_some_and(|client| {
            let mut ports =
                client.ports.iter().filter(|port| port.active && port.protocol == "tcp");
            ports.any(|port| port.host_port == Some(endpoint.port))
        });
    let severity = match link.meant {
        Meant::OwnLoopbackPublished | Meant::OwnLoopbackServed | Meant::OwnLoopback
            if for_browsers && !link.named_by_user =>
        {
            Severity::Warn
        }
        Meant::OwnLoopbackPublished | Meant::OwnLoopbackServed => Severity::Fail,
        Meant::OwnLoopback if link.named_by_user => Severity::Fail,
        Meant::OwnLoopback => Severity::Warn,
        _ => return Ok(None),
    };
    let visit = link.visit.value();
    if visit.is_some_and(Visit::connected) {
        return Ok(None);
    }
    if let Some(why) = case.own_sockets_unseen() {
        return Err(Undecided::Unknown(why));
    }
    // Where nothing listens at all, no port would be right; where a neighbour serves the usual one, that is meant.
    let is_silent = case.client().is_some_and(|client| {
        client.listeners.value().is_some_and(|all| all.iter().all(Listener::is_name_server))
    });
    let is_open = !is_silent && link.meant == Meant::OwnLoopback;
    if let Some(why) = case.port_untold().filter(|_| is_open) {
        return Err(Undecided::Unknown(why));
    }
    let who = if case.client_is_on_host() {
        "the engine's machine".to_owned()
    } else {
        format!("{client} itself")
    };
    let mut found =
        Found::fail(format!("{told} inside {client} is {who}, and nothing listens there"));
    found.severity = severity;
    found = quoted(case, found);
    if is_published {
        return Ok(Some(
            found
                .evidence(format!("port {} of the engine's machine", endpoint.port), format!("{client} publishes it itself"))
                .fix(format!(
                    "leave {told} where browsers are told it; where {client} calls itself, tell it the port at which it listens inside"
                )),
        ));
    }
    let Ok(server) = case.server() else {
        return Ok(Some(found.fix(format!(
            "tell {client} the name of the server that is meant, and the port inside it, instead of {told}"
        ))));
    };
    let name = &server.container.name;
    let how = match link.meant {
        Meant::OwnLoopbackPublished => format!("{name} publishes its port {} there", server.port),
        _ => format!("{name} is the only one that serves port {}", server.port),
    };
    found = found.evidence(format!("port {} of the engine's machine", endpoint.port), how);
    Ok(Some(repaired(case, found, server)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, remedies, row, says};
    use crate::model::{Connect, Fact, Meant, NetworkMode, Snapshot, Source};

    fn told(it: &mut Snapshot) {
        it.told("127.0.0.1", 18141, Meant::OwnLoopbackPublished);
        it.visits("127.0.0.1:18141", Connect::Refused);
    }

    const FAIL: &str =
        "fail: 127.0.0.1:18141 inside hapi is hapi itself, and nothing listens there";

    #[test]
    fn catches() {
        says(&RULE, told, FAIL);
        row("endpoint-config", told, "fail: EC401");
        assert_eq!(
            remedies(&RULE, told),
            "set LLM_ENDPOINT of hapi to http://mock:8080 and start it again (-e LLM_ENDPOINT=http://mock:8080)"
        );
        says(
            &RULE,
            |it| {
                it.told("localhost", 8080, Meant::OwnLoopbackServed);
                it.visits("127.0.0.1:8080", Connect::Refused);
            },
            "fail: localhost:8080 inside hapi is hapi itself, and nothing listens there",
        );
        // The server that publishes it does not run: the address is wrong all the same.
        says(
            &RULE,
            |it| {
                it.ends("exited", 1);
                told(it);
            },
            FAIL,
        );
        // Nothing known serves it: a warning, unless the user named the link.
        let nobody = |it: &mut Snapshot| {
            told(it);
            it.link().meant = Meant::OwnLoopback;
            it.link().server = None;
        };
        says(
            &RULE,
            nobody,
            "warn: 127.0.0.1:18141 inside hapi is hapi itself, and nothing listens there",
        );
        says(
            &RULE,
            |it| {
                nobody(it);
                it.link().named_by_user = true;
            },
            FAIL,
        );
        // A refusal shows what the sockets would, and a client that ended has none.
        says(
            &RULE,
            |it| {
                told(it);
                it.link().listens_itself = Fact::Unknown("permission denied".into());
            },
            FAIL,
        );
        says(
            &RULE,
            |it| {
                told(it);
                it.hapi().state.status = "exited".into();
                it.link().visit = Fact::Unknown("hapi is exited".into());
                it.link().listens_itself = Fact::Unknown("hapi is exited".into());
            },
            FAIL,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A sidecar, a pod, a proxy in the same container: its own namespace listens.
        says(
            &RULE,
            |it| {
                told(it);
                it.link().meant = Meant::OwnListener;
                it.shares();
            },
            "nothing",
        );
        // On the machine the published port is the right one.
        says(
            &RULE,
            |it| {
                told(it);
                it.link().meant = Meant::HostPublished;
                it.hapi().network_mode = NetworkMode::Host;
            },
            "nothing",
        );
        // Something answers, whatever the tables of sockets said a moment before.
        says(
            &RULE,
            |it| {
                told(it);
                it.visits("127.0.0.1:18141", Connect::Connected);
            },
            "nothing",
        );
        // What nobody could look at is not known.
        says(
            &RULE,
            |it| {
                told(it);
                it.link().listens_itself = Fact::Unknown("the engine is remote".into());
                it.link().visit = Fact::Unknown("the engine is remote".into());
            },
            "unknown: whether hapi itself listens on port 18141 was not seen: the engine is remote",
        );
    }

    #[test]
    fn where_the_client_itself_is_published_others_reach_it() {
        let own = |it: &mut Snapshot| {
            told(it);
            it.link().meant = Meant::OwnLoopback;
            it.link().server = None;
            let ports = std::mem::take(&mut it.mock().ports);
            it.hapi().ports = ports;
        };
        says(&RULE, own, &FAIL.replace("fail", "warn"));
        assert_eq!(
            remedies(&RULE, own),
            "leave 127.0.0.1:18141 where browsers are told it; where hapi calls itself, tell it the port at which it listens inside"
        );
        says(
            &RULE,
            |it| {
                own(it);
                it.link().named_by_user = true;
            },
            FAIL,
        );
        // Another container serves that port: it may be meant as well.
        says(
            &RULE,
            |it| {
                let server = it.link().server.clone();
                own(it);
                it.link().server = server;
                it.link().meant = Meant::OwnLoopbackServed;
            },
            FAIL,
        );
    }

    #[test]
    fn what_browsers_read_as_well_is_a_warning() {
        let public = |it: &mut Snapshot| {
            told(it);
            it.link().endpoint.sources = vec![Source::Env { name: "NEXT_PUBLIC_API_URL".into() }];
        };
        says(&RULE, public, &FAIL.replace("fail", "warn"));
        row("endpoint-config", public, "warn: EC401");
        let mut facts = crate::fixture::healthy();
        public(&mut facts);
        let report = crate::judge(&facts, &crate::Wanted::default());
        assert_eq!(report.links[0].outcome, crate::model::Outcome::Warn);
    }

    #[test]
    fn a_port_that_nobody_told_may_be_another() {
        let assumed = |it: &mut Snapshot, listening: &[&str]| {
            told(it);
            it.link().endpoint.port_assumed = true;
            it.hapi().listeners =
                Fact::Known(listening.iter().map(|address| listener(address)).collect());
        };
        // A neighbour serves the usual one.
        says(&RULE, |it| assumed(it, &["127.0.0.1:6432"]), FAIL);
        says(
            &RULE,
            |it| {
                assumed(it, &["127.0.0.1:6432"]);
                it.link().meant = Meant::OwnLoopback;
            },
            "unknown: hapi is told no port for 127.0.0.1: 18141 is only assumed, and another may be meant",
        );
        says(&RULE, |it| assumed(it, &["127.0.0.11:40123"]), FAIL);
    }

    #[test]
    fn a_process_of_the_machine_needs_a_published_port() {
        let unpublished = |it: &mut Snapshot| {
            it.told("127.0.0.1", 8080, Meant::OwnLoopbackServed);
            it.visits("127.0.0.1:8080", Connect::Refused);
            it.comes_from_the_machine();
            it.mock().ports.clear();
            it.link().endpoint.sources = vec![Source::Flag];
        };
        says(
            &RULE,
            unpublished,
            "fail: 127.0.0.1:8080 inside @host is the engine's machine, and nothing listens there",
        );
        assert_eq!(
            remedies(&RULE, unpublished),
            "publish port 8080 of mock (start it again with -p 127.0.0.1:8080:8080), and let @host dial http://127.0.0.1:8080"
        );
    }
}
