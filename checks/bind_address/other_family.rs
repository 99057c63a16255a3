use super::open;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC302",
    title: "the server listens on the other address family only",
    explanation: "
## What it is
The server listens on IPv6 only while its clients get an IPv4 address for it, or the other way round.

## What proves it
No socket of the port takes the family of the addresses that the server has on the networks it shares with the client.

## What disproves it
A socket on `::` that also takes IPv4 (the default of Linux), or an address of the other family.

## How to repair it
Bind 0.0.0.0 for IPv4, or :: for both.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let rows = open(&server)?;
    let addresses: Vec<_> =
        case.attachments(server.container).iter().flat_map(|a| &a.addresses).collect();
    if case.shares_namespace() || rows.is_empty() || addresses.is_empty() {
        return Ok(None);
    }
    // An IPv6 wildcard whose V6ONLY flag was not seen is given the benefit of Linux's default.
    let takes_v4 = rows.iter().any(|l| {
        l.address.is_ipv4()
            || l.address.ip().to_canonical().is_ipv4()
            || (l.address.ip().is_unspecified() && l.v6_only != Some(true))
    });
    let takes_v6 = rows.iter().any(|l| l.address.is_ipv6());
    if addresses.iter().any(|ip| if ip.is_ipv4() { takes_v4 } else { takes_v6 }) {
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
        .fix(format!(
            "bind 0.0.0.0:{0} for IPv4, or [::]:{0} without V6ONLY for both, in {name}",
            server.port
        )),
    ))
}
