//! Layer 4: does the address the client was told mean the server, seen from inside the client?

mod another_port;
mod container_address;
mod host_network_name;
mod malformed;
mod nobody;
mod own_loopback;
mod published_port;
mod repair;
mod scheme_missing;
mod unread;

use crate::model::{Case, Check, Meant, OUTSIDE, Undecided};

pub(crate) const CHECK: Check = Check {
    id: "endpoint-config",
    layer: Some(4),
    asks: "does the address the client was told mean the server, seen from inside the client?",
    phase: 1,
    applies: |case| if case.is_outside() { Err(Undecided::Skip(OUTSIDE.into())) } else { Ok(()) },
    rules: &[
        &malformed::RULE,
        &own_loopback::RULE,
        &nobody::RULE,
        &host_network_name::RULE,
        &published_port::RULE,
        &another_port::RULE,
        &container_address::RULE,
        &scheme_missing::RULE,
        &unread::RULE,
    ],
    healthy,
};

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let endpoint = &case.link.endpoint;
    let server = case
        .link
        .server
        .as_ref()
        .and_then(|s| s.container.as_deref())
        .unwrap_or("a process of the host");
    Ok(match case.link.meant {
        Meant::OwnListener => {
            format!("{} listens on port {} in its own namespace", case.link.client, endpoint.port)
        }
        Meant::Name => format!("{} is a name of {server}", endpoint.host),
        Meant::HostPublished => format!("{} is published by {server}", endpoint.authority()),
        _ => format!("{} is {server}", endpoint.authority()),
    })
}
