use super::another_port;
use super::repair::{quoted, repaired};
use super::resolves;
use crate::model::{
    Case, Engine, Found, Judgement, Meant, Network, Rule, Target, Undecided, Visit,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC403",
    title: "no container has the name or the address",
    explanation: "
## What it is
The client is told a name that no container carries (a slip of the pen, a renamed container, an underscore for a hyphen,
a service of another project, `api.default.svc.cluster.local` of a cluster), or an address of the engine's networks that no container has any more.

## What proves it
No container of the engine, running or not, has that name, alias, Compose service or address.

## What disproves it
Any container that carries it; or an answer to the client, from a line of its hosts file or a name server outside. That the name does not resolve from the client is then another fault: see EC501 and the
codes after it, and EC601 for a server that does not run.

## How to repair it
Tell the client the server's name or its Compose service, and the port inside it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !is_carried_by_nobody(case)? || case.link.unstarted.is_some() {
        return Ok(None);
    }
    let (endpoint, what, engine) = (&case.link.endpoint, kind(case), &case.link.engine);
    let found = quoted(
        case,
        Found::fail(format!("no container of {engine} has the {what} {}", endpoint.host))
            .awaits(case.to_start()),
    );
    let Ok(server) = case.server() else {
        return Ok(Some(found.fix(format!(
            "tell {} the name of the server's container or Compose service instead of {}",
            case.link.client, endpoint.host
        ))));
    };
    let found = found
        .evidence("most likely meant", format!("{} (port {})", server.container.name, server.port));
    let port = another_port::only(case).unwrap_or(server.port);
    Ok(Some(repaired(case, found, Target { port, ..server })))
}

/// Whether the dialled name or address is one that no container has.
pub(super) fn is_carried_by_nobody(case: &Case<'_>) -> Result<bool, Undecided> {
    if case.link.meant != Meant::Nobody || case.link.endpoint.malformed.is_some() {
        return Ok(false);
    }
    // A name of a domain may be known outside, which only a try shows.
    if case.link.endpoint.host.contains('.') && kind(case) == "name" {
        case.link.visit.known()?;
    }
    // Somebody answers there who is no container: a line of a hosts file, a name server outside, a machine of the same net.
    if case.link.visit.value().is_some_and(Visit::connected) || resolves(case).unwrap_or(false) {
        return Err(Undecided::Unknown(format!(
            "no container of {} has the {} {}, and {} finds it all the same",
            case.link.engine,
            kind(case),
            case.link.endpoint.host,
            case.link.client
        )));
    }
    let asked = |name: &str| case.facts.engines.iter().find(|engine| engine.name == name);
    // Only a Swarm has overlay networks: an engine that did not tell its part in one may have one all the same.
    let overlay =
        |network: &Network| network.engine == case.link.engine && network.driver == "overlay";
    let of_swarm = asked(&case.link.engine).is_some_and(|engine| engine.node.is_some())
        || case.facts.networks.iter().any(overlay);
    let knows = |engine: &Engine| {
        engine.node.as_ref().is_some_and(|node| node.manager)
            && case.facts.are_nodes_of_one_swarm(&engine.name, &case.link.engine)
    };
    if of_swarm && !case.facts.engines.iter().any(knows) {
        return Err(Undecided::Unknown(format!(
            "{} may be a service of the Swarm, which only its managers know; give one with --node NAME=URL",
            case.link.endpoint.host
        )));
    }
    Ok(true)
}

fn kind(case: &Case<'_>) -> &'static str {
    if case.link.endpoint.address().is_some() { "address" } else { "name" }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, says};
    use crate::model::{Connect, Fact, HostsLine, Lookup, Meant, Snapshot};

    fn mistyped(it: &mut Snapshot) {
        it.told("mokc", 8080, Meant::Nobody);
        it.finds(Lookup::NoSuchName);
    }

    #[test]
    fn a_silent_manager_accuses_no_name() {
        let silent = |it: &mut Snapshot| {
            mistyped(it);
            it.ci().driver = "overlay".into();
        };
        says(
            &RULE,
            silent,
            "unknown: mokc may be a service of the Swarm, which only its managers know; give one with --node NAME=URL",
        );
    }

    #[test]
    fn catches() {
        says(&RULE, mistyped, "fail: no container of docker has the name mokc");
        assert!(remedies(&RULE, mistyped).contains("to http://mock:8080"));
        let nothing_near = |it: &mut Snapshot| {
            mistyped(it);
            it.link().server = None;
        };
        says(&RULE, nothing_near, "fail: no container of docker has the name mokc");
        // Without a probe what the engine knows is enough.
        says(
            &RULE,
            |it| {
                mistyped(it);
                it.sends_nothing();
            },
            "fail: no container of docker has the name mokc",
        );
        says(
            &RULE,
            |it| {
                it.told("172.20.0.77", 8080, Meant::Nobody);
                it.visits("172.20.0.77:8080", Connect::HostUnreachable);
            },
            "fail: no container of docker has the address 172.20.0.77",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // It carries the name and ended, or is elsewhere: other faults.
        says(&RULE, |it| it.ends("exited", 1), "nothing");
        says(&RULE, |it| it.parts("other", "172.30.0"), "nothing");
        says(
            &RULE,
            |it| {
                mistyped(it);
                it.link().endpoint.malformed = Some("its host is empty".into());
            },
            "nothing",
        );
    }

    #[test]
    fn a_name_of_a_domain_may_be_known_outside() {
        let of_a_cluster = |it: &mut Snapshot| {
            it.told("mock.default.svc.cluster.local", 8080, Meant::Nobody);
            it.finds(Lookup::NoSuchName);
        };
        let seen = "fail: no container of docker has the name mock.default.svc.cluster.local";
        says(&RULE, of_a_cluster, seen);
        let unseen = |it: &mut Snapshot| {
            of_a_cluster(it);
            it.sends_nothing();
        };
        says(&RULE, unseen, "skip: --passive");
    }

    #[test]
    fn what_the_client_finds_all_the_same_is_not_accused() {
        let known =
            "unknown: no container of docker has the name legacy, and hapi finds it all the same";
        // A name server outside, or an old line of the hosts file.
        says(
            &RULE,
            |it| {
                it.told("legacy", 8080, Meant::Nobody);
                it.finds(Lookup::Addresses(vec![ip("10.1.2.3")]));
            },
            known,
        );
        says(
            &RULE,
            |it| {
                it.told("legacy", 8080, Meant::Nobody);
                it.sends_nothing();
                it.hapi().hosts = Fact::Known(vec![HostsLine {
                    address: ip("10.1.2.3"),
                    names: vec!["Legacy".into()],
                }]);
            },
            known,
        );
        // A machine on the network that macvlan gives to containers, too.
        says(
            &RULE,
            |it| {
                it.told("172.20.0.77", 8080, Meant::Nobody);
                it.visits("172.20.0.77:8080", Connect::Connected);
            },
            "unknown: no container of docker has the address 172.20.0.77, and hapi finds it all the same",
        );
    }
}
