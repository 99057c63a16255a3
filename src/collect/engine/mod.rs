//! The engines: found, asked who they are, listed and inspected. Docker and Podman become the same facts.

mod address;
mod archive;
mod build;
mod call;
mod describe;
mod events;
mod few;
mod find;
mod helper;
mod inspect;
mod networks;
mod open;
mod same;
mod ssh;
mod stream;
mod swarm;
mod tls;
mod transport;

pub(crate) use build::{BuildStep, Outcome, Recipe};
pub(crate) use call::trace_calls;
pub(crate) use describe::{Mount, Raw, Seen, stand_in};
pub(crate) use events::{Event, What};
pub(crate) use find::{Place, node, places};
pub(crate) use helper::{Helper, Line, Naming};
pub(crate) use inspect::{Past, Stored};
pub(crate) use open::{Choice, Engines, connect};
pub(crate) use swarm::{Listed as Task, Membership, View};
pub(crate) use tls::Tls;
pub(crate) use transport::Body;

use super::owner::{HELPER_LABEL, is_alive};
use bollard::Docker;
use checks::model::{Engine, EngineKind, Network, State};
use checks::notes::UNREADABLE;
use futures_util::StreamExt;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};
use transport::{OBJECT_LIMIT, Transport};

/// An engine that answers.
pub(crate) struct Connection {
    /// What the report says of it.
    pub(crate) facts: Engine,
    /// Whether it is reached by a socket of this machine.
    pub(crate) by_socket: bool,
    /// The process that listens on that socket, as the kernel tells it.
    pub(crate) daemon: Option<i32>,
    docker: Docker,
    transport: Transport,
    /// Each image is asked for once in a run, however many containers were made from it.
    images: Mutex<HashMap<String, Arc<OnceCell<ImageAnswer>>>>,
}

/// No list may be larger, in bytes.
const LIST_LIMIT: usize = 48 << 20;
/// How long after a server error an engine is asked once more, in milliseconds.
const AGAIN: [u64; 2] = [200, 600];
/// No engine is looked at that has more containers.
const CONTAINERS: usize = 10_000;

/// What an engine said of an image; `None` when nothing has that name.
type ImageAnswer = Result<Option<Image>, String>;

impl Connection {
    /// Whether it is Docker on this machine, whose users have the programs that are here.
    pub(crate) fn is_docker_here(&self) -> bool {
        self.by_socket && self.facts.kind == EngineKind::Docker
    }

    /// From this moment on an engine that does not answer a look at once is not waited for.
    pub(crate) fn look_until(&self, deadline: tokio::time::Instant) {
        self.transport.look_until(deadline);
    }

