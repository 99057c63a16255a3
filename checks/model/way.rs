//! At which of the server's addresses a client's connection arrives. A server may have several, and a name gives a client
//! only some of them: Docker answers with the address on the first common network, Podman with those on all.

use super::{Attempt, Case, Listener, Meant, Resolution, ServerKind, Undecided, Visit};
use std::net::IpAddr;

impl<'a> Case<'a> {
    /// The server's own addresses that the client dials: the one that it is told, else those that its lookup of the name
    /// gave, else, where no lookup was seen or none led to the server, those that one could give; of its own namespace the
    /// loopback. Empty where the client has no way of its own to the server: without a common network, or through a
    /// published port.
    #[must_use]
    pub fn dialled(&self) -> Vec<IpAddr> {
        let Ok(server) = self.server() else { return Vec::new() };
        let attachments = self.attachments(server.container);
        if let Some(ip) = self.link.endpoint.address().filter(|_| self.link.meant == Meant::Address)
        {
            return vec![ip.to_canonical()];
        }
        if self.link.meant == Meant::OwnListener {
            let visit = self.link.visit.value();
            let tried = visit.into_iter().flat_map(|visit| &visit.attempts).map(|a| a.to.ip());
            return self.link.endpoint.address().map_or_else(|| tried.collect(), |ip| vec![ip]);
        }
        if self.link.meant == Meant::HostPublished {
            return Vec::new();
        }
        let of_name = self.link.visit.value().filter(|_| self.link.meant == Meant::Name);
        let found = of_name
            .and_then(|visit: &Visit| visit.resolution.as_ref())
            .or_else(|| self.link.lookup.value())
            .map(Resolution::addresses)
            .unwrap_or_default();
        let own: Vec<IpAddr> = attachments
            .iter()
            .flat_map(|a| &a.addresses)
            .copied()
            .filter(|ip| found.contains(ip))
            .collect();
        if !own.is_empty() {
            return own;
        }
        let common = self.common_networks();
        let is_common = |network: &str| common.iter().any(|n| n.name == network);
        attachments
            .iter()
            .filter(|a| is_common(&a.network))
            .flat_map(|a| a.addresses.iter().copied())
            .collect()
    }

    /// The machine's sockets of the dialled port, where the server is a process of the machine; `None` where it is a
    /// container.
    ///
    /// # Errors
    ///
    /// Returns [`Undecided`] when they could not be read.
    pub fn machine_sockets(&self) -> Result<Option<Vec<&'a Listener>>, Undecided> {
        let server = self.link.server.as_ref();
        if !server.is_some_and(|s| s.kind == ServerKind::Host && s.container.is_none()) {
            return Ok(None);
        }
        let rows = self.facts.host_listeners.known()?.iter();
        Ok(Some(rows.filter(|l| l.address.port() == self.link.endpoint.port).collect()))
    }

    /// The connections from the client's namespace to the server's own addresses, as far as the client dials them.
    ///
    /// # Errors
    ///
    /// Returns [`Undecided`] when none could be made.
    pub fn attempts(&self) -> Result<Vec<&'a Attempt>, Undecided> {
        let all = &self.link.path.known()?.attempts;
        let dialled = self.dialled();
        let met: Vec<&Attempt> = all.iter().filter(|a| dialled.contains(&a.to.ip())).collect();
        Ok(if met.is_empty() { all.iter().collect() } else { met })
    }
}
