//! Work inside another network namespace. Entering one concerns a single thread, so the work gets a
//! thread of its own with its own small runtime, and that thread ends with it: no other thread of
//! econn ever stands anywhere else.

use super::ProvenPid;
use crate::words::words;
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

const BROKE_DOWN: &str =
    "the probe broke down inside the network namespace; this is a bug in econn";

/// An open network namespace. It stays usable when the process that it was opened through ends.
#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    link: Arc<OwnedFd>,
    inode: u64,
}

impl Namespace {
    /// The network namespace of a container's process.
    ///
    /// # Errors
    ///
    /// Says why it cannot be opened; without root the kernel refuses.
    pub(crate) fn of(pid: &ProvenPid) -> Result<Self, String> {
        let link = openat(pid.folder(), "ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| {
                format!(
                    "the network namespace of process {} cannot be opened: {}",
                    pid.pid(),
                    words(&error.into())
                )
            })?;
        pid.still_valid()?;
        Self::opened(link)
    }

    /// The network namespace that econn itself was started in.
    ///
    /// # Errors
    ///
    /// Says why it cannot be opened.
    pub(crate) fn host() -> Result<Self, String> {
        let link =
            openat(CWD, "/proc/self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
                .map_err(|error| {
                    format!("the own network namespace cannot be opened: {}", words(&error.into()))
                })?;
        Self::opened(link)
    }

    /// The number that tells namespaces of one kernel apart.
    pub(crate) fn inode(&self) -> u64 {
        self.inode
    }

    fn opened(link: OwnedFd) -> Result<Self, String> {
        let inode = fstat(&link)
            .map_err(|error| {
                format!("the network namespace cannot be looked at: {}", words(&error.into()))
            })?
            .st_ino;
        Ok(Self { link: Arc::new(link), inode })
    }
}

/// The number of a container's network namespace; equal numbers mean a shared one.
///
/// # Errors
///
/// Says why it cannot be seen; without root the kernel refuses.
pub(crate) fn namespace_inode(pid: &ProvenPid) -> Result<u64, String> {
    Namespace::of(pid).map(|namespace| namespace.inode())
}

/// A thread that stands in a namespace, for as long as anybody has work for it.
#[derive(Clone)]
pub(crate) struct Post {
    jobs: mpsc::UnboundedSender<Job>,
}

/// Work for the thread, which makes the future itself: it never leaves it.
type Job = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

impl Post {
    /// Puts a thread into `namespace`.
    ///
    /// # Errors
    ///
    /// Says why the namespace could not be entered.
    pub(crate) async fn take(namespace: &Namespace) -> Result<Self, String> {
        let namespace = namespace.clone();
        let (jobs, inbox) = mpsc::unbounded_channel();
        let (sender, entered) = oneshot::channel();
        std::thread::Builder::new()
            .name("econn-netns".to_owned())
            .spawn(move || {
                let runtime = enter(&namespace).and_then(|()| {
                    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
                        |error| format!("no runtime for the network namespace: {}", words(&error)),
                    )
                });
                match runtime {
                    Ok(runtime) => {
                        // Nobody waits any more: then there is no work, either.
                        let _ = sender.send(Ok(()));
                        runtime.block_on(LocalSet::new().run_until(work(inbox)));
                    }
                    Err(why) => drop(sender.send(Err(why))),
                }
            })
            .map_err(|error| format!("no thread for the network namespace: {}", words(&error)))?;
        entered.await.unwrap_or_else(|_| Err(BROKE_DOWN.to_owned()))?;
        Ok(Self { jobs })
    }

    /// Runs the future that `task` makes on the thread, beside others, and returns what it came to. When the caller stops
    /// waiting, the task is dropped.
    ///
    /// # Errors
    ///
    /// Says that the task broke down.
    pub(crate) async fn run<T, F, Fut>(&self, task: F) -> Result<T, String>
    where
        T: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = T> + 'static,
    {
        let (mut sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || {
            Box::pin(async move {
                let value = tokio::select! {
                    value = task() => value,
                    () = sender.closed() => return,
                };
                // Nobody waits any more: nothing to tell.
                let _ = sender.send(value);
            })
        });
        self.jobs.send(job).map_err(|_| BROKE_DOWN.to_owned())?;
        receiver.await.map_err(|_| BROKE_DOWN.to_owned())
    }
}

