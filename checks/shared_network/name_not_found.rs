use super::resolver_fails::answers;
use super::{
    DOCKERS, engines_is_silent, failed_with_an_unknown_name, finds_server, is_engines, lookup,
};
use crate::model::{Case, Fact, Found, Judgement, Rule, Symptom, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC504",
    title: "the server's name does not resolve on the common network",
    explanation: "
## What it is
Client and server share a network that answers names, both run, and the name does not resolve: the container does not
answer to it there (a service name of a one-off container, a lost alias, a hostname on Podman, a container inside a pod).

## What proves it
The client's name server says that the name does not exist. Or the engine's one fails, and no container on the network
carries the name: it knows those that are carried, and passes on the others.

## What disproves it
An address in the answer; or a connection of the client, by another name, that is completed.

## How to repair it
Use the name that the network knows, or give the server that name as an alias there.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    let denied =
        lookup.symptom() == Some(Symptom::NameNotFound) && !engines_is_silent(case, lookup);
    if finds_server(case, server, lookup)
        || !lookup.addresses().is_empty()
        || case.arrives()
        || !(denied || failed_with_an_unknown_name(case, lookup))
    {
        return Ok(None);
    }
    let name = &lookup.name;
    let client = &case.link.client;
    let owner = case.namespace_owner(server.container).unwrap_or(server.container);
    let common = case.common_networks();
    // The first network that may answer: one that answers no names is not where the name is missing.
    let network = common
        .iter()
        .find(|n| n.names != Fact::Known(false))
        .map_or("the network", |n| n.name.as_str());
    let found = answers(
        case,
        Found::fail(format!(
            "{name} does not resolve in {client}, though {} is on {network}",
            owner.name
        ))
        .awaits(case.name_to_register(name)),
        lookup,
    );
    if !lookup.asked.iter().any(|asked| is_engines(case, asked.server)) {
        return Ok(Some(found.fix(format!(
            "let {client} ask the engine's name server: start it without --dns, and without a resolv.conf of its own"
        ))));
    }
    // An alias that it has on another network is no name here.
    let known = case
        .attachments(server.container)
        .iter()
        .filter(|a| common.iter().any(|n| n.name == a.network))
        .any(|a| a.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)));
    if known || owner.name.eq_ignore_ascii_case(name) {
        let on_machine =
            lookup.asked.iter().find(|a| a.server != DOCKERS && is_engines(case, a.server));
        let found = match on_machine {
            Some(asked) => found.fix(format!(
                "see who answers at {}, port 53 (ss -lunp, nft list ruleset): another name server of the machine, such as dnsmasq, may have taken the engine's place",
                asked.server
            )),
            None => found,
        };
        return Ok(Some(found.fix(format!(
            "disconnect {0} from {network} and connect it again, so that {network} registers its names anew; restart the engine if that does not help",
            owner.name
        ))));
    }
    let engine = case.kind().command();
    let dialled = owner.pod.as_deref().unwrap_or(&owner.name);
    // Who is disconnected loses the aliases that it has there.
    let has = case.attachments(server.container).iter().find(|a| a.network == network);
    let aliases = has.map_or(&[][..], |a| a.aliases.as_slice()).iter().chain([name]);
    let aliases: Vec<String> = aliases.map(|name| format!("--alias {}", quoted(name))).collect();
    Ok(Some(
        found.fix(format!("dial {dialled} instead of {name}")).fix_by(
            format!("or give {} the alias {name} on {network}", owner.name),
            format!(
                "{engine} network disconnect {network} {0} && {engine} network connect {1} {network} {0}",
                owner.name,
                aliases.join(" ")
            ),
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{asked, ip, remedies, resolution, row, says};
    use crate::model::{Connect, Fact, Lookup, NetworkMode, Snapshot};

    fn not_found(it: &mut Snapshot) {
        it.finds(Lookup::NoSuchName);
    }

    const FAIL: &str = "fail: mock does not resolve in hapi, though mock is on ci";

    #[test]
    fn catches() {
        says(&RULE, not_found, FAIL);
        says(&RULE, |it| it.finds(Lookup::NoAddresses), FAIL);
        row("shared-network", not_found, "fail: EC504");
        assert!(remedies(&RULE, not_found).starts_with("disconnect mock from ci and connect it"));
        // Podman's name server stands on the machine, where somebody else may have taken its port.
        let podman = |it: &mut Snapshot| {
            not_found(it);
            let Fact::Known(lookup) = &mut it.link().lookup else { return };
            lookup.asked = vec![asked("172.20.0.1", Lookup::NoSuchName)];
        };
        says(&RULE, podman, FAIL);
        assert!(remedies(&RULE, podman).starts_with("see who answers at 172.20.0.1, port 53"));
        // A service's name that the container does not carry on the network.
        let service = |it: &mut Snapshot| {
            not_found(it);
            let Fact::Known(lookup) = &mut it.link().lookup else { return };
            lookup.name = "llm".into();
        };
        says(&RULE, service, "fail: llm does not resolve in hapi, though mock is on ci");
        assert_eq!(
            remedies(&RULE, service),
            "dial mock instead of llm\n\
             $ docker network disconnect ci mock && docker network connect --alias llm ci mock"
        );
        // It carries the name on another network.
        assert!(
            remedies(&RULE, |it| {
                service(it);
                it.makes("other", "172.30.0");
                let mut second = it.mock().attachments[0].clone();
                (second.network, second.aliases) = ("other".into(), vec!["llm".into()]);
                it.mock().attachments.push(second);
            })
            .starts_with("dial mock instead of llm\n")
        );
        // The same where the machine's name server, to which Docker passes it on, can't be reached.
        let offline = |it: &mut Snapshot| {
            it.finds(Lookup::ServerFailure);
            let Fact::Known(lookup) = &mut it.link().lookup else { return };
            lookup.name = "llm".into();
            lookup.asked = vec![asked("127.0.0.11", Lookup::ServerFailure)];
        };
        says(&RULE, offline, "fail: llm does not resolve in hapi, though mock is on ci");
        row("shared-network", offline, "fail: EC504");
        // A member of a pod: only the pod's name is on the network.
        assert!(
            remedies(&RULE, |it| {
                not_found(it);
                it.joins("1234-infra", "172.20.0.2").pod = Some("web".into());
                it.mock().network_mode = NetworkMode::Container("1234-infra".into());
                it.mock().attachments.clear();
            })
            .starts_with("dial web instead of mock")
        );
        // The client asks somebody else.
        assert!(
            remedies(&RULE, |it| {
                not_found(it);
                let Fact::Known(lookup) = &mut it.link().lookup else { return };
                lookup.asked = vec![asked("8.8.8.8", Lookup::NoSuchName)];
            })
            .contains("without --dns")
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // The look-alike: it does not run, so no engine answers for it.
        for state in ["exited", "created"] {
            says(&RULE, |it| it.ends(state, 0), "nothing");
        }
        // Silence is another fault, an address of something else as well.
        says(&RULE, |it| it.finds(Lookup::Timeout), "nothing");
        says(&RULE, |it| it.finds(Lookup::Addresses(vec![ip("10.1.2.3")])), "nothing");
        says(&RULE, |it| it.parts("other", "172.30.0"), "nothing");
        // Podman goes on answering to the name that a container had before: the client has no need of the new one.
        let by_another_name = |it: &mut Snapshot| {
            not_found(it);
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.resolution = Some(resolution(Lookup::Addresses(vec![ip("172.20.0.2")])));
            it.visits("172.20.0.2:8080", Connect::Connected);
        };
        says(&RULE, by_another_name, "nothing");
        row("shared-network", by_another_name, "pass: both are on ci, and hapi reaches mock there");
        row("shared-network", |_| (), "pass: both are on ci, and mock resolves to 172.20.0.2");
        row("shared-network", Snapshot::sends_nothing, "skip: --passive");
    }
}
