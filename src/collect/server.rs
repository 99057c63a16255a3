//! What the server's own namespace shows: its listen queue, and whether it answers while a connection is held.

use super::probe::Protocol;
use super::stand::{Hold, Stand};
use checks::model::{Concurrency, Fact, Listener};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

/// One port of one server, probed once for all links that mean it.
pub(crate) struct Port {
    /// The port inside.
    pub(crate) number: u16,
    /// How it is spoken to.
    pub(crate) protocol: Protocol,
    /// The sockets of its namespace, as `/proc` showed them.
    pub(crate) listeners: Vec<Listener>,
    /// The addresses at which clients connected to it.
    pub(crate) met: Vec<IpAddr>,
}

/// How long the probes of a port may take, and how long they hold a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// All the time until then.
    Until(Instant),
    /// Two seconds from the first connection on, for a server that others are about to use.
    Short,
}

impl Patience {
    fn limit(self) -> Duration {
        match self {
            Self::Until(deadline) => deadline.saturating_duration_since(Instant::now()),
            Self::Short => Duration::from_secs(2),
        }
    }
}

/// Probes one port from its own namespace.
pub(crate) async fn concurrency(
    stand: &Stand,
    port: &Port,
    patience: Patience,
) -> Fact<Concurrency> {
    let Some(target) = target(&port.listeners, port.number, &port.met) else {
        return Fact::Unknown(format!("nothing listens on port {}", port.number));
    };
    let limit_ms = u64::try_from(patience.limit().as_millis()).unwrap_or(u64::MAX);
    let brief = matches!(patience, Patience::Short);
    let protocol = port.protocol.clone();
    let seen = stand.run(Hold { target, protocol, limit_ms, brief }).await;
    seen.map(|seen| Concurrency { vantage: Some(stand.vantage()), ..seen }).into()
}

/// The address in the server's own namespace at which the port answers its clients: the one that is bound and that they dial,
/// the loopback for a wildcard, else a bound one, those that others can reach first.
pub(super) fn target(listeners: &[Listener], port: u16, met: &[IpAddr]) -> Option<SocketAddr> {
    let rows = || listeners.iter().filter(|l| l.address.port() == port);
    let any = |l: &&Listener| l.address.ip().is_unspecified();
    if let Some(dialled) = rows().map(|l| l.address).find(|a| met.contains(&a.ip().to_canonical()))
    {
        return Some(dialled);
    }
    if rows().any(|l| any(&l) && (l.address.is_ipv4() || l.v6_only != Some(true))) {
        return Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    if rows().any(|l| any(&l)) {
        return Some(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port));
    }
    rows().map(|l| l.address).min_by_key(|a| a.ip().to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::target;
    use checks::model::Listener;

    fn probed(bound: &[&str], met: &[&str]) -> String {
        let row = |a: &&str| Listener {
            address: a.parse().unwrap(),
            v6_only: None,
            waiting: 0,
            backlog: None,
        };
        let rows: Vec<Listener> = bound.iter().map(row).collect();
        let met: Vec<_> = met.iter().map(|ip| ip.parse().unwrap()).collect();
        target(&rows, 8080, &met).map_or_else(|| "nothing".into(), |a| a.to_string())
    }

    #[test]
    fn a_server_is_probed_where_it_answers_in_its_own_namespace() {
        assert_eq!(probed(&["0.0.0.0:8080"], &["172.18.0.2"]), "127.0.0.1:8080");
        assert_eq!(probed(&["[::]:8080"], &[]), "127.0.0.1:8080");
        assert_eq!(probed(&["127.0.0.1:8080"], &[]), "127.0.0.1:8080");
        assert_eq!(probed(&["172.18.0.2:8080"], &[]), "172.18.0.2:8080");
        assert_eq!(probed(&["0.0.0.0:9090"], &[]), "nothing");
    }

    #[test]
    fn of_two_servers_on_one_port_the_one_is_probed_that_clients_meet() {
        let both = ["127.0.0.1:8080", "172.18.0.2:8080"];
        assert_eq!(probed(&both, &["172.18.0.2"]), "172.18.0.2:8080");
        assert_eq!(probed(&both, &["127.0.0.1"]), "127.0.0.1:8080");
        // Through a published port, say, which leads to an address of the container.
        assert_eq!(probed(&both, &["172.18.0.1"]), "172.18.0.2:8080");
    }
}
