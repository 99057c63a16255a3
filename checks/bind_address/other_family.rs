use super::{dials_within, open, reached};
use crate::model::{Case, Found, Judgement, Rule};
use std::net::IpAddr;

pub(crate) const RULE: Rule = Rule {
    code: "EC302",
    title: "the server listens on the other address family only",
    explanation: "
## What it is
The server listens on IPv6 only while its clients get an IPv4 address for it, or the other way round.

## What proves it
No socket of the port takes the family of any address that the client dials, or of any that the server has where the
client has no way to it yet.

## What disproves it
A socket on `::` that also takes IPv4 (the default of Linux), or an address of the other family.

## How to repair it
Bind 0.0.0.0 for IPv4, or :: for both.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let rows = open(case, &server)?;
    let mut addresses: Vec<IpAddr> = case.dialled();
    if addresses.is_empty() {
        let all = case.attachments(server.container).iter();
        addresses = all.flat_map(|a| a.addresses.clone()).collect();
    }
    if dials_within(case) || rows.is_empty() || addresses.is_empty() {
        return Ok(None);
    }
    // An IPv6 wildcard whose V6ONLY flag was not seen is given the benefit of Linux's default.
    let takes_v4 = rows.iter().any(|l| {
        l.address.is_ipv4()
            || l.address.ip().to_canonical().is_ipv4()
            || (l.address.ip().is_unspecified() && l.v6_only != Some(true))
    });
    let takes_v6 = rows.iter().any(|l| l.address.is_ipv6());
    let taken = |ip: &IpAddr| if ip.is_ipv4() { takes_v4 } else { takes_v6 };
    let reached = reached(case);
    if addresses.iter().any(|ip| taken(ip) || reached.contains(ip)) {
        return Ok(None);
    }
    let name = &server.container.name;
    let family = if takes_v4 { "IPv4" } else { "IPv6" };
    Ok(Some(
        Found::fail(format!(
            "{name} listens on {} for {family} only, and its address is {}",
            rows[0].address, addresses[0]
        ))
        .evidence(
            format!("listening socket in the namespace of {name}"),
            rows[0].address.to_string(),
        )
        .fix(if takes_v4 {
            format!("bind [::]:{} (without V6ONLY, for both families) in {name}", server.port)
        } else {
            format!(
                "bind 0.0.0.0:{0} for IPv4, or [::]:{0} without V6ONLY for both, in {name}",
                server.port
            )
        }),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, listener, says};
    use crate::model::{Attachment, Connect, Fact, Lookup, Meant, Snapshot};

    /// `::1` of a client that serves on IPv4 itself.
    #[test]
    fn the_own_loopback_has_two_families_as_well() {
        let own = |to: &'static str, listens: &'static str, connect: Connect| {
            move |it: &mut Snapshot| {
                it.told(
                    to.split_once("]:").map_or("127.0.0.1", |_| "::1"),
                    8080,
                    Meant::OwnListener,
                );
                it.listens(&[listens]);
                it.link().client = "mock".into();
                it.visits(to, connect);
            }
        };
        says(
            &RULE,
            own("[::1]:8080", "0.0.0.0:8080", Connect::Refused),
            "fail: mock listens on 0.0.0.0:8080 for IPv4 only, and its address is ::1",
        );
        says(&RULE, own("[::1]:8080", "[::]:8080", Connect::Refused), "nothing");
        says(&RULE, own("[::1]:8080", "0.0.0.0:8080", Connect::Connected), "nothing");
        says(&RULE, own("127.0.0.1:8080", "0.0.0.0:8080", Connect::Refused), "nothing");
    }

    const REFUSED: [(&str, Connect); 1] = [("172.20.0.2:8080", Connect::Refused)];

    fn takes_no_v4(it: &mut Snapshot) {
        let only = crate::model::Listener { v6_only: Some(true), ..listener("[::]:8080") };
        it.mock().listeners = Fact::Known(vec![only]);
        it.way(&REFUSED, Some(true));
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            takes_no_v4,
            "fail: mock listens on [::]:8080 for IPv6 only, and its address is 172.20.0.2",
        );
        says(
            &RULE,
            |it| {
                it.listens(&["[fd00::2]:8080"]);
                it.way(&REFUSED, Some(true));
            },
            "fail: mock listens on [fd00::2]:8080 for IPv6 only, and its address is 172.20.0.2",
        );
        // An address of the right family on a network of its own is none that the client gets.
        says(
            &RULE,
            |it| {
                takes_no_v4(it);
                it.makes("db", "172.30.0");
                it.mock().attachments.push(Attachment {
                    network: "db".into(),
                    addresses: vec![ip("fd00::2")],
                    aliases: Vec::new(),
                });
            },
            "fail: mock listens on [::]:8080 for IPv6 only, and its address is 172.20.0.2",
        );
        // Nor can one that is told one of the loopbacks of its own namespace.
        says(
            &RULE,
            |it| {
                it.told("127.0.0.1", 8080, Meant::OwnListener);
                it.listens(&["[::1]:8080"]);
                it.visits("127.0.0.1:8080", Connect::Refused);
            },
            "fail: mock listens on [::1]:8080 for IPv6 only, and its address is 127.0.0.1",
        );
        // A client that is told the IPv6 address can't fall back.
        says(
            &RULE,
            |it| {
                it.mock().attachments[0].addresses.push(ip("fd00::2"));
                it.told("fd00::2", 8080, Meant::Address);
                it.visits("[fd00::2]:8080", Connect::Refused);
            },
            "fail: mock listens on 0.0.0.0:8080 for IPv4 only, and its address is fd00::2",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // `::` takes both, unless it says otherwise; the kernel may not have been asked.
        says(&RULE, |it| it.listens(&["[::]:8080"]), "nothing");
        says(
            &RULE,
            |it| {
                let unasked = crate::model::Listener { v6_only: None, ..listener("[::]:8080") };
                it.mock().listeners = Fact::Known(vec![unasked]);
            },
            "nothing",
        );
        // A network with both families, a server with one: clients fall back.
        says(
            &RULE,
            |it| {
                let both = vec![ip("172.20.0.2"), ip("fd00::2")];
                it.mock().attachments[0].addresses.clone_from(&both);
                it.finds(Lookup::Addresses(both));
            },
            "nothing",
        );
        // What a client reaches is no fault.
        says(
            &RULE,
            |it| {
                takes_no_v4(it);
                it.way(&[("172.20.0.2:8080", Connect::Connected)], None);
            },
            "nothing",
        );
        // The loopback is another fault.
        says(&RULE, |it| it.listens(&["[::1]:8080"]), "nothing");
        // The engine gave the server no address: nothing to compare with.
        says(
            &RULE,
            |it| {
                takes_no_v4(it);
                it.mock().attachments[0].addresses.clear();
            },
            "nothing",
        );
    }
}
