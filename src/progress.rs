//! Says on stderr what takes long: one line for each stage that lasts more than a second, and nothing else.

use std::future::Future;
use std::time::Duration;

/// Runs one stage; after a second it says which.
pub(crate) async fn stage<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(Duration::from_secs(1)) => eprintln!("econn: {what} ..."),
    }
    work.await
}