/// Takes up jobs, side by side, until nobody can bring one any more. What breaks down ends alone.
async fn work(mut inbox: mpsc::UnboundedReceiver<Job>) {
    while let Some(job) = inbox.recv().await {
        tokio::task::spawn_local(async move { job().await });
    }
}

/// Runs what takes no time worth waiting for, such as a question to the kernel, on a thread of its own inside `namespace`.
///
/// # Errors
///
/// Says why the namespace could not be entered, or that the task broke down.
pub(crate) fn standing_in<T: Send>(
    namespace: &Namespace,
    task: impl FnOnce() -> T + Send,
) -> Result<T, String> {
    let enter = || enter(namespace).map(|()| task());
    std::thread::scope(|scope| scope.spawn(enter).join()).unwrap_or_else(|_| Err(BROKE_DOWN.into()))
}

/// Puts the calling thread, and no other one, into the namespace. The own one needs no entering, and so no right to it.
fn enter(namespace: &Namespace) -> Result<(), String> {
    static OWN: LazyLock<Option<u64>> =
        LazyLock::new(|| Namespace::host().ok().map(|own| own.inode()));
    if *OWN == Some(namespace.inode) {
        return Ok(());
    }
    move_into_link_name_space(namespace.link.as_fd(), Some(LinkNameSpaceType::Network)).map_err(
        |error| format!("the network namespace cannot be entered: {}", words(&error.into())),
    )
}

#[cfg(test)]
mod tests {
    use super::{Namespace, Post, standing_in};
    use std::time::Duration;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn tasks_run_in_the_own_namespace_without_any_right_and_answer() {
        let host = Namespace::host().unwrap();
        assert_eq!(host.inode(), Namespace::host().unwrap().inode());
        run(async {
            let post = Post::take(&host).await.unwrap();
            let task = |number| {
                post.run(move || async move {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    number
                })
            };
            assert_eq!((task(7).await, task(8).await), (Ok(7), Ok(8)));
        });
    }

    #[test]
    fn a_question_is_asked_in_the_namespace_and_a_broken_one_is_a_reason() {
        let host = Namespace::host().unwrap();
        assert_eq!(standing_in(&host, || 7_u8), Ok(7));
        let broken: Result<u8, String> =
            standing_in(&host, || std::panic::resume_unwind(Box::new("x")));
        assert!(broken.as_ref().is_err_and(|why| why.contains("broke down")), "{broken:?}");
    }

    #[test]
    fn a_task_that_breaks_down_is_a_reason_and_the_next_one_runs() {
        let host = Namespace::host().unwrap();
        run(async {
            let post = Post::take(&host).await.unwrap();
            let broken: Result<u8, String> =
                post.run(|| async { std::panic::resume_unwind(Box::new("x")) }).await;
            assert!(broken.as_ref().is_err_and(|why| why.contains("broke down")), "{broken:?}");
            assert_eq!(post.run(|| async { 7 }).await, Ok(7));
        });
    }

    #[test]
    fn a_task_nobody_waits_for_is_dropped() {
        struct Told(std::sync::mpsc::Sender<()>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        let host = Namespace::host().unwrap();
        run(async {
            let post = Post::take(&host).await.unwrap();
            let told = Told(sender);
            let task = post.run(move || async move {
                let _told = told;
                tokio::time::sleep(Duration::from_secs(60)).await;
            });
            let _ = tokio::time::timeout(Duration::from_millis(50), task).await;
            assert_eq!(receiver.recv_timeout(Duration::from_secs(5)), Ok(()));
        });
    }
}
