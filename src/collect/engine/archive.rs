//! Files of an image, read from a container that is made from it and never started.

use super::inspect::Listed;
use super::{Connection, line};
use crate::collect::owner::{self, HELPER_LABEL};
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder,
    RemoveContainerOptionsBuilder,
};
use futures_util::StreamExt;
use hyper::body::Bytes;
use std::io::Read;
use std::time::Duration;

/// How often a container is asked to be removed, and after which pause.
const REMOVALS: u32 = 8;
const REMOVE_AGAIN: Duration = Duration::from_millis(250);
/// Containers of dead runs that are removed at once.
const REMOVED_AT_ONCE: usize = 4;

/// A container of ours, made from an image to read its files. It is removed by [`ImageContainer::close`].
pub(crate) struct ImageContainer<'a> {
    engine: &'a Connection,
    id: String,
}

impl Connection {
    /// Makes a container from an image, by its id, to read its files. It is never started.
    pub(crate) async fn image_container(
        &self,
        image_id: &str,
        owner: &str,
    ) -> Result<ImageContainer<'_>, String> {
        let labels = [(HELPER_LABEL.to_owned(), owner.to_owned())];
        let body = ContainerCreateBody {
            image: Some(image_id.to_owned()),
            labels: Some(labels.into()),
            // An image without a command of its own can't be made into a container otherwise.
            cmd: Some(vec!["/econn-never-started".into()]),
            network_disabled: Some(true),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(&owner::helper_name()).build();
        let made = self
            .docker
            .create_container(Some(options), body)
            .await
            .map_err(|e| format!("no container can be made from the image: {}", line(&e)))?;
        Ok(ImageContainer { engine: self, id: made.id })
    }

    /// A file or folder of a container as a tar archive, at most `limit` bytes; `None` when it is not there.
    pub(crate) async fn archive(
        &self,
        container: &str,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, String> {
        let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
        let mut stream = Box::pin(self.docker.download_from_container(container, Some(options)));
        let mut tar = Vec::new();
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(bytes) if tar.len() + bytes.len() > limit => {
                    return Err(format!("{path} is larger than {} MiB", limit >> 20));
                }
                Ok(bytes) => tar.extend_from_slice(&bytes),
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => return Err(line(&error)),
            }
        }
        Ok(Some(tar))
    }

    /// A file or folder of a container as a tar archive, read by `take` on a thread of its own while it arrives, so that it
    /// is never in memory as a whole. `None` when it is not there.
    pub(crate) async fn stream<T, F>(
        &self,
        container: &str,
        path: &str,
        take: F,
    ) -> Result<Option<T>, String>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Read) -> Result<T, String> + Send + 'static,
    {
        let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
        let mut stream = Box::pin(self.docker.download_from_container(container, Some(options)));
        let first = match stream.next().await {
            None => return Ok(None),
            Some(Err(error)) if is_absent(&error) => return Ok(None),
            Some(Err(error)) => return Err(line(&error)),
            Some(Ok(first)) => first,
        };
        let (send, receive) = tokio::sync::mpsc::channel::<Bytes>(16);
        let reader = tokio::task::spawn_blocking(move || take(&mut Chunks { receive, now: first }));
        let feed = async {
            while let Some(chunk) = stream.next().await {
                match chunk {
                    Ok(bytes) => {
                        if send.send(bytes).await.is_err() {
                            // The reader has seen enough.
                            return Ok(());
                        }
                    }
                    Err(error) => return Err(line(&error)),
                }
            }
            Ok(())
        };
        let arrived = feed.await;
        drop(send);
        let taken = reader.await.map_err(|_| "reading the archive broke off".to_owned())?;
        arrived.and(taken).map(Some)
    }

    /// Removes those of the listed containers that are ours and whose owner is dead, and gives a word on each.
    pub(super) async fn remove_dead(
        &self,
        list: &[Listed],
        is_dead: &impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let owner = |helper: &Listed| helper.labels.as_ref()?.get(HELPER_LABEL).cloned();
        let dead = list.iter().filter(|helper| owner(helper).is_some_and(|owner| is_dead(&owner)));
        let ids: Vec<String> = dead.map(|helper| helper.id.clone()).collect();
        let removals = futures_util::stream::iter(ids).map(|id| async move {
            let is_gone = self.remove(&id).await;
            is_gone.then(|| format!("container {}", &id[..id.len().min(12)]))
        });
        removals.buffered(REMOVED_AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// Removes one of our own containers, and the unnamed volumes that the engine made for it where its image asks for one.
    pub(crate) async fn remove(&self, id: &str) -> bool {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        for _ in 0..REMOVALS {
            match self.docker.remove_container(id, Some(options.clone())).await {
                Ok(()) => return true,
                Err(error) if is_absent(&error) => return false,
                // Podman refuses while it still takes note that the container has ended.
                Err(_) => tokio::time::sleep(REMOVE_AGAIN).await,
            }
        }
        // What can't be removed now is removed by the next run, by its label.
        false
    }
}

/// Whether the engine says that there is no such thing.
fn is_absent(error: &bollard::errors::Error) -> bool {
    matches!(error, bollard::errors::Error::DockerResponseServerError { status_code: 404, .. })
}

/// Chunks that arrive, as a reader for a thread that may wait.
struct Chunks {
    receive: tokio::sync::mpsc::Receiver<Bytes>,
    now: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.now.is_empty() {
            match self.receive.blocking_recv() {
                Some(next) => self.now = next,
                None => return Ok(0),
            }
        }
        let n = self.now.len().min(buffer.len());
        buffer[..n].copy_from_slice(&self.now.split_to(n));
        Ok(n)
    }
}

impl ImageContainer<'_> {
    /// The id of the container that stands for the image.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Removes the container.
    pub(crate) async fn close(self) {
        self.engine.remove(&self.id).await;
    }
}
