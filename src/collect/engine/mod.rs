//! The engines: found, asked who they are, listed and inspected. Docker and Podman become the same facts.

mod archive;
mod describe;
mod events;
mod find;
mod helper;
mod inspect;
mod networks;
mod transport;

pub(crate) use describe::{Mount, Raw, Seen};
pub(crate) use events::{Event, What};
pub(crate) use find::{Place, places};
pub(crate) use helper::{Helper, Line, Naming};

use super::owner::{HELPER_LABEL, is_alive};
use bollard::Docker;
use checks::model::{Engine, EngineKind, Network, State};
use futures_util::StreamExt;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;
use transport::{Address, Transport};

/// An engine that answers.
pub(crate) struct Connection {
    /// What the report says of it.
    pub(crate) facts: Engine,
    /// Whether it is reached by a socket of this machine.
    pub(crate) by_socket: bool,
    docker: Docker,
    transport: Transport,
    /// Each image is asked for once in a run, however many containers were made from it.
    images: Mutex<HashMap<String, Arc<OnceCell<ImageAnswer>>>>,
}

/// What an engine said of an image; `None` when nothing has that name.
type ImageAnswer = Result<Option<Image>, String>;

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
    fn takes(self, kind: EngineKind) -> bool {
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
    let opened = futures_util::future::join_all(places.iter().map(open)).await;
    for (place, opened) in places.into_iter().zip(opened) {
        match opened {
            Ok(connection) if !choice.takes(connection.facts.kind) => {}
            Ok(mut connection) => {
                let kind = connection.facts.kind;
                let before = engines.connections.iter().filter(|c| c.facts.kind == kind).count();
                if before > 0 {
                    connection.facts.name = format!("{}-{}", kind.command(), before + 1);
                }
                engines.connections.push(connection);
            }
            Err(why) => {
                engines.asked.push(why.clone());
                let exists = matches!(&place.address, Address::Unix(path) if path.exists());
                let kind = if place.address.to_string().contains("podman") {
                    EngineKind::Podman
                } else {
                    EngineKind::Docker
                };
                if (place.named || exists) && choice.takes(kind) {
                    engines.silent.push(Engine {
                        name: kind.command().into(),
                        kind,
                        version: String::new(),
                        host: place.address.to_string(),
                        chosen_because: place.because.clone(),
                        error: Some(why),
                    });
                }
            }
        }
    }
    for silent in &mut engines.silent {
        let taken = |name: &str| engines.connections.iter().any(|c| c.facts.name == name);
        if taken(&silent.name) {
            silent.name = format!("{}-2", silent.name);
        }
    }
    engines
}

impl Connection {
    async fn open(place: &find::Place) -> Result<Self, String> {
        place.address.knock().await?;
        let transport = Transport::new(place.address.clone());
        let carrier = transport.clone();
        let docker = Docker::connect_with_custom_transport(
            move |request| carrier.clone().carry(request),
            Some("http://engine"),
            60,
            bollard::API_DEFAULT_VERSION,
        )
        .map_err(|e| e.to_string())?;
        let headers = transport
            .ping()
            .await
            .map_err(|e| format!("{} does not answer as an engine does: {e}", place.address))?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if header("api-version").is_none() {
            return Err(format!(
                "{} does not answer as an engine does: its ping names no API version",
                place.address
            ));
        }
        let kind = if header("libpod-api-version").is_some() {
            EngineKind::Podman
        } else {
            EngineKind::Docker
        };
        // `Docker/20.10.24 (linux)`, `Libpod/4.3.1 (linux)`
        let version =
            header("server").and_then(|server| server.split_once('/')?.1.split_whitespace().next());
        let facts = Engine {
            name: kind.command().into(),
            kind,
            version: version.unwrap_or("unknown").to_owned(),
            host: place.address.to_string(),
            chosen_because: place.because.clone(),
            error: None,
        };
        let by_socket = matches!(place.address, Address::Unix(_));
        Ok(Self { facts, by_socket, docker, transport, images: Mutex::default() })
    }

