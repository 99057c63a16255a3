use crate::model::{Case, Found, Judgement, Rule, Symptom};

pub(crate) const RULE: Rule = Rule {
    code: "EC708",
    title: "the machine has two routes to the server's address",
    explanation: "
## What it is
The addresses of the server's network are those of another network as well: one of another engine, a VPN or the office.
The machine sends packets to either of them, so that connections through a published port, and from the machine itself,
end elsewhere. Containers of one network reach each other all the same.

## What proves it
The machine's table of routes leads to the server's address by several interfaces, each route as narrow as the server's
own network. It is a fault of the link where the server answers in its own namespace, and the client's connection, which
goes by the machine, gets no answer; else a warning.

## What disproves it
One route; or a wider one beside it, which the kernel does not take.

## How to repair it
Make one of the networks anew with other addresses (`--subnet`), or give the engine other address pools.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((ip, routes)) = case.rival_routes() else { return Ok(None) };
    let server = case.server()?;
    let name = &server.container.name;
    let mut interfaces: Vec<&str> = routes.iter().map(|route| route.interface.as_str()).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let seen = format!(
        "the machine has routes to {ip}, the address of {name}, by {}",
        interfaces.join(" and ")
    );
    let answers = case.link.concurrency.value().is_some_and(|seen| !seen.baseline_us.is_empty());
    let is_lost = case.symptom().is_some_and(|symptom| symptom != Symptom::HttpError);
    let mut found = if answers && is_lost { Found::fail(seen) } else { Found::warn(seen) };
    for route in &routes {
        found = found.evidence(format!("route to {}", route.subnet), route.interface.clone());
    }
    let network = case
        .attachments(server.container)
        .iter()
        .find(|a| a.addresses.contains(&ip))
        .map_or("the network", |a| a.network.as_str());
    Ok(Some(found.fix(format!(
        "make {network} anew with addresses that nothing else has (network create --subnet), or the other network; ip route shows both"
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Machine, Meant, Route, Snapshot};

    fn routes(it: &mut Snapshot, all: &[(&str, &str)]) {
        let route = |(subnet, interface): &(&str, &str)| Route {
            subnet: (*subnet).into(),
            interface: (*interface).into(),
        };
        let routes = all.iter().map(route).collect();
        it.machines.insert("docker".into(), Machine { routes, ..Machine::default() });
    }

    fn published(it: &mut Snapshot) {
        routes(it, &[("172.20.0.0/16", "br-1"), ("172.20.0.0/24", "tun0")]);
        it.comes_from_the_machine();
        it.told("127.0.0.1", 18141, Meant::HostPublished);
        it.visits("127.0.0.1:18141", Connect::Connected);
    }

    fn lost(it: &mut Snapshot) {
        published(it);
        it.visits("127.0.0.1:18141", Connect::Timeout);
    }

    const SEEN: &str =
        "the machine has routes to 172.20.0.2, the address of mock, by br-1 and tun0";

    #[test]
    fn catches() {
        says(&RULE, published, &format!("warn: {SEEN}"));
        says(&RULE, lost, &format!("fail: {SEEN}"));
        row("network-path", lost, "fail: EC708");
    }

    #[test]
    fn catches_not() {
        for narrower in [
            // One route, two by one interface, one that leads elsewhere, a wider one.
            &[("172.20.0.0/16", "br-1")][..],
            &[("172.20.0.0/16", "br-1"), ("172.20.0.0/16", "br-1")],
            &[("172.20.0.0/16", "br-1"), ("172.20.9.0/24", "tun0")],
            &[("172.20.0.0/16", "br-1"), ("172.16.0.0/12", "tun0")],
        ] {
            says(
                &RULE,
                |it| {
                    lost(it);
                    routes(it, narrower);
                },
                "nothing",
            );
        }
        // Between two containers of one network no route of the machine matters.
        says(&RULE, |it| routes(it, &[("172.20.0.0/16", "a"), ("172.20.0.0/16", "b")]), "nothing");
    }
}
