//! What the client sees: its own connection to the endpoint, the server's proper name, and the way to the server's own
//! addresses, all from the client's network namespace.

use super::probe;
use super::vantage::ProvenPid;
use checks::model::{
    Asked, Attempt, Connect, HostsLine, Lookup, Path, Reply, Resolution, ResolverConfig,
    Unacknowledged, Visit, is_loopback, numeric,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long a connect or a question may take.
const LIMIT: Duration = Duration::from_secs(2);
/// How long a reply may take.
const REPLY_LIMIT: Duration = Duration::from_secs(3);
/// The pause before a name is asked for again.
const AGAIN: Duration = Duration::from_millis(700);
/// Addresses of one name that are tried, at most.
const ADDRESSES: usize = 4;

/// What is to be seen for one link. Everything in it can go to the thread that stands in the client's namespace.
pub(crate) struct Errand {
    /// The link's place in the snapshot.
    pub(crate) link: usize,
    /// The endpoint's host and port, unless it is not to be dialled.
    pub(crate) dial: Option<(String, u16)>,
    /// The path of an HTTP request, where the endpoint speaks HTTP.
    pub(crate) http_path: Option<String>,
    /// Whether a connection to it begins with a TLS handshake.
    pub(crate) speaks_tls: bool,
    /// The server's proper name, where one is to be asked for.
    pub(crate) name: Option<String>,
    /// The server's own addresses on common networks, with the port inside.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The client's own addresses on them.
    pub(crate) own: Vec<IpAddr>,
    /// The server's process, for its kernel's counter of refusals.
    pub(crate) server: Option<Arc<ProvenPid>>,
    /// The client's name servers and hosts file.
    pub(crate) resolver: Result<(ResolverConfig, Vec<HostsLine>), String>,
}

/// What was seen for one link.
pub(crate) struct Return {
    pub(crate) link: usize,
    pub(crate) visit: Option<Result<Visit, String>>,
    pub(crate) lookup: Option<Result<Resolution, String>>,
    pub(crate) path: Option<Path>,
}

/// Runs all errands of one client, in the namespace in which the current thread stands.
pub(crate) async fn run(errands: Vec<Errand>) -> Vec<Return> {
    futures_util::future::join_all(errands.into_iter().map(one)).await
}

async fn one(errand: Errand) -> Return {
    let visit = async {
        match &errand.dial {
            Some((host, port)) => Some(visit(&errand, host, *port).await),
            None => None,
        }
    };
    let lookup = async {
        match (&errand.name, &errand.resolver) {
            (Some(name), Ok((config, hosts))) => Some(Ok(resolve(name, config, hosts).await)),
            (Some(_), Err(why)) => Some(Err(why.clone())),
            (None, _) => None,
        }
    };
    let (visit, lookup) = futures_util::future::join(visit, lookup).await;
    let path = if errand.addresses.is_empty() { None } else { Some(path(&errand).await) };
    Return { link: errand.link, visit, lookup, path }
}

/// Resolves a name, and asks again where a name server stayed silent or could not be reached: an engine restarts its own
/// whenever a network comes or goes, and one silence is no verdict.
async fn resolve(name: &str, config: &ResolverConfig, hosts: &[HostsLine]) -> Resolution {
    let mut resolution = probe::resolve(name, config, hosts, LIMIT).await;
    for _ in 0..2 {
        let silent = |a: &Asked| matches!(a.answer, Lookup::Timeout | Lookup::Unreachable(_));
        if !resolution.addresses().is_empty() || !resolution.asked.iter().any(silent) {
            break;
        }
        tokio::time::sleep(AGAIN).await;
        resolution = probe::resolve(name, config, hosts, LIMIT).await;
    }
    resolution
}

async fn visit(errand: &Errand, host: &str, port: u16) -> Result<Visit, String> {
    let mut visit = Visit::default();
    let addresses = if let Some(ip) = numeric(host) {
        vec![ip]
    } else {
        let (config, hosts) = errand.resolver.as_ref().map_err(Clone::clone)?;
        let resolution = resolve(host, config, hosts).await;
        let mut addresses = resolution.addresses();
        // Resolvers answer for localhost and what belongs to it, also without a hosts file.
        if addresses.is_empty() && is_loopback(host) {
            addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        } else {
            visit.resolution = Some(resolution);
        }
        addresses
    };
    for ip in addresses.into_iter().take(ADDRESSES) {
        let to = SocketAddr::new(ip, port);
        let attempt = probe::connect(to, LIMIT).await;
        let connected = attempt.connect == Connect::Connected;
        visit.attempts.push(attempt);
        if connected {
            if errand.speaks_tls {
                visit.certificate = probe::certificate(to, host, REPLY_LIMIT).await;
            }
            if visit.certificate.is_none() {
                let (reply, stopped) = reply(errand, to, host).await;
                visit.reply = reply;
                visit.lost = if stopped { lost(errand) } else { None };
            }
            break;
        }
    }
    Ok(visit)
}

/// What came of a request, and whether a reply stopped before its end.
async fn reply(errand: &Errand, to: SocketAddr, host: &str) -> (Option<Reply>, bool) {
    match &errand.http_path {
        Some(path) if errand.speaks_tls => {
            let reply = probe::handshake(to, host, path, REPLY_LIMIT).await;
            let stopped = reply.is_none();
            (reply, stopped)
        }
        Some(path) => probe::request(to, host, path, REPLY_LIMIT).await,
        None => (None, errand.speaks_tls),
    }
}

/// What the server's kernel still sends to the client in vain.
fn lost(errand: &Errand) -> Option<Unacknowledged> {
    let server = errand.server.as_ref()?;
    let port = errand.addresses.first()?.port();
    let tables = [server.read("net/tcp").ok()?, server.read("net/tcp6").unwrap_or_default()];
    probe::unacknowledged(&tables.concat(), port, &errand.own)
}

/// Connects to the server's own addresses. A refusal is tried three times, so that the server's counter of refusals tells
/// its own from a firewall's.
async fn path(errand: &Errand) -> Path {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut refused_by_server = None;
    let resets =
        || errand.server.as_ref().and_then(|pid| probe::resets_sent(&pid.read("net/snmp").ok()?));
    for to in errand.addresses.iter().take(ADDRESSES) {
        let before = resets();
        let attempt = probe::connect(*to, LIMIT).await;
        if attempt.connect == Connect::Refused {
            for _ in 0..2 {
                probe::connect(*to, LIMIT).await;
            }
            if let (Some(before), Some(after)) = (before, resets()) {
                refused_by_server = Some(after >= before + 3);
            }
        }
        attempts.push(attempt);
    }
    Path { attempts, refused_by_server }
}