    /// All containers, running or not, by name; and what could not be read. Helpers of dead runs are removed on the way.
    pub(crate) async fn containers(&self, now: f64) -> Result<(Vec<Seen>, Vec<String>), String> {
        let list: Vec<inspect::Listed> = self.read("/containers/json?all=true").await?;
        let is_dead = |owner: &str| !is_alive(owner);
        self.remove_dead(&list, &is_dead).await;
        let ours =
            |c: &inspect::Listed| c.labels.as_ref().is_some_and(|l| l.contains_key(HELPER_LABEL));
        let inspected = futures_util::stream::iter(list.into_iter().filter(|c| !ours(c)))
            .map(|listed| async move {
                let path = format!("/containers/{}/json", listed.id);
                (listed, self.read::<inspect::Inspect>(&path).await)
            })
            .buffer_unordered(8)
            .collect::<Vec<_>>();
        let (inspected, _) =
            futures_util::future::join(inspected, self.sweep_images(&is_dead)).await;
        let mut notes = Vec::new();
        let mut raw = HashMap::new();
        let mut unread = Vec::new();
        for (listed, answer) in inspected {
            match answer {
                Ok(inspect) => {
                    raw.insert(listed.id, inspect);
                }
                Err(why) => {
                    let seen = describe::unread(&self.facts, listed, &why);
                    notes.push(format!(
                        "EC904 {}: {} can't be read: {why}",
                        self.facts.name, seen.facts.name
                    ));
                    unread.push(seen);
                }
            }
        }
        let mut seen = describe::all(&self.facts, raw, now);
        seen.extend(unread);
        if !self.by_socket {
            let why = "the engine is remote, and its processes can't be seen from here";
            for one in &mut seen {
                one.raw.hidden = Some(why.to_owned());
            }
        }
        seen.sort_by(|a, b| a.facts.name.cmp(&b.facts.name));
        notes.sort();
        Ok((seen, notes))
    }

    /// The ids of all containers, running or not, those of econn left out.
    pub(crate) async fn ids(&self) -> Result<Vec<String>, String> {
        let list: Vec<inspect::Listed> = self.read("/containers/json?all=true").await?;
        let ours =
            |c: &inspect::Listed| c.labels.as_ref().is_some_and(|l| l.contains_key(HELPER_LABEL));
        Ok(list.into_iter().filter(|c| !ours(c)).map(|c| c.id).collect())
    }

    /// One container as it is at this moment; `names` are those of the others, by id.
    pub(crate) async fn container(
        &self,
        id: &str,
        names: HashMap<String, String>,
    ) -> Result<Seen, String> {
        let inspect: inspect::Inspect = self.read(&format!("/containers/{id}/json")).await?;
        let now = describe::seconds(jiff::Timestamp::now());
        Ok(describe::single(&self.facts, id, inspect, names, now))
    }

    /// What one container does at this moment.
    pub(crate) async fn state(&self, id: &str, now: jiff::Timestamp) -> Result<State, String> {
        let inspect: inspect::Inspect = self.read(&format!("/containers/{id}/json")).await?;
        Ok(describe::state(&inspect, describe::seconds(now)))
    }

    /// An answer of the engine, read leniently.
    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let text = self.transport.get(path).await?;
        let place = path.split('?').next().unwrap_or(path);
        serde_json::from_str(&text).map_err(|e| {
            format!("its answer to {place} can't be read (line {} column {})", e.line(), e.column())
        })
    }

    /// The paths that a container holds otherwise than its image, mount points and folders among them.
    pub(crate) async fn changes(&self, container: &str) -> Result<BTreeSet<String>, String> {
        let path = format!("/containers/{container}/changes");
        let changes: Option<Vec<inspect::Change>> = self.read(&path).await?;
        Ok(changes.unwrap_or_default().into_iter().map(|change| change.path).collect())
    }

    /// All networks, by name.
    pub(crate) async fn networks(&self) -> Result<Vec<Network>, String> {
        networks::list(self).await
    }

    /// The image that a name means now; `None` when nothing has that name.
    pub(crate) async fn image(&self, name: &str) -> ImageAnswer {
        let cell = Arc::clone(self.images.lock().await.entry(name.to_owned()).or_default());
        cell.get_or_init(|| self.ask_image(name)).await.clone()
    }

    async fn ask_image(&self, name: &str) -> ImageAnswer {
        match self.docker.inspect_image(name).await {
            Ok(image) => Ok(Some(Image {
                id: bare(&image.id.unwrap_or_default()).to_owned(),
                layers: image.root_fs.and_then(|fs| fs.layers).unwrap_or_default(),
                labels: image.config.and_then(|config| config.labels).unwrap_or_default(),
                created: image.created.and_then(|at| at.parse().ok()),
            })),
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                Ok(None)
            }
            Err(error) => Err(line(&error)),
        }
    }
}

/// An image, as far as it tells of its making.
#[derive(Clone)]
pub(crate) struct Image {
    /// Its id, without prefix.
    pub(crate) id: String,
    /// The ids of its layers, the lowest first.
    pub(crate) layers: Vec<String>,
    /// Its labels.
    pub(crate) labels: HashMap<String, String>,
    /// When it was made. A build from the cache keeps the first time.
    pub(crate) created: Option<jiff::Timestamp>,
}

/// An id without its algorithm.
pub(crate) fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// An error of the engine in one line, without control characters.
pub(crate) fn line(error: &bollard::errors::Error) -> String {
    let text = match error {
        bollard::errors::Error::DockerResponseServerError { status_code, message } => {
            format!("{status_code}: {message}")
        }
        bollard::errors::Error::RequestTimeoutError => "no answer in time".into(),
        other => {
            let mut text = other.to_string();
            let mut source = std::error::Error::source(other);
            while let Some(cause) = source {
                text = cause.to_string();
                source = cause.source();
            }
            text
        }
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
