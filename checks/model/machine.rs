//! What the kernel of an engine's machine does with everybody's packets: where it sends them, and how many connections it
//! can keep in mind.

use super::{Case, Meant};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What was seen of one machine.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Machine {
    /// The table in which it keeps connections, as address translation and firewalls need it; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<Tracked>,
    /// Its routes to addresses of the engines' networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

/// A route of the machine to addresses of an engine's network, or to some of them.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Route {
    /// The addresses, as `address/bits`.
    pub subnet: String,
    /// The interface behind which they are.
    pub interface: String,
}

/// How full the table is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tracked {
    /// Connections that it holds.
    pub now: u64,
    /// The most that it may hold; beyond that the kernel drops the first packet of a new one.
    pub most: u64,
}

impl Tracked {
    /// Whether there is no room for another connection.
    #[must_use]
    pub fn is_full(self) -> bool {
        self.most > 0 && self.now >= self.most
    }
}

impl<'a> Case<'a> {
    /// The server's address, and the routes of the machine to it, where these lead to several interfaces and the client's
    /// packets go by the machine: then some of them do not lead to the server.
    #[must_use]
    pub fn rival_routes(&self) -> Option<(IpAddr, Vec<&'a Route>)> {
        let server = self.server().ok()?.container;
        if !(self.client_is_on_host() || self.link.meant == Meant::HostPublished) {
            return None;
        }
        let all = &self.facts.machines.get(&server.engine)?.routes;
        self.attachments(server).iter().find_map(|attachment| {
            let network = self.facts.network(&server.engine, &attachment.network)?;
            attachment.addresses.iter().find_map(|ip| {
                let leads = |r: &&Route| network.has_part(&r.subnet) && r.leads_to(*ip);
                let found: Vec<&Route> = all.iter().filter(leads).collect();
                let first = found.first()?;
                found.iter().any(|r| r.interface != first.interface).then_some((*ip, found))
            })
        })
    }
}
