use super::{open, reached};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC304",
    title: "the server listens on the address of another network only",
    explanation: "
## What it is
The server is bound to one of its addresses, and that one is not on a network that it shares with the client.

## What proves it
Every open socket of the port is bound to an address, none to the wildcard, and none to an address of a common network.

## What disproves it
A wildcard socket, or an address of a common network.

## How to repair it
Bind 0.0.0.0, or the address of the common network.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let rows = open(&server)?;
    let common = case.common_networks();
    if case.shares_namespace()
        || !reached(case).is_empty()
        || rows.is_empty()
        || common.is_empty()
        || rows.iter().any(|l| l.address.ip().is_unspecified())
    {
        return Ok(None);
    }
    let shared = |network: &str| common.iter().any(|c| c.name == network);
    let attachments = case.attachments(server.container);
    let reachable: Vec<_> =
        attachments.iter().filter(|a| shared(&a.network)).flat_map(|a| &a.addresses).collect();
    // Sockets of the other family only are another fault.
    let same_family =
        reachable.iter().any(|ip| rows.iter().any(|l| l.address.is_ipv4() == ip.is_ipv4()));
    if !same_family
        || rows.iter().any(|l| reachable.iter().any(|ip| **ip == l.address.ip().to_canonical()))
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let bound = rows[0].address;
    Ok(Some(
        Found::fail(format!("{name} listens on {bound} only, which is not on {}", common[0].name))
            .evidence(format!("listening socket in the namespace of {name}"), bound.to_string())
            .evidence(format!("address of {name} on {}", common[0].name), reachable[0].to_string())
            .fix(format!("bind 0.0.0.0:{} instead of {bound} in {name}", server.port)),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, says};
    use crate::model::{Attachment, Connect, Snapshot};

    fn listens_elsewhere(it: &mut Snapshot) {
        it.makes("db", "172.30.0");
        it.mock().attachments.push(Attachment {
            network: "db".into(),
            addresses: vec![ip("172.30.0.2")],
            aliases: Vec::new(),
        });
        it.listens(&["172.30.0.2:8080"]);
        it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            listens_elsewhere,
            "fail: mock listens on 172.30.0.2:8080 only, which is not on ci",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.listens(&["172.20.0.2:8080"]), "nothing");
        says(
            &RULE,
            |it| {
                listens_elsewhere(it);
                it.listens(&["172.20.0.2:8080", "172.30.0.2:8080"]);
            },
            "nothing",
        );
        // The client is on that network as well, and reaches it there.
        says(
            &RULE,
            |it| {
                listens_elsewhere(it);
                it.way(
                    &[
                        ("172.20.0.2:8080", Connect::Refused),
                        ("172.30.0.2:8080", Connect::Connected),
                    ],
                    None,
                );
            },
            "nothing",
        );
        // Without a common network, and for sockets of the other family, something else is wrong.
        says(
            &RULE,
            |it| {
                it.parts("db", "172.30.0");
                it.listens(&["172.30.0.2:8080"]);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                it.listens(&["[fd00::2]:8080"]);
                it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
            },
            "nothing",
        );
        says(&RULE, |it| it.listens(&["127.0.0.1:8080"]), "nothing");
    }
}
