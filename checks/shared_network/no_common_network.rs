use super::connect::joined;
use crate::model::{
    Attachment, Case, Container, Found, Judgement, Meant, Network, NetworkMode, Reply, Rule,
    Severity, Undecided, Visit,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC501",
    title: "client and server share no network",
    explanation: "
## What it is
Client and server are on different networks of the engine. Names are answered within a network only, and Docker also
drops the packets between networks; Podman passes them on, so there only the name fails.

## What proves it
No network in common, compared by name. Of an address, also that the client tried it and did not get through.

## What disproves it
A common network, or a common network namespace. Where the client reaches the server all the same, by an address and
through an engine that passes packets on, it is a warning.

## How to repair it
Connect one of them to the other's network, and start it there from now on.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.crosses_engines()
        || case.shares_namespace()
        || !case.common_networks().is_empty()
        || case.left_behind().is_some_and(|behind| behind.now.is_none())
    {
        return Ok(None);
    }
    let server = case.server()?;
    let Some(client) = case.client() else { return Ok(None) };
    let joined_both =
        |a: &&Attachment| case.attachments(server.container).iter().any(|b| a.network == b.network);
    if let Some(shared) = case.attachments(client).iter().find(joined_both) {
        return Err(Undecided::Unknown(format!(
            "{} and {} are both on {}, which the engine did not describe",
            client.name, server.container.name, shared.network
        )));
    }
    // Whether packets to an address pass from network to network only a try shows: engines differ, and so do their settings.
    if case.link.meant == Meant::Address {
        case.link.visit.known()?;
    }
    let theirs = networks(case, server.container);
    let mine = networks(case, client);
    let mut found =
        Found::fail(format!("{} is on {mine}, {} on {theirs}", client.name, server.container.name))
            .evidence(format!("networks of {}", client.name), mine)
            .evidence(format!("networks of {}", server.container.name), theirs);
    // A line of the client's hosts file decides whom it calls, and that may be a way to the server.
    let answers = |visit: &&Visit| matches!(visit.reply, Some(Reply::Status(_)));
    let by_hosts_file = case.link.lookup.value().is_some_and(|all| !all.hosts_file.is_empty());
    if by_hosts_file
        && !case.arrives()
        && let Some(visit) = case.link.visit.value().filter(answers)
        && let Some(attempt) = visit.attempts.last()
    {
        let name = &server.container.name;
        return Err(Undecided::Unknown(format!(
            "{0} and {name} share no network, and yet the hosts file of {0} leads to {1}, where it is answered",
            client.name, attempt.to
        )));
    }
    // Podman passes packets on between its networks: by an address (or a line of a hosts file) it works today.
    if case.arrives() {
        found.severity = Severity::Warn;
    }
    // A service of the client's own project has the name as well, and was never started: that is the likelier one.
    if let Some((say, command)) = case.start_of_service() {
        found = found.fix_by(say, command);
    }
    Ok(Some(joined(case, server, found)))
}

fn networks(case: &Case<'_>, container: &Container) -> String {
    let owner = case.namespace_owner(container).unwrap_or(container);
    let kind = |a: &Attachment| {
        let known: Option<&Network> = case.facts.network(&owner.engine, &a.network);
        if known.is_some_and(|n| n.default) {
            format!("{} (the default network)", a.network)
        } else {
            a.network.clone()
        }
    };
    let names: Vec<String> = owner.attachments.iter().map(kind).collect();
    match (&owner.network_mode, names.is_empty()) {
        (NetworkMode::UserMode(mode), true) => format!("a network of its own ({})", first(mode)),
        (NetworkMode::None, _) | (_, true) => "no network".into(),
        _ => names.join(", "),
    }
}

