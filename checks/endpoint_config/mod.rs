//! Layer 4: does the address the client was told mean the server, seen from inside the client?

mod another_port;
mod certificate_demanded;
mod certificate_of_another;
mod certificate_out_of_date;
mod certificate_unvouched;
mod container_address;
mod discarded_port;
mod edited_since;
mod for_browsers;
mod host_alias_missing;
mod host_network_name;
mod malformed;
mod never_started;
mod nobody;
mod own_loopback;
mod plain_to_tls;
mod proxy;
mod published_port;
mod repair;
mod rewrite;
mod scheme_missing;
mod service;
mod tls_to_plain;
mod unread;

use crate::model::{Case, Check, Fact, Meant, Need, OUTSIDE, Undecided};

/// The code of a client that is told its own loopback.
pub(crate) const OWN_LOOPBACK: &str = own_loopback::RULE.code;

pub(crate) const CHECK: Check = Check {
    id: "endpoint-config",
    layer: Some(4),
    asks: "does the address the client was told mean the server, seen from inside the client?",
    needs: &[
        Need::Visit,
        Need::ListensItself,
        Need::Listeners,
        Need::Names,
        Need::Hosts,
        Need::HostListeners,
    ],
    phase: 1,
    applies: |case| if case.is_outside() { Err(Undecided::Skip(OUTSIDE.into())) } else { Ok(()) },
    rules: &[
        &edited_since::RULE,
        &malformed::RULE,
        &own_loopback::RULE,
        &never_started::RULE,
        &nobody::RULE,
        &host_network_name::RULE,
        &host_alias_missing::RULE,
        &published_port::RULE,
        &another_port::RULE,
        &discarded_port::RULE,
        &container_address::RULE,
        &proxy::RULE,
        &plain_to_tls::RULE,
        &tls_to_plain::RULE,
        &certificate_of_another::RULE,
        &certificate_out_of_date::RULE,
        &certificate_unvouched::RULE,
        &certificate_demanded::RULE,
        &scheme_missing::RULE,
        &for_browsers::RULE,
        &unread::RULE,
    ],
    healthy,
};

/// Whether the client's own lookup of the dialled name ends with an address: as it was seen, else by its hosts file.
fn resolves(case: &Case<'_>) -> Result<bool, Undecided> {
    if let Some(visit) = case.link.visit.value() {
        return Ok(visit.resolution.as_ref().is_some_and(|r| !r.addresses().is_empty()));
    }
    let host = &case.link.endpoint.host;
    if let Some(lines) = case.client().and_then(|client| client.hosts.value()) {
        return Ok(lines.iter().any(|l| l.names.iter().any(|n| n.eq_ignore_ascii_case(host))));
    }
    case.link.visit.known().map(|_| false)
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let endpoint = &case.link.endpoint;
    let server = case
        .link
        .server
        .as_ref()
        .and_then(|s| s.container.as_deref())
        .unwrap_or("a process of the host");
    Ok(match case.link.meant {
        Meant::OwnListener
            if server != case.link.client && case.link.listens_itself != Fact::Known(true) =>
        {
            let (port, client) = (endpoint.port, &case.link.client);
            format!("{server} is to serve port {port} in the namespace of {client}")
        }
        Meant::OwnListener => {
            format!("{} listens on port {} in its own namespace", case.link.client, endpoint.port)
        }
        Meant::OwnLoopback | Meant::OwnLoopbackPublished | Meant::OwnLoopbackServed => {
            format!(
                "something answers at {} in the namespace of {}",
                endpoint.authority(),
                case.link.client
            )
        }
        Meant::Name => format!("{} is a name of {server}", endpoint.host),
        Meant::HostPublished => format!("{} is published by {server}", endpoint.authority()),
        _ => format!("{} is {server}", endpoint.authority()),
    })
}
