//! Four requests at the same moment on connections that are already there, so that neither the
//! listen queue nor the connects blur the picture: a server that works on one request at a time
//! answers them in even steps.

use super::connect::millis;
use super::http1::{Ask, Talk};
use super::queue::arrivals;
use crate::words::words;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Requests in one round.
const WIDTH: usize = 4;

/// How often the listen queue is looked at, and after which pause.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(10);

/// Sends one round and returns when each request was answered, sorted, in milliseconds; nothing where the server did not
/// take up all of them before a request was sent: then its steps are those of its accepting.
///
/// # Errors
///
/// Says what kept the round from being complete.
pub(super) async fn round(
    target: SocketAddr,
    ask: &Ask,
    connect: Duration,
    reply: Duration,
) -> Result<Option<Vec<u64>>, String> {
    let mut talks = Vec::with_capacity(WIDTH);
    for number in 1..=WIDTH {
        match timeout(connect, Talk::connect(target)).await {
            Ok(Ok(talk)) => talks.push(talk),
            Ok(Err(error)) => {
                return Err(format!(
                    "connection {number} of {WIDTH} at once failed: {}",
                    words(&error)
                ));
            }
            Err(_) => {
                return Err(format!(
                    "connection {number} of {WIDTH} at once was not taken within {} ms",
                    millis(connect)
                ));
            }
        }
    }
    if !all_taken(target).await {
        return Ok(None);
    }
    let started = Instant::now();
    let mut running = JoinSet::new();
    for mut talk in talks {
        let text = ask.fresh.clone();
        running.spawn(async move {
            let answered = async {
                talk.send(&text).await.ok()?;
                talk.status().await.ok()
            };
            let answered =
                timeout(reply, answered).await.ok().flatten().map(|_| millis(started.elapsed()));
            talk.finish().await;
            answered
        });
    }
    let mut times: Vec<u64> = running.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    if times.len() < WIDTH {
        return Err(format!(
            "{} of {WIDTH} requests at once were not answered",
            WIDTH - times.len()
        ));
    }
    Ok(Some(times))
}

/// Whether none waits in the listen queue, where that can be seen.
async fn all_taken(target: SocketAddr) -> bool {
    for _ in 0..LOOKS {
        if arrivals(target).map_or(true, |queue| queue.waiting == 0) {
            return true;
        }
        sleep(LOOK).await;
    }
    false
}
