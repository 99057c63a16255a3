//! What can be done at a stand: plain data in, plain data out. The same code runs on a thread in a namespace and in a
//! sidecar, so an errand asks nobody but the kernel and the network that it stands in.

mod dial;

use crate::collect::probe::{self, Limits, Protocol, Speech};
use checks::model::{
    Asked, Attempt, Concurrency, Connect, HostsLine, Listener, Lookup, QueueCounters, Replay,
    Resolution, ResolverConfig, Unacknowledged,
};
pub(crate) use dial::Dial;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// How long a connect or a question may take.
const LIMIT: Duration = Duration::from_secs(2);
/// The pause before a name is asked for again.
const AGAIN: Duration = Duration::from_millis(700);
/// A name server is silent when it was asked so often at least, and for so long: Podman's is away for a second and more while it is
/// started anew on a busy machine.
const TRIES: u32 = 3;
const SILENT: Duration = Duration::from_secs(4);
/// Addresses of one name that are tried, at most.
pub(crate) const ADDRESSES: usize = 4;
/// How often sockets that are awaited are looked at again, and after which pause.
const AWAIT: (u32, Duration) = (100, Duration::from_millis(20));

/// Something to do at a stand.
pub(crate) trait Errand: Serialize + DeserializeOwned + Send + 'static {
    /// Its name on the way to a sidecar.
    const NAME: &'static str;
    /// What comes back.
    type Seen: Serialize + DeserializeOwned + Send + 'static;

    /// Does it, where the calling thread stands.
    fn run(self) -> impl Future<Output = Self::Seen>;
}

/// A client's name servers and its hosts file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Names {
    pub(crate) config: ResolverConfig,
    pub(crate) hosts: Vec<HostsLine>,
}

impl Names {
    /// Those of whoever runs this.
    pub(crate) fn here() -> Self {
        Given::here().into()
    }
}

/// What somebody was given to resolve names with; `None` where there is no such file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Given {
    pub(crate) config: Option<ResolverConfig>,
    pub(crate) hosts: Option<Vec<HostsLine>>,
}

impl Given {
    fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        Self {
            config: read("/etc/resolv.conf").map(|text| probe::parse_resolv_conf(&text)),
            hosts: read("/etc/hosts").map(|text| probe::parse_hosts(&text)),
        }
    }
}

impl From<Given> for Names {
    fn from(given: Given) -> Self {
        let config = given.config.unwrap_or_else(|| probe::parse_resolv_conf(""));
        Self { config, hosts: given.hosts.unwrap_or_default() }
    }
}

/// Asks for a name, as the client would.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) names: Names,
}

impl Errand for Ask {
    const NAME: &'static str = "ask";
    type Seen = Resolution;

    async fn run(self) -> Resolution {
        resolve(&self.name, &self.names).await
    }
}

/// Resolves a name, and asks again where a name server stayed silent or could not be reached: an engine restarts its own
/// whenever a network comes or goes, and one silence is no verdict.
async fn resolve(name: &str, names: &Names) -> Resolution {
    let once = || probe::resolve(name, &names.config, &names.hosts, LIMIT);
    let began = Instant::now();
    let mut resolution = once().await;
    let mut tries = 1;
    while resolution.addresses().is_empty() && resolution.asked.iter().any(is_silent) {
        if tries >= TRIES && began.elapsed() >= SILENT {
            break;
        }
        tokio::time::sleep(AGAIN).await;
        resolution = once().await;
        tries += 1;
    }
    resolution
}

/// Whether a name server gave no answer at all.
fn is_silent(asked: &Asked) -> bool {
    matches!(asked.answer, Lookup::Timeout | Lookup::Unreachable(_))
}

/// Connects to one address. A refusal is tried [`Knock::REFUSALS`] times in all, so that the server's counter of refusals
/// tells its own from a firewall's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Knock {
    pub(crate) to: SocketAddr,
}

impl Knock {
    pub(crate) const REFUSALS: u64 = 3;
}

impl Errand for Knock {
    const NAME: &'static str = "knock";
    type Seen = Attempt;

    async fn run(self) -> Attempt {
        let attempt = probe::connect(self.to, LIMIT).await;
        if attempt.connect == Connect::Refused {
            for _ in 1..Self::REFUSALS {
                probe::connect(self.to, LIMIT).await;
            }
        }
        attempt
    }
}

/// Reads how many refusals the namespace's kernel has sent.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Resets {}

impl Errand for Resets {
    const NAME: &'static str = "resets";
    type Seen = Option<u64>;

    async fn run(self) -> Option<u64> {
        probe::resets_sent(&table("snmp").ok()?)
    }
}

/// Reads what the namespace's kernel still sends in vain from a port to any of these peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Lost {
    pub(crate) port: u16,
    pub(crate) peers: Vec<IpAddr>,
}

impl Errand for Lost {
    const NAME: &'static str = "lost";
    type Seen = Option<Unacknowledged>;

