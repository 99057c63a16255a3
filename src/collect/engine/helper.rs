//! The engine's side of our helpers: their image, their containers, and the line to one that runs.

use super::inspect::Listed;
use super::{Connection, line};
use crate::collect::owner::{self, HELPER_LABEL};
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ImportImageOptionsBuilder, RemoveImageOptionsBuilder,
    StartContainerOptions,
};
use futures_util::StreamExt;
use futures_util::future::join;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;

/// What a sidecar may use: it is small, and must never be what makes a machine short of anything.
const MEMORY: i64 = 256 << 20;
const TASKS: i64 = 64;

/// How often an image is given to an engine that does not take it, and after which pause.
const LOADS: u32 = 3;
const LOAD_AGAIN: Duration = Duration::from_millis(300);

/// A container to be made from our own image.
pub(crate) struct Helper<'a> {
    /// The image's name and tag.
    pub(crate) image: &'a str,
    /// In whose network it stands: `container:ID`, `host`, or a network's name.
    pub(crate) network: String,
    /// More networks to join before it is started.
    pub(crate) more_networks: Vec<String>,
    /// What decides names in it, where that is not another container's.
    pub(crate) naming: Naming,
    /// After which time it ends by itself.
    pub(crate) limit: Duration,
}

/// The settings of a container that decide how it resolves names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naming {
    pub(crate) dns: Vec<String>,
    pub(crate) search: Vec<String>,
    pub(crate) options: Vec<String>,
    pub(crate) extra_hosts: Vec<String>,
}

/// The standard streams of a running container, as one.
pub(crate) type Line = TokioIo<Upgraded>;

/// One image in the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedImage {
    id: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<HashMap<String, String>>,
}

/// An image of ours: owner, id, names.
type OwnImage = (String, String, Vec<String>);

impl Connection {
    /// The processor that the engine's containers run on, in the word that images use.
    pub(crate) async fn architecture(&self) -> Result<String, String> {
        let version = self.docker.version().await.map_err(|e| line(&e))?;
        version.arch.ok_or_else(|| "the engine does not name its processor".to_owned())
    }

    /// Gives the engine an image.
    pub(crate) async fn load_image(&self, archive: Bytes) -> Result<(), String> {
        // Podman sometimes stumbles over images that come and go at the same moment.
        for _ in 1..LOADS {
            if self.try_to_load(archive.clone()).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(LOAD_AGAIN).await;
        }
        self.try_to_load(archive).await
    }

    async fn try_to_load(&self, archive: Bytes) -> Result<(), String> {
        let quiet = ImportImageOptionsBuilder::new().quiet(true).build();
        let body = bollard::body_full(archive);
        let mut said = Box::pin(self.docker.import_image(quiet, body, None));
        while let Some(word) = said.next().await {
            word.map_err(|e| {
                format!("the engine does not take the sidecar's image: {}", line(&e))
            })?;
        }
        Ok(())
    }

    /// Makes a container from our own image, and gives its name, by which it is known to be ours without being asked for. It
    /// may do nothing but look at its network.
    pub(crate) async fn make_helper(&self, helper: Helper<'_>) -> Result<String, String> {
        let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        let naming = helper.naming;
        let host = HostConfig {
            network_mode: Some(helper.network),
            cap_drop: Some(vec!["ALL".into()]),
            security_opt: Some(vec!["no-new-privileges".into()]),
            readonly_rootfs: Some(true),
            memory: Some(MEMORY),
            pids_limit: Some(TASKS),
            log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
            dns: some(naming.dns),
            dns_search: some(naming.search),
            dns_options: some(naming.options),
            extra_hosts: some(naming.extra_hosts),
            ..HostConfig::default()
        };
        let body = ContainerCreateBody {
            image: Some(helper.image.to_owned()),
            cmd: Some(vec![helper.limit.as_secs().max(1).to_string()]),
            labels: Some([(HELPER_LABEL.to_owned(), owner::me())].into()),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            open_stdin: Some(true),
            stdin_once: Some(true),
            // The first process of a container hears no gentler one, and some engines would wait for it.
            stop_signal: Some("SIGKILL".into()),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        };
        let name = owner::helper_name();
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let made = self.docker.create_container(Some(options), body).await;
        made.map_err(|e| format!("no sidecar can be made: {}", line(&e)))?;
        for network in helper.more_networks {
            let joined = self.join(&network, &name).await;
            if let Err(why) = joined {
                self.remove(&name).await;
                return Err(why);
            }
        }
        Ok(name)
    }

