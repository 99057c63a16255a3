//! Asks every place who answers there, and keeps each engine once.

use super::same::Itself;
use super::transport::Transport;
use super::{Connection, find};
use bollard::Docker;
use checks::model::{Engine, EngineKind};
use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The oldest API of Docker that tells what the checks need: health, layers of images, networks that are internal.
const DOCKER_API: (u32, u32) = (1, 24);
/// The oldest Podman whose API says which networks answer names.
const PODMAN_API: (u32, u32) = (4, 0);

/// Which engines the user asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// Every engine that answers.
    Auto,
    /// Docker only.
    Docker,
    /// Podman only.
    Podman,
}

impl Choice {
    pub(super) fn takes(self, kind: EngineKind) -> bool {
        match self {
            Self::Auto => true,
            Self::Docker => kind == EngineKind::Docker,
            Self::Podman => kind == EngineKind::Podman,
        }
    }
}

/// The engines that answered, and what is to be said of every place that was asked.
pub(crate) struct Engines {
    /// Those that answer.
    pub(crate) connections: Vec<Connection>,
    /// Places that should have answered and did not.
    pub(crate) silent: Vec<Engine>,
    /// Every place that was asked, with what came of it, for the case that none answers.
    pub(crate) asked: Vec<String>,
}

/// Asks every place and keeps the engines that the user wants.
pub(crate) async fn connect(
    places: Vec<find::Place>,
    choice: Choice,
    deadline: Instant,
) -> Engines {
    let mut engines = Engines { connections: Vec::new(), silent: Vec::new(), asked: Vec::new() };
    let open = |place: &'_ find::Place| {
        let place = place.clone();
        async move {
            let late = |_| format!("{} does not answer in time", place.address);
            tokio::time::timeout_at(deadline, Connection::open(&place)).await.map_err(late)?
        }
    };
    let opened = join_all(places.iter().map(open)).await;
    for (place, opened) in places.into_iter().zip(opened) {
        match opened {
            Ok(connection) if choice.takes(connection.facts.kind) => {
                engines.connections.push(connection);
            }
            Ok(connection) => {
                let other = connection.facts.kind.command();
                let told = format!("{} is the address of {other}", place.address);
                engines.missed(&place, choice, told);
            }
            Err(why) => engines.missed(&place, choice, why),
        }
    }
    engines.connections = each_once(engines.connections, deadline).await;
    engines.give_names();
    engines
}

impl Engines {
    /// Takes note of a place where no engine answered that is wanted. It is an error where somebody named the place, or
    /// something stands there.
    fn missed(&mut self, place: &find::Place, choice: Choice, why: String) {
        if !choice.takes(place.kind) {
            return;
        }
        self.asked.push(why.clone());
        if place.named || place.address.is_there() {
            self.silent.push(Engine {
                name: place.called.clone().unwrap_or_default(),
                kind: place.kind,
                version: String::new(),
                host: place.address.to_string(),
                chosen_because: place.because.clone(),
                error: Some(why),
                node: None,
            });
        }
    }

    /// `docker`, `podman`, `docker-2`: those that answer first.
    fn give_names(&mut self) {
        let answering = self.connections.iter_mut().map(|connection| &mut connection.facts);
        let mut counts = [0, 0];
        // A node has its name from the user.
        for engine in answering.chain(&mut self.silent).filter(|engine| engine.name.is_empty()) {
            let count = &mut counts[usize::from(engine.kind == EngineKind::Podman)];
            *count += 1;
            let kind = engine.kind.command();
            engine.name = if *count == 1 { kind.into() } else { format!("{kind}-{count}") };
        }
    }
}

/// The engines without those that were reached before, in another way. Only where there are two of a kind it has to be asked.
async fn each_once(all: Vec<Connection>, deadline: Instant) -> Vec<Connection> {
    let of_kind = |kind| all.iter().filter(|c| c.facts.kind == kind).count();
    let itself = all.iter().map(|connection| async {
        if of_kind(connection.facts.kind) < 2 {
            return Itself::default();
        }
        let asked = tokio::time::timeout_at(deadline, connection.read::<Itself>("/info")).await;
        asked.ok().and_then(Result::ok).unwrap_or_default()
    });
    let itself = join_all(itself).await;
    let mut kept: Vec<(Connection, Itself)> = Vec::new();
    for (connection, itself) in all.into_iter().zip(itself) {
        let kind = connection.facts.kind;
        let same = |(before, known): &&mut (Connection, Itself)| {
            before.facts.kind == kind && known.is(&itself, kind)
        };
        match kept.iter_mut().find(same) {
            // The name that the user gave it is its name, however it was reached first.
            Some((before, _)) if before.facts.name.is_empty() => {
                before.facts.name = connection.facts.name;
            }
            Some(_) => {}
            None => kept.push((connection, itself)),
        }
    }
    kept.into_iter().map(|(connection, _)| connection).collect()
}

impl Connection {
    async fn open(place: &find::Place) -> Result<Self, String> {
        let transport = Transport::new(place.address.clone())?;
        let headers = transport.ping().await.map_err(|why| {
            // What is said of the connection names the place already.
            if why.contains(&place.address.to_string()) {
                why
            } else {
                format!("{} does not answer as an engine does: {why}", place.address)
            }
        })?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let kind = if header("libpod-api-version").is_some() {
            EngineKind::Podman
        } else {
            EngineKind::Docker
        };
        let Some(api) = header("api-version") else {
            return Err(format!(
                "{} does not answer as an engine does: its ping names no API version",
                place.address
            ));
        };
        match kind {
            EngineKind::Docker => new_enough(place, "Docker", api, DOCKER_API)?,
            EngineKind::Podman => {
                new_enough(
                    place,
                    "Podman",
                    header("libpod-api-version").unwrap_or(""),
                    PODMAN_API,
                )?;
            }
        }
        // `Docker/20.10.24 (linux)`, `Libpod/4.3.1 (linux)`
        let version =
            header("server").and_then(|server| server.split_once('/')?.1.split_whitespace().next());
        let facts = Engine {
            name: place.called.clone().unwrap_or_default(),
            kind,
            version: version.unwrap_or("unknown").to_owned(),
            host: place.address.to_string(),
            chosen_because: place.because.clone(),
            error: None,
            node: None,
        };
        let carrier = transport.clone();
        let docker = Docker::connect_with_custom_transport(
            move |request| carrier.clone().carry(request),
            Some("http://engine"),
            60,
            bollard::API_DEFAULT_VERSION,
        )
        .map_err(|e| e.to_string())?;
        let by_socket = place.address.is_socket();
        let daemon = place.address.listener().await;
        Ok(Self { facts, by_socket, daemon, docker, transport, images: Mutex::default() })
    }
}

/// An engine that is too old is refused with the reason.
fn new_enough(
    place: &find::Place,
    engine: &str,
    said: &str,
    oldest: (u32, u32),
) -> Result<(), String> {
    let mut numbers = said.split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return Err(format!(
            "{} does not answer as an engine does: its API version is no number",
            place.address
        ));
    };
    if (major, minor) >= oldest {
        return Ok(());
    }
    let (needed_major, needed_minor) = oldest;
    Err(format!(
        "{engine} at {} is too old: it speaks API {major}.{minor}, and what the checks rest on is told from \
         {needed_major}.{needed_minor} on; use a newer engine",
        place.address
    ))
}
