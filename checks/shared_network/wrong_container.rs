use super::resolver_fails::answers;
use super::{finds_server, lookup};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC505",
    title: "the name resolves to something else than the server",
    explanation: "
## What it is
The client gets an address for the name, and it is not the server's: its own hostname, a line of its hosts file, another
container with that alias, or a name server outside that answers for everything.

## What proves it
None of the addresses in the answer is one of the server's.

## What disproves it
One that is.

## How to repair it
Rename what took the name, remove the line from the hosts file, or dial the server's own name.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    let addresses = lookup.addresses();
    let Some(first) = addresses.first() else { return Ok(None) };
    let own: Vec<String> = case
        .attachments(server.container)
        .iter()
        .flat_map(|a| &a.addresses)
        .map(ToString::to_string)
        .collect();
    if finds_server(case, server, lookup) || own.is_empty() {
        return Ok(None);
    }
    let name = &lookup.name;
    let owner = case
        .facts
        .containers
        .iter()
        .find(|c| c.engine == case.link.engine && c.addresses().any(|ip| ip == *first));
    let who = match owner {
        Some(owner) if owner.name == case.link.client => format!("{} itself", owner.name),
        Some(owner) => owner.name.clone(),
        None => "no container of this engine".into(),
    };
    let mut found = Found::fail(format!(
        "{name} means {first} in {}, which is {who}, not {}",
        case.link.client, server.container.name
    ));
    if lookup.hosts_file.is_empty() {
        found = answers(case, found, lookup);
    } else {
        found = found
            .evidence(format!("hosts file of {}", case.link.client), format!("{first} {name}"));
    }
    found = found.evidence(format!("addresses of {}", server.container.name), own.join(", "));
    let (client, server) = (&case.link.client, &server.container.name);
    Ok(Some(match owner {
        Some(owner) if owner.name == *client => {
            found.fix(format!("start {client} with another hostname than {name}"))
        }
        _ if !lookup.hosts_file.is_empty() => found.fix(format!(
            "start {client} without the line {first} {name} in its hosts file (--add-host, extra_hosts)"
        )),
        Some(owner) => found.fix(format!(
            "take the name {name} from {}, or dial another name of {server}",
            owner.name
        )),
        None => found.fix(format!(
            "remove what answers for {name} in {client} (a search domain, another name server), or dial another name of {server}"
        )),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, row, says, service};
    use crate::model::{Connect, Fact, Lookup, NetworkMode, Resolution, Snapshot};

    fn finds(it: &mut Snapshot, address: &str) {
        it.finds(Lookup::Addresses(vec![ip(address)]));
    }

    fn hosts_file(it: &mut Snapshot, address: &str) {
        it.link().lookup = Fact::Known(Resolution {
            name: "mock".into(),
            hosts_file: vec![ip(address)],
            asked: Vec::new(),
        });
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| finds(it, "10.1.2.3"),
            "fail: mock means 10.1.2.3 in hapi, which is no container of this engine, not mock",
        );
        says(
            &RULE,
            |it| {
                it.joins("old", "172.20.0.9");
                finds(it, "172.20.0.9");
            },
            "fail: mock means 172.20.0.9 in hapi, which is old, not mock",
        );
        // The machine's address, where nothing is published under the dialled port.
        says(
            &RULE,
            |it| hosts_file(it, "172.17.0.1"),
            "fail: mock means 172.17.0.1 in hapi, which is no container of this engine, not mock",
        );
        // Its own hostname is the server's name; or a line of the hosts file is out of date.
        says(
            &RULE,
            |it| hosts_file(it, "172.20.0.3"),
            "fail: mock means 172.20.0.3 in hapi, which is hapi itself, not mock",
        );
        says(
            &RULE,
            |it| hosts_file(it, "172.20.0.77"),
            "fail: mock means 172.20.0.77 in hapi, which is no container of this engine, not mock",
        );
        // A server in another's namespace has that one's addresses.
        says(
            &RULE,
            |it| {
                it.joins("pod", "172.20.0.9");
                it.mock().network_mode = NetworkMode::Container("pod".into());
                it.mock().attachments.clear();
                finds(it, "10.1.2.3");
            },
            "fail: mock means 10.1.2.3 in hapi, which is no container of this engine, not mock",
        );
    }

    #[test]
    fn the_remedy_names_who_answers() {
        let cures = |change: &dyn Fn(&mut Snapshot), cure: &str| {
            assert_eq!(remedies(&RULE, |it| change(it)), cure);
        };
        let line = "start hapi without the line 172.20.0.77 mock in its hosts file (--add-host, extra_hosts)";
        cures(&|it| hosts_file(it, "172.20.0.77"), line);
        // Whoever has the address has nothing to do with a line of the hosts file.
        cures(
            &|it| {
                it.joins("old", "172.20.0.77");
                hosts_file(it, "172.20.0.77");
            },
            line,
        );
        cures(&|it| hosts_file(it, "172.20.0.3"), "start hapi with another hostname than mock");
        cures(
            &|it| {
                it.joins("old", "172.20.0.9");
                finds(it, "172.20.0.9");
            },
            "take the name mock from old, or dial another name of mock",
        );
        cures(
            &|it| finds(it, "10.1.2.3"),
            "remove what answers for mock in hapi (a search domain, another name server), or dial another name of mock",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // An old line that is still right.
        says(&RULE, |it| hosts_file(it, "172.20.0.2"), "nothing");
        says(
            &RULE,
            |it| {
                it.joins("pod", "172.20.0.9");
                it.mock().network_mode = NetworkMode::Container("pod".into());
                it.mock().attachments.clear();
                finds(it, "172.20.0.9");
            },
            "nothing",
        );
        // Another replica of the service serves as well.
        says(
            &RULE,
            |it| {
                it.mock().compose = service("shop", "mock");
                it.joins("mock-2", "172.20.0.9").compose = service("shop", "mock");
                finds(it, "172.20.0.9");
            },
            "nothing",
        );
        // The machine's address in the hosts file, with the port that the server publishes.
        says(
            &RULE,
            |it| {
                it.told("mock", 18141, crate::model::Meant::Name);
                hosts_file(it, "172.17.0.1");
                it.visits("172.17.0.1:18141", Connect::Connected);
            },
            "nothing",
        );
        says(&RULE, |it| it.finds(Lookup::NoSuchName), "nothing");
        // What no address is known of can't be told apart, and is no pass.
        let no_address = |it: &mut Snapshot| it.mock().attachments[0].addresses.clear();
        says(&RULE, no_address, "nothing");
        row(
            "shared-network",
            no_address,
            "unknown: mock resolves to 172.20.0.2, and the engine names no address of mock",
        );
    }
}