    /// All containers, running or not, by name; and what could not be read. Helpers of dead runs are removed on the way.
    pub(crate) async fn containers(&self, now: f64) -> Result<(Vec<Seen>, Vec<String>), String> {
        let list = self.listed().await?;
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
        let mut raw = HashMap::with_capacity(inspected.len());
        let mut unread = Vec::new();
        for (listed, answer) in inspected {
            match answer {
                Ok(inspect) => {
                    raw.insert(listed.id, inspect);
                }
                // Nothing runs in what is being taken away, and what stays like that is a leftover.
                Err(_) if listed.state.as_deref() == Some("removing") => {}
                Err(why) => {
                    let seen = describe::unread(&self.facts, listed, &why);
                    notes.push(UNREADABLE.says(format!(
                        "{}: {} can't be read: {why}",
                        self.facts.name, seen.facts.name
                    )));
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
        seen.sort_unstable_by(|a, b| a.facts.name.cmp(&b.facts.name));
        notes.sort();
        Ok((seen, notes))
    }

    /// The ids of all containers, running or not, those of econn left out.
    pub(crate) async fn ids(&self) -> Result<Vec<String>, String> {
        let ours =
            |c: &inspect::Listed| c.labels.as_ref().is_some_and(|l| l.contains_key(HELPER_LABEL));
        Ok(self.listed().await?.into_iter().filter(|c| !ours(c)).map(|c| c.id).collect())
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

    /// The list of all containers; more than can be looked at is an error.
    async fn listed(&self) -> Result<Vec<inspect::Listed>, String> {
        let place = "/containers/json";
        let few: few::Few<inspect::Listed, CONTAINERS> = match self
            .find_again(&format!("{place}?all=true"), LIST_LIMIT)
            .await?
        {
            Ok(text) => read(place, &text)?,
            // One container of which Podman has lost the files, and its list as Docker's tools ask for it is none at all.
            Err(status) if status.is_server_error() && self.facts.kind == EngineKind::Podman => {
                self.read("/v4.0.0/libpod/containers/json?all=1").await?
            }
            Err(status) => {
                return Err(format!("the engine answered {} to {place}", status.as_u16()));
            }
        };
        few.all().ok_or_else(|| {
            format!("it lists more than {CONTAINERS} containers, which is more than econn looks at")
        })
    }

    /// What an engine answers; after a server error it is asked again: Podman stumbles over what somebody removes at this
    /// moment.
    async fn find_again(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<Result<String, hyper::StatusCode>, String> {
        for pause in AGAIN {
            let answer = self.transport.find(path, limit).await?;
            if !answer.as_ref().is_err_and(hyper::StatusCode::is_server_error) {
                return Ok(answer);
            }
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        }
        self.transport.find(path, limit).await
    }

    /// What one container does at this moment; `None` where there is none of that id any more.
    pub(crate) async fn state(
        &self,
        id: &str,
        now: jiff::Timestamp,
    ) -> Result<Option<State>, String> {
        let place = format!("/containers/{id}/json");
        match self.transport.find(&place, OBJECT_LIMIT).await? {
            Ok(text) => {
                let inspect: inspect::Inspect = read(&place, &text)?;
                Ok(Some(describe::state(&inspect, describe::seconds(now))))
            }
            Err(hyper::StatusCode::NOT_FOUND) => Ok(None),
            Err(status) => Err(format!("the engine answered {} to {place}", status.as_u16())),
        }
    }

    /// An answer of the engine, read leniently.
    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let place = path.split('?').next().unwrap_or(path);
        let about_one = place.starts_with("/containers/") && place.matches('/').count() > 2;
        let limit = if about_one { OBJECT_LIMIT } else { LIST_LIMIT };
        read(place, &self.transport.get(path, limit).await?)
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
        let path = format!("/images/{name}/json");
        let text = match self.find_again(&path, OBJECT_LIMIT).await? {
            Ok(text) => text,
            Err(hyper::StatusCode::NOT_FOUND) => return Ok(None),
            Err(status) => {
                return Err(format!("the engine answered {} of the image", status.as_u16()));
            }
        };
        let image: inspect::Image = serde_json::from_str(&text).map_err(|e| {
            format!(
                "its answer of the image can't be read (line {} column {})",
                e.line(),
                e.column()
            )
        })?;
        let config = image.config.unwrap_or_default();
        Ok(Some(Image {
            id: bare(&image.id.unwrap_or_default()).to_owned(),
            layers: image.root_fs.and_then(|fs| fs.layers).unwrap_or_default(),
            labels: config.labels.unwrap_or_default(),
            on_build: config.on_build.unwrap_or_default(),
            env: config.env.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            user: config.user.unwrap_or_default(),
            workdir: config.working_dir.unwrap_or_default(),
            created: image.created.and_then(|at| at.parse().ok()),
            digests: image.repo_digests.unwrap_or_default(),
            os: image.os.unwrap_or_default(),
            architecture: image.architecture.unwrap_or_default(),
            variant: image.variant.filter(|variant| !variant.is_empty()),
        }))
    }
}

/// An answer of an engine to what it was asked at that place of its API.
fn read<T: serde::de::DeserializeOwned>(place: &str, answer: &str) -> Result<T, String> {
    serde_json::from_str(answer).map_err(|e| {
        format!("its answer to {place} can't be read (line {} column {})", e.line(), e.column())
    })
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
    /// The instructions that a build on top of it begins with.
    pub(crate) on_build: Vec<String>,
    /// Its variables, as `NAME=value`.
    pub(crate) env: Vec<String>,
    /// Its command.
    pub(crate) command: Vec<String>,
    /// What stands before that.
    pub(crate) entrypoint: Vec<String>,
    /// Its user.
    pub(crate) user: String,
    /// Its working folder.
    pub(crate) workdir: String,
    /// When it was made. A build from the cache keeps the first time.
    pub(crate) created: Option<jiff::Timestamp>,
    /// Under which digests it is known in which repositories, as `repository@digest`.
    pub(crate) digests: Vec<String>,
    /// For which system it is.
    pub(crate) os: String,
    /// For which processors it is.
    pub(crate) architecture: String,
    /// For which of them, where that matters.
    pub(crate) variant: Option<String>,
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
