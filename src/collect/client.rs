//! What the client sees: its own connection to the endpoint, the server's proper name, and the way to the server's own
//! addresses, all from the client's network namespace, wherever econn stands in it.

use super::probe;
use super::remembered::Memory;
use super::stand::{ADDRESSES, Ask, Dial, Knock, Lost, Names, Resets, Stand};
use super::trust::Verifier;
use super::turns::Turns;
use super::vantage::ProvenPid;
use checks::model::{Attempt, Connect, Path, Resolution, Tried, Unacknowledged, Visit};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What is to be seen for one link.
pub(crate) struct Journey<'a> {
    /// The link's place in the snapshot.
    pub(crate) link: usize,
    /// The client's own connection, unless the endpoint is not to be dialled.
    pub(crate) dial: Option<Dial>,
    /// Whether it is not dialled because only the client's own sockets could answer, and a stand-in has others.
    pub(crate) is_its_own: bool,
    /// The server's proper name, where one is to be asked for, and how the client asks.
    pub(crate) name: Option<(String, Result<Names, String>)>,
    /// The way to the server.
    pub(crate) way: Way,
    /// The ways to its other replicas.
    pub(crate) replicas: Vec<Way>,
    /// What the client may remember, where its own connects are to be looked at.
    pub(super) memory: Option<Memory<'a>>,
    /// The client's own addresses on them.
    pub(crate) own: Vec<IpAddr>,
    /// Whoever tells which certificates the client trusts; nobody for a process of the machine.
    pub(crate) verifier: Option<Verifier<'a>>,
}

/// Where one container is reached.
pub(crate) struct Way {
    /// At which server its clients wait for their turns: the container and its port, or the endpoint.
    pub(crate) server: String,
    /// Its own addresses on common networks, with the port inside.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Who can tell what its kernel counts.
    pub(crate) witness: Option<Witness>,
}

/// Somebody who reads the counters of the server's kernel.
pub(crate) enum Witness {
    /// econn itself, by the server's process.
    Process(ProvenPid),
    /// Whoever stands in the server's namespace.
    Stand(Arc<Stand>),
}

/// What was seen for one link.
pub(crate) struct Return {
    pub(crate) link: usize,
    pub(crate) is_its_own: bool,
    pub(crate) visit: Option<Result<Visit, String>>,
    pub(crate) lookup: Option<Result<Resolution, String>>,
    pub(crate) path: Option<Result<Path, String>>,
    /// The same of the other replicas, in their order.
    pub(crate) replicas: Vec<Option<Result<Path, String>>>,
    /// What the client's own program dials in vain.
    pub(crate) tried: Vec<Tried>,
}

/// Makes all journeys of one client, from where it stands.
pub(super) async fn run(journeys: Vec<Journey<'_>>, stand: &Stand, turns: &Turns) -> Vec<Return> {
    futures_util::future::join_all(journeys.into_iter().map(|j| one(j, stand, turns))).await
}

async fn one(mut journey: Journey<'_>, stand: &Stand, turns: &Turns) -> Return {
    let dial = journey.dial.take();
    let visit = async {
        match dial {
            Some(dial) => Some(visit(&journey, dial, stand, turns).await),
            None => None,
        }
    };
    let lookup = async {
        match journey.name.clone()? {
            (name, Ok(names)) => Some(stand.run(Ask { name, names }).await),
            (_, Err(why)) => Some(Err(why)),
        }
    };
    let (visit, lookup) = futures_util::future::join(visit, lookup).await;
    let path = path(&journey.way, stand, turns).await;
    let mut replicas = Vec::new();
    for way in &journey.replicas {
        replicas.push(self::path(way, stand, turns).await);
    }
    let tried = match &journey.memory {
        Some(memory) => memory.tried(stand).await,
        None => Vec::new(),
    };
    let Journey { link, is_its_own, .. } = journey;
    Return { link, is_its_own, visit, lookup, path, replicas, tried }
}

async fn visit(
    journey: &Journey<'_>,
    dial: Dial,
    stand: &Stand,
    turns: &Turns,
) -> Result<Visit, String> {
    let dialled = turns.at(&journey.way.server, stand.run(dial)).await?;
    let mut visit = dialled.visit?;
    if let (Some(shown), Some(verifier)) = (&mut visit.certificate, journey.verifier) {
        shown.trust = verifier.trust(shown, &dialled.chain).await;
    }
    if dialled.stopped
        && let (Some(witness), Some(address)) =
            (&journey.way.witness, journey.way.addresses.first())
    {
        visit.lost = witness.lost(address.port(), &journey.own).await;
    }
    Ok(visit)
}

/// Connects to the server's own addresses. A refusal is tried several times, so that the server's counter of refusals tells
/// its own from a firewall's.
async fn path(way: &Way, stand: &Stand, turns: &Turns) -> Option<Result<Path, String>> {
    if way.addresses.is_empty() {
        return None;
    }
    Some(turns.at(&way.server, knock(way, stand)).await)
}

async fn knock(way: &Way, stand: &Stand) -> Result<Path, String> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut refused_by_server = None;
    let resets = || async {
        match &way.witness {
            Some(witness) => witness.resets().await,
            None => None,
        }
    };
    for &to in way.addresses.iter().take(ADDRESSES) {
        let before = resets().await;
        let attempt = stand.run(Knock { to }).await?;
        if attempt.connect == Connect::Refused
            && let (Some(before), Some(after)) = (before, resets().await)
        {
            refused_by_server = Some(after >= before + Knock::REFUSALS);
        }
        attempts.push(attempt);
    }
    Ok(Path { attempts, refused_by_server })
}

impl Witness {
    async fn resets(&self) -> Option<u64> {
        match self {
            Self::Process(pid) => probe::resets_sent(&pid.read("net/snmp").ok()?),
            Self::Stand(stand) => stand.run(Resets {}).await.ok()?,
        }
    }

    /// What the server's kernel still sends to the client in vain.
    async fn lost(&self, port: u16, peers: &[IpAddr]) -> Option<Unacknowledged> {
        match self {
            Self::Process(pid) => {
                let tables = [pid.read("net/tcp").ok()?, pid.read("net/tcp6").unwrap_or_default()];
                probe::unacknowledged(&tables.concat(), port, peers)
            }
            Self::Stand(stand) => {
                stand.run(Lost { port, peers: peers.to_vec() }).await.ok().flatten()
            }
        }
    }
}
