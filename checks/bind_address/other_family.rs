use super::{open, reached};
use crate::model::{Case, Found, Judgement, Meant, Rule, Visit};
use std::net::IpAddr;

pub(crate) const RULE: Rule = Rule {
    code: "EC302",
    title: "the server listens on the other address family only",
    explanation: "
## What it is
The server listens on IPv6 only while its clients get an IPv4 address for it, or the other way round.

## What proves it
No socket of the port takes the family of any address that the server has, or of the address that the client dials.

## What disproves it
A socket on `::` that also takes IPv4 (the default of Linux), or an address of the other family.

## How to repair it
Bind 0.0.0.0 for IPv4, or :: for both.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    // A client that is told an address has no other family to fall back to.
    let dialled = case.link.endpoint.address().map(|ip| ip.to_canonical());
    // Within one namespace the loopback counts like any other address, and nobody else's view does.
    let (rows, addresses): (_, Vec<IpAddr>) = match (dialled, case.link.meant) {
        (Some(ip), Meant::OwnListener) if refused(case) => (server.listeners()?, vec![ip]),
        _ if case.shares_namespace() => return Ok(None),
        (Some(ip), Meant::Address) => (open(&server)?, vec![ip]),
        _ => {
            let own = case.attachments(server.container).iter().flat_map(|a| a.addresses.clone());
            (open(&server)?, own.collect())
        }
    };
    if rows.is_empty() || addresses.is_empty() {
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
    let met = match case.link.meant {
        Meant::OwnListener => "the address that is dialled is",
        _ => "its address is",
    };
    let family = if takes_v4 { "IPv4" } else { "IPv6" };
    Ok(Some(
        Found::fail(format!(
            "{name} listens on {} for {family} only, and {met} {}",
            rows[0].address, addresses[0]
        ))
        .evidence(
            format!("listening socket in the namespace of {name}"),
            rows[0].address.to_string(),
        )
        .fix(format!(
            "bind 0.0.0.0:{0} for IPv4, or [::]:{0} without V6ONLY for both, in {name}",
            server.port
        )),
    ))
}

/// Whether the client's own connection was turned away.
fn refused(case: &Case<'_>) -> bool {
    case.link.visit.value().is_some_and(Visit::was_turned_away)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, listener, says};
    use crate::model::{Connect, Fact, Meant, Snapshot};

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
            "fail: mock listens on 0.0.0.0:8080 for IPv4 only, and the address that is dialled is ::1",
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
        says(&RULE, |it| it.mock().attachments[0].addresses.push(ip("fd00::2")), "nothing");
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
