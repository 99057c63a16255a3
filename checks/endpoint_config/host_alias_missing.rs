use super::repair::{host_alias, quoted, repaired};
use super::resolves;
use crate::model::{Attachment, Case, EngineKind, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC411",
    title: "the client has no name for the engine's machine",
    explanation: "
## What it is
`host.docker.internal` is a name that Docker Desktop gives by itself, and Docker on Linux only when it is asked to. Podman
gives `host.containers.internal`.

## What proves it
The address names the engine's machine by such a name, and the client's own lookup does not find it.

## What disproves it
A line of the client's hosts file (`--add-host`, `extra_hosts`), or a name server that knows it.

## How to repair it
Dial the server's container by its name; or start the client with `--add-host host.docker.internal:host-gateway`, in Compose
`extra_hosts`.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let host = &case.link.endpoint.host;
    if !matches!(case.link.meant, Meant::HostPublished | Meant::Host)
        || case.link.endpoint.is_loopback()
        || case.link.endpoint.address().is_some()
        || resolves(case)?
    {
        return Ok(None);
    }
    let client = &case.link.client;
    let mut found = quoted(case, Found::fail(format!("{client} does not know the name {host}")));
    match case.client().and_then(|c| c.hosts.value()) {
        Some(_) => found = found.evidence(format!("/etc/hosts of {client}"), format!("no {host}")),
        None => found = found.evidence(format!("lookup from {client}"), format!("no {host}")),
    }
    if let Ok(server) = case.server()
        && (!case.common_networks().is_empty() || case.client_is_on_host())
    {
        found = repaired(case, found, server);
    }
    if case.client_is_on_host() {
        return Ok(Some(
            found.fix(format!("let {client} dial 127.0.0.1:{}", case.link.endpoint.port)),
        ));
    }
    if case.kind() == EngineKind::Podman && host != host_alias(case) {
        return Ok(Some(
            found.fix(format!("let {client} dial {} instead of {host}", host_alias(case))),
        ));
    }
    // From internal networks alone nobody reaches the machine, by whatever name.
    let is_internal = |a: &Attachment| {
        case.facts.network(&case.link.engine, &a.network).is_some_and(|network| network.internal)
    };
    let mine = case.client().map_or(&[][..], |client| case.attachments(client));
    if !found.fix.is_empty() && !mine.is_empty() && mine.iter().all(is_internal) {
        return Ok(Some(found));
    }
    found = found.fix(format!(
        "start {client} with --add-host {host}:host-gateway (in a Compose file: extra_hosts: [\"{host}:host-gateway\"])"
    ));
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, row, says};
    use crate::model::{Fact, HostsLine, Lookup, Meant, Snapshot};

    fn missing(it: &mut Snapshot) {
        it.told("host.docker.internal", 18141, Meant::HostPublished);
        it.finds(Lookup::NoSuchName);
    }

    #[test]
    fn catches() {
        let seen = "fail: hapi does not know the name host.docker.internal";
        says(&RULE, missing, seen);
        assert_eq!(
            remedies(&RULE, missing),
            "set LLM_ENDPOINT of hapi to http://mock:8080 and start it again (-e LLM_ENDPOINT=http://mock:8080)\n\
             start hapi with --add-host host.docker.internal:host-gateway \
             (in a Compose file: extra_hosts: [\"host.docker.internal:host-gateway\"])"
        );
        row("endpoint-config", missing, "fail: EC411");
        // On an internal network no name for the machine would help.
        assert_eq!(
            remedies(&RULE, |it| {
                missing(it);
                it.ci().internal = true;
            }),
            "set LLM_ENDPOINT of hapi to http://mock:8080 and start it again (-e LLM_ENDPOINT=http://mock:8080)"
        );
        // Without a probe the hosts file decides.
        says(
            &RULE,
            |it| {
                missing(it);
                it.sends_nothing();
            },
            seen,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(
            &RULE,
            |it| {
                missing(it);
                it.finds(Lookup::Addresses(vec![ip("172.17.0.1")]));
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                missing(it);
                it.sends_nothing();
                let names = vec!["host.docker.internal".into()];
                it.hapi().hosts = Fact::Known(vec![HostsLine { address: ip("172.17.0.1"), names }]);
            },
            "nothing",
        );
        // An address is no name, and a name that nobody carries is another fault.
        says(&RULE, |it| it.told("172.20.0.1", 18141, Meant::HostPublished), "nothing");
        says(
            &RULE,
            |it| {
                missing(it);
                it.link().meant = Meant::Nobody;
            },
            "nothing",
        );
    }
}
