//! A task inside another network namespace. Entering one concerns a single thread, so the task gets
//! a thread of its own with its own small runtime, and that thread ends with it: no other thread of
//! econn ever stands anywhere else.

use super::ProvenPid;
use crate::words::words;
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::oneshot;

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

    /// The network namespace at this path.
    ///
    /// # Errors
    ///
    /// Says why it cannot be opened.
    pub(crate) fn at(path: &str) -> Result<Self, String> {
        let link = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| format!("{path} cannot be opened: {}", words(&error.into())))?;
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

/// Runs the future that `task` makes on a thread of its own inside `namespace`, and returns what it
/// came to. When the caller stops waiting, the task is dropped and the thread ends.
///
/// # Errors
///
/// Says why the namespace could not be entered, or that the task broke down.
pub(crate) async fn in_namespace<T, F, Fut>(namespace: &Namespace, task: F) -> Result<T, String>
where
    T: Send + 'static,
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = T>,
{
    let namespace = namespace.clone();
    let (mut sender, receiver) = oneshot::channel();
    std::thread::Builder::new()
        .name("econn-netns".to_owned())
        .spawn(move || {
            let run = catch_unwind(AssertUnwindSafe(|| {
                enter(&namespace)?;
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
                        |error| format!("no runtime for the network namespace: {}", words(&error)),
                    )?;
                Ok(runtime.block_on(async {
                    tokio::select! {
                        value = task() => Some(value),
                        () = sender.closed() => None,
                    }
                }))
            }));
            let answer = match run {
                Ok(Ok(Some(value))) => Ok(value),
                Ok(Ok(None)) => return,
                Ok(Err(why)) => Err(why),
                Err(_) => Err(BROKE_DOWN.to_owned()),
            };
            // Nobody waits any more: nothing to tell.
            let _ = sender.send(answer);
        })
        .map_err(|error| format!("no thread for the network namespace: {}", words(&error)))?;
    receiver.await.unwrap_or_else(|_| Err("the probe ended without an answer".to_owned()))
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

/// Puts the calling thread, and no other one, into the namespace.
fn enter(namespace: &Namespace) -> Result<(), String> {
    move_into_link_name_space(namespace.link.as_fd(), Some(LinkNameSpaceType::Network)).map_err(
        |error| format!("the network namespace cannot be entered: {}", words(&error.into())),
    )
}

#[cfg(test)]
mod tests {
    use super::{Namespace, in_namespace, standing_in};
    use std::time::Duration;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// Entering a namespace, even the own one, needs root; without it the reason must be plain.
    fn refused(answer: &Result<u8, String>) -> bool {
        matches!(answer, Err(why) if why.contains("cannot be entered"))
    }

    #[test]
    fn a_task_runs_in_the_own_namespace_and_answers() {
        let host = Namespace::at("/proc/self/ns/net").unwrap();
        assert_eq!(host.inode(), Namespace::at("/proc/self/ns/net").unwrap().inode());
        let answer = run(in_namespace(&host, || async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            7
        }));
        assert!(answer == Ok(7) || refused(&answer), "{answer:?}");
    }

    #[test]
    fn a_question_is_asked_in_the_namespace_and_a_broken_one_is_a_reason() {
        let host = Namespace::at("/proc/self/ns/net").unwrap();
        let answer = standing_in(&host, || 7_u8);
        assert!(answer == Ok(7) || refused(&answer), "{answer:?}");
        let broken: Result<u8, String> =
            standing_in(&host, || std::panic::resume_unwind(Box::new("x")));
        assert!(
            broken.as_ref().is_err_and(|why| why.contains("broke down")) || refused(&broken),
            "{broken:?}"
        );
    }

    #[test]
    fn a_task_that_breaks_down_is_a_reason_and_no_panic() {
        let host = Namespace::at("/proc/self/ns/net").unwrap();
        let answer: Result<u8, String> =
            run(in_namespace(&host, || async { std::panic::resume_unwind(Box::new("x")) }));
        assert!(
            answer.as_ref().is_err_and(|why| why.contains("broke down")) || refused(&answer),
            "{answer:?}"
        );
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
        let host = Namespace::at("/proc/self/ns/net").unwrap();
        run(async {
            let told = Told(sender);
            let task = in_namespace(&host, move || async move {
                let _told = told;
                tokio::time::sleep(Duration::from_secs(60)).await;
            });
            let _ = tokio::time::timeout(Duration::from_millis(50), task).await;
        });
        assert_eq!(receiver.recv_timeout(Duration::from_secs(5)), Ok(()));
    }
}