    async fn join(&self, network: &str, container: &str) -> Result<(), String> {
        let request = bollard::models::NetworkConnectRequest {
            container: container.to_owned(),
            ..Default::default()
        };
        let joined = self.docker.connect_network(network, request).await;
        joined.map_err(|e| format!("no sidecar can join the network {network}: {}", line(&e)))
    }

    /// Opens the line to a container of ours. It has to be there before the container is started, or its first words are lost.
    pub(crate) async fn attach(&self, name: &str) -> Result<Line, String> {
        let broken = |why: String| format!("no line to the sidecar: {why}");
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/containers/{name}/attach?stream=1&stdin=1&stdout=1"))
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "tcp")
            .body(bollard::body_full(Bytes::new()))
            .map_err(|e| broken(e.to_string()))?;
        let answer = self.transport.clone().carry(request).await.map_err(|e| broken(line(&e)))?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(broken(format!("the engine answered {}", answer.status())));
        }
        let upgraded = hyper::upgrade::on(answer).await.map_err(|e| broken(e.to_string()))?;
        Ok(TokioIo::new(upgraded))
    }

    /// Starts a container of ours.
    pub(crate) async fn start(&self, name: &str) -> Result<(), String> {
        let started = self.docker.start_container(name, None::<StartContainerOptions>).await;
        started.map_err(|e| format!("the sidecar can't be started: {}", line(&e)))
    }

    /// Removes an image of ours, by the name that it has alone.
    pub(crate) async fn remove_image(&self, tag: &str) -> bool {
        let options = RemoveImageOptionsBuilder::new().noprune(false).build();
        // What can't be removed now is removed by the next run, by its label.
        self.docker.remove_image(tag, Some(options), None).await.is_ok()
    }

    /// Removes what is ours and whose owner `is_dead` says to be: containers first, because they hold the images. Gives a
    /// word on each.
    pub(crate) async fn sweep(&self, is_dead: impl Fn(&str) -> bool) -> Vec<String> {
        let (list, images) = join(self.listed(), self.own_images()).await;
        let mut removed = self.remove_dead(&list.unwrap_or_default(), &is_dead).await;
        removed.extend(self.remove_images(images, &is_dead).await);
        removed
    }

    /// The same for images alone.
    pub(super) async fn sweep_images(&self, is_dead: &impl Fn(&str) -> bool) -> Vec<String> {
        self.remove_images(self.own_images().await, is_dead).await
    }

    async fn remove_images(
        &self,
        images: Vec<OwnImage>,
        is_dead: &impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut removed = Vec::new();
        for (owner, id, names) in images {
            if !is_dead(&owner) {
                continue;
            }
            let names = if names.is_empty() { vec![id] } else { names };
            for name in names {
                if self.remove_image(&name).await {
                    removed.push(format!("image {name}"));
                }
            }
        }
        removed
    }

    /// The images of ours that the engine has.
    async fn own_images(&self) -> Vec<OwnImage> {
        // `{"label":["io.econn.owner"]}`
        let path = format!("/images/json?filters=%7B%22label%22%3A%5B%22{HELPER_LABEL}%22%5D%7D");
        let list = self.read::<Option<Vec<ListedImage>>>(&path).await.unwrap_or_default();
        let ours = |image: ListedImage| {
            let owner = image.labels?.remove(HELPER_LABEL)?;
            let names = image.repo_tags.unwrap_or_default();
            Some((owner, image.id, names.into_iter().filter(|n| !n.contains('<')).collect()))
        };
        list.unwrap_or_default().into_iter().filter_map(ours).collect()
    }

    /// The owners of our containers and images that stand on the engine.
    pub(crate) async fn owners(&self) -> Vec<String> {
        let list = self.listed().await.unwrap_or_default();
        let of = |c: Listed| c.labels?.remove(HELPER_LABEL);
        let images = self.own_images().await.into_iter().map(|(owner, ..)| owner);
        list.into_iter().filter_map(of).chain(images).collect()
    }
}
