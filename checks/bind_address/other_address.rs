use super::{dials_within, open, reached};
use crate::model::{Attachment, Case, Found, Judgement, Rule};
use std::net::IpAddr;

pub(crate) const RULE: Rule = Rule {
    code: "EC304",
    title: "the server listens on the address of another network only",
    explanation: "
## What it is
The server is bound to one of its addresses, and that one is not what its clients dial. It may be on a network that they
do not share; or on one that they share, while the name gives them the address on another (Docker answers with one
address of the server, whatever their number). Where the name gives several addresses and the server listens on some of
them only, it is a warning: a client that tries no more than the first is refused.

## What proves it
Every open socket of the port is bound to an address, none to the wildcard, and none to the addresses that the client's own
lookup gave; or that it could give, on a common network, where it was not seen.

## What disproves it
A wildcard socket, a socket of the dialled address, or a connection to it that is completed.

## How to repair it
Bind 0.0.0.0, or the address that the client dials.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let rows = open(case, &server)?;
    if dials_within(case) || rows.is_empty() {
        return Ok(None);
    }
    let reached = reached(case);
    let takes = |ip: &IpAddr| rows.iter().any(|l| l.takes(*ip)) || reached.contains(ip);
    let (met, missed): (Vec<IpAddr>, Vec<IpAddr>) = case.dialled().into_iter().partition(takes);
    // A client falls back from one family to the other, and sockets of the other family only are another fault.
    let same_family = |ip: &IpAddr, at: &[IpAddr]| at.iter().any(|o| o.is_ipv4() == ip.is_ipv4());
    let bound: Vec<IpAddr> = rows.iter().map(|l| l.address.ip().to_canonical()).collect();
    let rivals = if met.is_empty() { &bound } else { &met };
    let Some(dialled) = missed.iter().find(|ip| same_family(ip, rivals)) else { return Ok(None) };
    let name = &server.container.name;
    let sockets = rows.iter().map(|l| l.address.to_string()).collect::<Vec<_>>().join(", ");
    let seen = match case.attachments(server.container).iter().find(|a| has(a, *dialled)) {
        Some(dialled_on)
            if met.is_empty() && !rows.iter().any(|l| has(dialled_on, l.address.ip())) =>
        {
            format!("{name} listens on {sockets} only, which is not on {}", dialled_on.network)
        }
        _ => format!("{name} listens on {sockets} only, and {} dials {dialled}", case.link.client),
    };
    let found =
        if met.is_empty() { Found::fail(seen) } else { Found::warn(format!("{seen} as well")) };
    Ok(Some(
        found
            .evidence(format!("listening socket in the namespace of {name}"), sockets.clone())
            .evidence(format!("address that {} dials", case.link.client), dialled.to_string())
            .fix(format!("bind 0.0.0.0:{} instead of {sockets} in {name}", server.port)),
    ))
}

fn has(attachment: &Attachment, ip: IpAddr) -> bool {
    attachment.addresses.contains(&ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, says};
    use crate::model::{Attachment, Connect, Fact, Lookup, Meant, Snapshot};

    /// The server has a second address, and listens there.
    fn listens_elsewhere(it: &mut Snapshot) {
        it.makes("db", "172.30.0");
        it.mock().attachments.push(db("172.30.0.2"));
        it.listens(&["172.30.0.2:8080"]);
        it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
    }

    /// The same, with the client on that network as well.
    fn listens_on_the_other_common(it: &mut Snapshot) {
        listens_elsewhere(it);
        it.hapi().attachments.push(db("172.30.0.3"));
    }

    fn db(address: &str) -> Attachment {
        Attachment { network: "db".into(), addresses: vec![ip(address)], aliases: Vec::new() }
    }

    const NOT_COMMON: &str = "fail: mock listens on 172.30.0.2:8080 only, which is not on ci";

    #[test]
    fn catches() {
        says(&RULE, listens_elsewhere, NOT_COMMON);
        // The client could go there, and its lookup gives it the other address.
        says(&RULE, listens_on_the_other_common, NOT_COMMON);
        says(
            &RULE,
            |it| {
                listens_on_the_other_common(it);
                let both = [
                    ("172.20.0.2:8080", Connect::Refused),
                    ("172.30.0.2:8080", Connect::Connected),
                ];
                it.way(&both, Some(true));
                it.visits("172.20.0.2:8080", Connect::Refused);
            },
            NOT_COMMON,
        );
        // In its own namespace it dials the loopback, where nothing listens.
        says(
            &RULE,
            |it| {
                it.told("127.0.0.1", 8080, Meant::OwnListener);
                it.listens(&["172.20.0.2:8080"]);
                it.visits("127.0.0.1:8080", Connect::Refused);
            },
            "fail: mock listens on 172.20.0.2:8080 only, and hapi dials 127.0.0.1",
        );
        // The name gives it both, and it may try the first one only; so where no lookup was seen.
        let both = Lookup::Addresses(vec![ip("172.20.0.2"), ip("172.30.0.2")]);
        let one_of_two =
            "warn: mock listens on 172.30.0.2:8080 only, and hapi dials 172.20.0.2 as well";
        says(
            &RULE,
            |it| {
                listens_on_the_other_common(it);
                it.finds(both);
            },
            one_of_two,
        );
        says(
            &RULE,
            |it| {
                listens_on_the_other_common(it);
                it.sends_nothing();
            },
            one_of_two,
        );
        // A second address on the same network (a container may be given one).
        says(
            &RULE,
            |it| {
                it.mock().attachments[0].addresses.push(ip("172.20.0.9"));
                it.listens(&["172.20.0.9:8080"]);
                it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
            },
            "fail: mock listens on 172.20.0.9:8080 only, and hapi dials 172.20.0.2",
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
        // The lookup gives the address at which it listens, or a proxy passes on what comes to the other.
        says(
            &RULE,
            |it| {
                listens_on_the_other_common(it);
                it.finds(Lookup::Addresses(vec![ip("172.30.0.2")]));
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                listens_elsewhere(it);
                it.way(&[("172.20.0.2:8080", Connect::Connected)], None);
            },
            "nothing",
        );
        for bound in ["127.0.0.1:8080", "0.0.0.0:8080", "[::]:8080"] {
            says(
                &RULE,
                |it| {
                    it.told("127.0.0.1", 8080, Meant::OwnListener);
                    it.listens(&[bound]);
                    it.visits("127.0.0.1:8080", Connect::Connected);
                },
                "nothing",
            );
        }
        // Both families, and the server has one: clients fall back.
        says(
            &RULE,
            |it| {
                it.mock().attachments[0].addresses.push(ip("fd00::2"));
                it.finds(Lookup::Addresses(vec![ip("172.20.0.2"), ip("fd00::2")]));
                it.listens(&["172.20.0.2:8080"]);
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
        says(
            &RULE,
            |it| {
                listens_elsewhere(it);
                it.mock().listeners = Fact::Unknown("permission denied".into());
            },
            "unknown: permission denied",
        );
    }
}
