//! Whose turn it is to connect to a server: a dozen clients that come at once would fill its listen queue, and the probes
//! would make the fault that they look for.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many connect to one port at a time.
const AT_ONCE: usize = 2;
/// How long one may keep its turn. A server that answers nobody in that time gets twice as many in the next, so that the last
/// of many clients need not wait for long; its queue may fill then.
const KEPT: Duration = Duration::from_secs(1);

/// The turns at every server of one run.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<String, Arc<Semaphore>>>>);

impl Turns {
    /// Does the work when it is its turn at this server.
    pub(super) async fn at<T>(&self, server: &str, work: impl Future<Output = T>) -> T {
        let places = {
            let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                servers
                    .entry(server.to_owned())
                    .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))),
            )
        };
        // Never closed.
        let turn = places.acquire().await;
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(KEPT, &mut work).await {
            return done;
        }
        drop(turn);
        places.add_permits(1);
        work.await
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, KEPT, Turns};
    use futures_util::future::join_all;
    use std::cell::Cell;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    #[tokio::test]
    async fn few_come_to_one_server_at_a_time_and_those_of_others_do_not_wait() {
        let turns = Turns::default();
        let (now, most) = (Cell::new(0), Cell::new(0));
        let visit = |server| {
            let (turns, now, most) = (&turns, &now, &most);
            turns.at(server, async move {
                now.set(now.get() + 1);
                most.set(now.get().max(most.get()));
                sleep(Duration::from_millis(100)).await;
                now.set(now.get() - 1);
            })
        };
        join_all((0..10).map(|_| visit("one"))).await;
        assert_eq!(most.take(), AT_ONCE);
        join_all(["one", "one", "one", "other"].map(visit)).await;
        assert_eq!(most.take(), AT_ONCE + 1);
    }

    #[tokio::test]
    async fn a_server_that_answers_nobody_does_not_keep_the_others_waiting() {
        let turns = Turns::default();
        let begun = Instant::now();
        // Two, then four, then eight.
        join_all((0..14).map(|_| turns.at("one", async { sleep(KEPT * 3 / 2).await }))).await;
        let took = begun.elapsed();
        // Two at a time to the end take 7.5 s. A busy machine may be late.
        assert!(KEPT * 7 / 2 <= took && took < KEPT * 6, "{took:?}");
    }
}
