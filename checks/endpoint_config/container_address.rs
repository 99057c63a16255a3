use super::repair::{quoted, repaired};
use crate::model::{Case, Container, Found, Judgement, Meant, Network, Rule, Target};

pub(crate) const RULE: Rule = Rule {
    code: "EC404",
    title: "the client is told a container's address instead of its name",
    explanation: "
## What it is
The engine gives addresses anew at every start. An address that is right today belongs to another container, or to
nobody, tomorrow.

## What proves it
The endpoint is an address that a container has on one of the engine's networks. It is a fault where that container does not
serve the port and another one does: the address has changed hands.

## What disproves it
A name; or an address given by hand (`--ip`), where you know that it stays.

## How to repair it
Tell the client the server's name.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !matches!(case.link.meant, Meant::Address | Meant::AddressOfAnother) {
        return Ok(None);
    }
    let server = case.server()?;
    let name = &server.container.name;
    if case.link.meant == Meant::AddressOfAnother {
        return of_another(case);
    }
    let found = quoted(
        case,
        Found::warn(format!("{} is {name} only until its next start", case.link.endpoint.host)),
    );
    Ok(Some(repaired(case, named(case, server, found), server)))
}

/// A name is right only where the engine answers it: on its default network it does not, and the address is what works there.
fn named(case: &Case<'_>, server: Target<'_>, found: Found) -> Found {
    let common = case.common_networks();
    let answers_none = |network: &&Network| network.names.value() == Some(&false);
    if case.client_is_on_host()
        || case.shares_namespace()
        || common.is_empty()
        || !common.iter().all(answers_none)
    {
        return found;
    }
    let Some(client) = case.client() else { return found };
    let owner = |container| case.namespace_owner(container).unwrap_or(container);
    let (client, name) = (&owner(client).name, &owner(server.container).name);
    let engine = case.kind().command();
    found.fix_by(
        format!("first put {client} and {name} on a network made by you: {} answers no names", common[0].name),
        format!(
            "{engine} network create econn-shared && {engine} network connect econn-shared {client} && {engine} network connect econn-shared {name}"
        ),
    )
}

/// The address has changed hands, if the client meets nobody there.
fn of_another(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let name = &server.container.name;
    let host = &case.link.endpoint.host;
    let has = |c: &&Container| c.addresses().any(|a| Some(a) == case.link.endpoint.address());
    let owner = case.facts.containers.iter().find(has).map_or("another container", |c| &c.name);
    let found = if case.link.visit.known()?.connected() {
        Found::warn(format!("{host} is {owner} only until its next start"))
    } else {
        let port = server.port;
        Found::fail(format!("{host} is {owner}, and {name} is the one that serves port {port}"))
    };
    Ok(Some(repaired(case, quoted(case, found).evidence("address of", owner), server)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Fact, Meant};

    #[test]
    fn catches() {
        let told = |it: &mut crate::model::Snapshot| it.told("172.20.0.2", 8080, Meant::Address);
        says(&RULE, told, "warn: 172.20.0.2 is mock only until its next start");
        assert!(remedies(&RULE, told).contains("to http://mock:8080"));
        // The default network answers no names: the plain name would break what works.
        let by_default = |it: &mut crate::model::Snapshot| {
            told(it);
            it.ci().names = Fact::Known(false);
        };
        let remedy = remedies(&RULE, by_default);
        let (first, then) = remedy.split_once("to http://mock:8080").unwrap();
        assert!(
            first.contains("network create econn-shared") && !then.contains("create"),
            "{remedy}"
        );
        assert!(!remedies(&RULE, told).contains("create"));
        // The address has changed hands.
        let changed_hands = |it: &mut crate::model::Snapshot| {
            it.joins("other", "172.20.0.9");
            it.told("172.20.0.9", 8080, Meant::AddressOfAnother);
            it.visits("172.20.0.9:8080", Connect::Refused);
        };
        says(
            &RULE,
            changed_hands,
            "fail: 172.20.0.9 is other, and mock is the one that serves port 8080",
        );
        row("endpoint-config", changed_hands, "fail: EC404");
        // From the machine the published port is the address that stays.
        let from_the_machine = |it: &mut crate::model::Snapshot| {
            told(it);
            it.comes_from_the_machine();
        };
        assert!(remedies(&RULE, from_the_machine).contains("to http://127.0.0.1:18141"));
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.told("172.20.0.1", 18141, Meant::HostPublished), "nothing");
        says(&RULE, |it| it.told("172.20.0.77", 8080, Meant::Nobody), "nothing");
    }
}