/// The name of a mode, without its options.
fn first(mode: &str) -> &str {
    mode.split(':').next().unwrap_or(mode)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{attempt, ip, remedies, resolution, row, says, service};
    use crate::model::{Connect, Fact, Lookup, Meant, NetworkMode, Resolution, Snapshot, Visit};

    fn apart(it: &mut Snapshot) {
        it.parts("other", "172.30.0");
    }

    #[test]
    fn catches() {
        says(&RULE, apart, "fail: hapi is on ci, mock on other");
        assert_eq!(remedies(&RULE, apart), "$ docker network connect ci mock");
        says(
            &RULE,
            |it| it.parts("bridge", "172.17.0"),
            "fail: hapi is on ci, mock on bridge (the default network)",
        );
        says(
            &RULE,
            |it| {
                it.hapi().network_mode = NetworkMode::None;
                it.hapi().attachments.clear();
                it.finds(Lookup::Unreachable("network is unreachable".into()));
            },
            "fail: hapi is on no network, mock on ci",
        );
        // A server that does not run is apart, too: both are to be repaired.
        says(
            &RULE,
            |it| {
                apart(it);
                it.ends("exited", 1);
            },
            "fail: hapi is on ci, mock on other",
        );
    }

    #[test]
    fn a_user_mode_network_is_shared_with_nobody() {
        says(
            &RULE,
            |it| {
                it.hapi().attachments.clear();
                it.hapi().network_mode = NetworkMode::UserMode("slirp4netns:mtu=1500".into());
            },
            "warn: hapi is on a network of its own (slirp4netns), mock on ci",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // One common network is enough.
        says(
            &RULE,
            |it| {
                let both = it.mock().attachments[0].clone();
                it.makes("other", "172.30.0");
                it.mock()
                    .attachments
                    .insert(0, crate::model::Attachment { network: "other".into(), ..both });
            },
            "nothing",
        );
        // A sidecar or a pod; two containers on the host's network; a client there.
        says(&RULE, Snapshot::shares, "nothing");
        for outcome in [
            (true, "pass: client and server share one network namespace"),
            (false, "skip: the client is on the host's network"),
        ] {
            row(
                "shared-network",
                |it| {
                    it.hapi().network_mode = NetworkMode::Host;
                    it.hapi().attachments.clear();
                    if outcome.0 {
                        it.mock().network_mode = NetworkMode::Host;
                        it.mock().attachments.clear();
                    }
                },
                outcome.1,
            );
        }
        // The same namespace, whatever the engine calls it.
        says(
            &RULE,
            |it| {
                apart(it);
                it.hapi().namespace = Fact::Known(7);
                it.mock().namespace = Fact::Known(7);
            },
            "nothing",
        );
        // Both are on it, and the engine did not say what it is.
        says(
            &RULE,
            |it| it.networks.clear(),
            "unknown: hapi and mock are both on ci, which the engine did not describe",
        );
        // A client that went away in the middle.
        row(
            "shared-network",
            |it| it.link().client = "gone".into(),
            "unknown: the engine no longer knows the container gone",
        );
    }

    /// Podman passes packets on between its networks, so an address works there.
    #[test]
    fn what_works_today_is_a_warning() {
        says(
            &RULE,
            |it| {
                apart(it);
                let attempts = vec![attempt("172.30.0.2:8080", Connect::Connected)];
                it.link().visit = Fact::Known(Visit { attempts, ..Visit::default() });
            },
            "warn: hapi is on ci, mock on other",
        );
        says(
            &RULE,
            |it| {
                apart(it);
                it.told("172.30.0.2", 8080, Meant::Address);
                it.sends_nothing();
            },
            "skip: --passive",
        );
        // A line of the hosts file leads to somebody who answers: who that is can't be told.
        says(
            &RULE,
            |it| {
                apart(it);
                it.visits("10.1.2.3:8080", Connect::Connected);
                let found = Resolution {
                    hosts_file: vec![ip("10.1.2.3")],
                    ..resolution(Lookup::NoSuchName)
                };
                it.link().lookup = Fact::Known(found);
            },
            "unknown: hapi and mock share no network, and yet the hosts file of hapi leads to 10.1.2.3:8080, where it is \
             answered",
        );
        // It ends at another port of the server, or elsewhere.
        says(
            &RULE,
            |it| {
                apart(it);
                it.finds(Lookup::Addresses(vec![ip("172.30.0.2")]));
                it.visits("172.30.0.2:9999", Connect::Connected);
            },
            "fail: hapi is on ci, mock on other",
        );
        says(
            &RULE,
            |it| {
                apart(it);
                it.finds(Lookup::Addresses(vec![ip("10.1.2.3")]));
                it.visits("10.1.2.3:8080", Connect::Connected);
            },
            "fail: hapi is on ci, mock on other",
        );
    }

    #[test]
    fn the_remedy_is_one_that_a_swarm_takes() {
        let overlay = |it: &mut Snapshot| {
            apart(it);
            (it.ci().driver, it.ci().attachable) = ("overlay".into(), Some(false));
        };
        assert!(
            remedies(&RULE, overlay).starts_with("make ci again with --attachable, or run mock")
        );
        let service = |it: &mut Snapshot| {
            overlay(it);
            it.mock().task = Some(crate::model::Task {
                service: "llm".into(),
                node: None,
                state: None,
                why: None,
                virtual_addresses: Vec::new(),
                image: None,
            });
        };
        assert_eq!(remedies(&RULE, service), "$ docker service update --network-add ci llm");
    }

    #[test]
    fn the_remedy_keeps_the_name_that_the_client_dials() {
        assert_eq!(
            remedies(&RULE, |it| {
                apart(it);
                it.link().endpoint.host = "llm".into();
            }),
            "$ docker network connect --alias llm ci mock"
        );
        let two_projects = remedies(&RULE, |it| {
            apart(it);
            it.hapi().compose = service("a", "hapi");
            it.mock().compose = service("b", "llm");
            it.link().endpoint.host = "llm".into();
        });
        assert!(two_projects.starts_with("$ docker network connect --alias llm ci mock\n"));
        assert!(two_projects.contains("`external: true` in the Compose files of a and b"));
        // The client joins where it has no network of its own that answers names.
        assert_eq!(
            remedies(&RULE, |it| {
                apart(it);
                it.hapi().attachments[0].network = "bridge".into();
            }),
            "$ docker network connect other hapi"
        );
        // A container without a network can't be connected to one.
        let without_network = remedies(&RULE, |it| {
            it.hapi().network_mode = NetworkMode::None;
            it.hapi().attachments.clear();
        });
        assert_eq!(
            without_network,
            "start hapi with --network ci instead of its present network mode"
        );
        let nowhere = remedies(&RULE, |it| {
            it.parts("bridge", "172.17.0");
            it.hapi().network_mode = NetworkMode::None;
            it.hapi().attachments.clear();
        });
        assert!(nowhere.ends_with("hapi can't be connected to one as it is"), "{nowhere}");
    }
}