    async fn run(self) -> Option<Unacknowledged> {
        let tables = [table("tcp").ok()?, table("tcp6").unwrap_or_default()];
        probe::unacknowledged(&tables.concat(), self.port, &self.peers)
    }
}

/// Reads the connects to a port that nobody has answered yet, of all programs of the namespace.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Connecting {
    pub(crate) port: u16,
}

/// What the kernel shows of connects that wait for an answer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Underway {
    /// The own end of each, and the other one.
    pub(crate) connects: Vec<(SocketAddr, SocketAddr)>,
    /// Addresses of the own networks from which nobody answered when they were last asked for.
    pub(crate) silent: Vec<IpAddr>,
}

impl Errand for Connecting {
    const NAME: &'static str = "connecting";
    type Seen = Result<Underway, String>;

    async fn run(self) -> Self::Seen {
        let silent = table("arp").map(|text| probe::silent_neighbours(&text));
        Ok(Underway { connects: probe::connecting(self.port)?, silent: silent.unwrap_or_default() })
    }
}

/// Reads the listening sockets.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Sockets {
    /// The ports that links lead to.
    pub(crate) ports: Vec<u16>,
    /// Whether to look again while one of them is not there.
    pub(crate) waits: bool,
}

/// What a namespace's kernel shows of its sockets.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct SocketsSeen {
    pub(crate) listeners: Result<Vec<Listener>, String>,
    /// The longest listen queue that is granted there.
    pub(crate) somaxconn: Option<u32>,
    pub(crate) counters: Option<QueueCounters>,
    /// The ports at which UDP is taken, where not all that are awaited listen for TCP.
    #[serde(default)]
    pub(crate) udp_ports: Vec<u16>,
    /// The number of the namespace; equal numbers of one machine mean a shared one.
    pub(crate) inode: Option<u64>,
}

impl Errand for Sockets {
    const NAME: &'static str = "sockets";
    type Seen = SocketsSeen;

    async fn run(self) -> SocketsSeen {
        let mut listeners = listening();
        let there = |listeners: &Result<Vec<Listener>, String>| {
            let is_there = |port: &u16| {
                listeners.as_ref().is_ok_and(|rows| rows.iter().any(|l| l.address.port() == *port))
            };
            self.ports.iter().all(is_there)
        };
        for _ in 0..if self.waits { AWAIT.0 } else { 0 } {
            if listeners.is_err() || there(&listeners) {
                break;
            }
            tokio::time::sleep(AWAIT.1).await;
            listeners = listening();
        }
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        let udp_ports = if there(&listeners) {
            Vec::new()
        } else {
            let [udp, udp6] = ["udp", "udp6"].map(|name| table(name).unwrap_or_default());
            probe::udp_ports(&udp, &udp6)
        };
        SocketsSeen {
            listeners,
            udp_ports,
            somaxconn: most.and_then(|text| text.trim().parse().ok()),
            counters: table("netstat").ok().and_then(|text| probe::queue_counters(&text)),
            inode: std::fs::metadata("/proc/thread-self/ns/net").ok().map(|ns| ns.ino()),
        }
    }
}

fn listening() -> Result<Vec<Listener>, String> {
    probe::listening(None).or_else(|_| {
        // A kernel without IPv6 has no such table.
        probe::listeners(&table("tcp")?, &table("tcp6").unwrap_or_default())
    })
}

/// A table of the namespace that this thread stands in.
fn table(name: &str) -> Result<String, String> {
    let path = format!("/proc/thread-self/net/{name}");
    std::fs::read_to_string(&path).map_err(|e| format!("{path}: {}", crate::words::words(&e)))
}

/// Probes one port of the server whose namespace this is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Hold {
    pub(crate) target: SocketAddr,
    pub(crate) protocol: Protocol,
    /// How long it may take, in milliseconds.
    pub(crate) limit_ms: u64,
    /// Whether others wait for the server.
    pub(crate) brief: bool,
}

impl Errand for Hold {
    const NAME: &'static str = "hold";
    type Seen = Concurrency;

    async fn run(self) -> Concurrency {
        let deadline = Instant::now() + Duration::from_millis(self.limit_ms);
        let limits = if self.brief { Limits::brief() } else { Limits::default() };
        probe::concurrency(self.target, &self.protocol, limits, deadline).await
    }
}

/// Lets clients come at once.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Burst {
    pub(crate) to: SocketAddr,
    pub(crate) speech: Speech,
    pub(crate) clients: u32,
    /// How long each waits for its answer, in milliseconds.
    pub(crate) limit_ms: u64,
}

impl Errand for Burst {
    const NAME: &'static str = "burst";
    type Seen = Result<Replay, String>;

    async fn run(self) -> Result<Replay, String> {
        let limit = Duration::from_millis(self.limit_ms);
        probe::crowd(self.to, &self.speech, self.clients, limit).await
    }
}

/// Reads the name servers and the hosts file that the stand itself was given.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct OwnNames {}

impl Errand for OwnNames {
    const NAME: &'static str = "own-names";
    type Seen = Given;

    async fn run(self) -> Given {
        Given::here()
    }
}
