use crate::model::{Behind, Case, Found, Judgement, Rule, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC510",
    title: "a container was left behind in a network namespace that is no longer its owner's",
    explanation: "
## What it is
A container that uses the network of another one (`--network container:NAME`, `network_mode: service:NAME`) joins the
namespace that this one has at that moment. When the other is stopped or started again, the engine takes the networks out
of that namespace and makes a new one; who joined the old one stays in it, without any network. A VPN or a proxy that is
updated leaves its clients behind so.

## What proves it
The two namespaces differ, or the owner does not run, and the client's connection does not come about.

## What disproves it
The same namespace for both; or a connection that is completed.

## How to repair it
Start the container that was left behind again. In Compose, `depends_on` with `restart: true` does that from now on.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(Behind { end, owner, now }) = case.left_behind() else { return Ok(None) };
    let (name, engine) = (&end.name, case.facts.kind(&end.engine).command());
    let started = |command: &str| format!("{engine} {command} {}", quoted(name));
    let joined = format!("namespace that {name} joined");
    let inode =
        |of: &crate::model::Container| of.namespace.value().map(|inode| format!("net:[{inode}]"));
    Ok(Some(match now {
        Some(now) if now.state.is_up() => {
            let seen = format!(
                "{name} stands in a network namespace that {owner} has left: {owner} was started again"
            );
            Found::fail(seen)
                .evidence(format!("namespace of {name}"), inode(end).unwrap_or_default())
                .evidence(format!("namespace of {owner}"), inode(now).unwrap_or_default())
                .fix_by(
                    format!("start {name} again, so that it joins the one that {owner} has now"),
                    started("restart"),
                )
        }
        Some(now) => {
            let state = now.state.word();
            Found::fail(format!("{name} stands in the network namespace of {owner}, which is {state}"))
                .evidence(joined, format!("that of {owner}, which is {state}"))
                .fix_by(
                    format!("start {owner}, and then {name} again, so that it joins the namespace that {owner} has then"),
                    format!("{engine} start {} && {}", quoted(owner), started("restart")),
                )
        }
        None => Found::fail(format!(
            "{name} stands in the network namespace of a container that is gone"
        ))
        .evidence(joined, format!("that of {owner}, which {engine} no longer knows"))
        .fix(format!("make {name} anew, with the network of a container that there is")),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Fact, Lookup, Meant, NetworkMode, Snapshot};

    /// The client uses the network of a third, and has none.
    fn joined(it: &mut Snapshot) {
        it.joins("vpn", "172.20.0.9").namespace = Fact::Known(9);
        it.hapi().network_mode = NetworkMode::Container("vpn".into());
        it.hapi().attachments.clear();
        it.hapi().namespace = Fact::Known(9);
    }

    fn behind(it: &mut Snapshot) {
        joined(it);
        it.hapi().namespace = Fact::Known(7);
        it.finds(Lookup::Unreachable("network is unreachable".into()));
        it.way(&[("172.20.0.2:8080", Connect::NetworkUnreachable)], None);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            behind,
            "fail: hapi stands in a network namespace that vpn has left: vpn was started again",
        );
        assert_eq!(remedies(&RULE, behind), "$ docker restart hapi");
        // One fault: that no name is found and no packet leaves follows from it.
        row("shared-network", behind, "fail: EC510");
        row("network-path", behind, "skip: hapi was left behind without a network");
        let stopped = |it: &mut Snapshot| {
            behind(it);
            it.containers[2].state.status = "exited".into();
        };
        says(&RULE, stopped, "fail: hapi stands in the network namespace of vpn, which is exited");
        assert_eq!(remedies(&RULE, stopped), "$ docker start vpn && docker restart hapi");
        let gone = |it: &mut Snapshot| {
            behind(it);
            it.containers.truncate(2);
        };
        says(&RULE, gone, "fail: hapi stands in the network namespace of a container that is gone");
        row("shared-network", gone, "fail: EC510");
        // The server, behind a name that is the owner's.
        let server = |it: &mut Snapshot| {
            it.joins("vpn", "172.20.0.9").namespace = Fact::Known(9);
            it.mock().network_mode = NetworkMode::Container("vpn".into());
            it.mock().attachments.clear();
            it.mock().namespace = Fact::Known(7);
            it.visits("172.20.0.9:8080", Connect::Refused);
        };
        says(
            &RULE,
            server,
            "fail: mock stands in a network namespace that vpn has left: vpn was started again",
        );
        // What it meant by its own loopback was the owner's.
        let sidecar = |it: &mut Snapshot| {
            it.hapi().network_mode = NetworkMode::Container("mock".into());
            it.hapi().attachments.clear();
            it.hapi().namespace = Fact::Known(7);
            it.mock().namespace = Fact::Known(9);
            it.told("127.0.0.1", 8080, Meant::OwnListener);
            it.visits("127.0.0.1:8080", Connect::Refused);
        };
        row("shared-network", sidecar, "fail: EC510");
        row(
            "endpoint-config",
            sidecar,
            "pass: mock is to serve port 8080 in the namespace of hapi",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, joined, "nothing");
        let unseen = |it: &mut Snapshot| {
            behind(it);
            it.hapi().namespace = Fact::Unknown("permission denied".into());
        };
        says(&RULE, unseen, "nothing");
        // Whatever the numbers say: it got through.
        says(
            &RULE,
            |it| {
                behind(it);
                it.visits("172.20.0.2:8080", Connect::Connected);
            },
            "nothing",
        );
        // A container that does not run stands nowhere.
        says(
            &RULE,
            |it| {
                behind(it);
                it.hapi().state.status = "exited".into();
            },
            "nothing",
        );
    }
}
