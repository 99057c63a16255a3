use super::repair::{host_alias, quoted, repaired};
use super::resolves;
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC408",
    title: "a container's name is used where only the engine's networks know it",
    explanation: "
## What it is
Names of containers exist on the engine's networks. A server on the host's network has no name there, and a client on
the host's network (or on the machine itself) can't ask for one.

## What proves it
The server or the client stands in the namespace of the engine's machine, and the endpoint is a container's name that
the client's own lookup does not find.

## What disproves it
A lookup that finds it (a hosts file, say), or both on a common network.

## How to repair it
For a server on the host's network: the name of the machine as the engine gives it. For a client on the machine: the
published port on 127.0.0.1.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.link.meant != Meant::Name || case.client_is_on_host() == case.server_is_on_host() {
        return Ok(None);
    }
    let server = case.server()?;
    if resolves(case)? {
        return Ok(None);
    }
    let name = &server.container.name;
    let host = &case.link.endpoint.host;
    let found = if case.client_is_on_host() {
        Found::fail(format!(
            "{host} is known on the networks of {name}, not on the engine's machine"
        ))
    } else {
        Found::fail(format!("{name} is on the host's network, where {host} is no name"))
    };
    let mut found = repaired(case, quoted(case, found), server);
    if !case.client_is_on_host() && case.kind() == crate::model::EngineKind::Docker {
        found = found.fix(format!(
            "start {} with --add-host {}:host-gateway",
            case.link.client,
            host_alias(case)
        ));
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, says};
    use crate::model::{Fact, HostsLine, Lookup, NetworkMode, Snapshot};

    fn server_on_host(it: &mut Snapshot) {
        it.mock().network_mode = NetworkMode::Host;
        it.mock().attachments.clear();
        it.finds(Lookup::NoSuchName);
    }

    fn client_on_host(it: &mut Snapshot) {
        it.hapi().network_mode = NetworkMode::Host;
        it.hapi().attachments.clear();
        it.finds(Lookup::NoSuchName);
    }

    #[test]
    fn catches() {
        says(&RULE, server_on_host, "fail: mock is on the host's network, where mock is no name");
        assert_eq!(
            remedies(&RULE, server_on_host),
            "set LLM_ENDPOINT of hapi to http://host.docker.internal:8080 and start it again \
             (-e LLM_ENDPOINT=http://host.docker.internal:8080)\n\
             start hapi with --add-host host.docker.internal:host-gateway"
        );
        let seen = "fail: mock is known on the networks of mock, not on the engine's machine";
        says(&RULE, client_on_host, seen);
        assert!(remedies(&RULE, client_on_host).contains("to http://127.0.0.1:18141"));
        says(
            &RULE,
            |it| {
                it.comes_from_the_machine();
                it.finds(Lookup::NoSuchName);
            },
            seen,
        );
        // Without a probe the hosts file decides.
        says(
            &RULE,
            |it| {
                client_on_host(it);
                it.sends_nothing();
            },
            seen,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A line of the hosts file.
        says(
            &RULE,
            |it| {
                server_on_host(it);
                it.finds(Lookup::Addresses(vec![ip("172.17.0.1")]));
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                server_on_host(it);
                it.sends_nothing();
                let names = vec!["mock".into()];
                it.hapi().hosts = Fact::Known(vec![HostsLine { address: ip("172.17.0.1"), names }]);
            },
            "nothing",
        );
        // Both on the machine.
        says(
            &RULE,
            |it| {
                server_on_host(it);
                client_on_host(it);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                it.comes_from_the_machine();
                it.sends_nothing();
            },
            "skip: --passive",
        );
    }
}
