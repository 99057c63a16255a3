//! The second look at the servers. What the probes saw holds together only where a server stayed what it was at the first
//! look: one that ends and is started anew has many faces, and none of them is a fault of the network.

use super::engine::Connection;
use super::links::proven;
use super::stand::Stands;
use super::survey::{Listed, Request};
use checks::model::{Connect, Earlier, Fact, Link, Snapshot, State, Vantage};
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A start or an end so few seconds ago may not be the last.
const FRESH: u64 = 10;
/// How long the engine is given to start a container anew, or the container to end again.
const TURN: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(150);
/// What a container is that its engine does not know any more.
const REMOVED: &str = "removed";

/// Looks again at those servers whose state may have changed since the first look.
pub(super) async fn again(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    servers: &BTreeSet<usize>,
    request: &Request,
) {
    let doubtful = servers.iter().copied().filter(|&index| is_doubtful(all, snapshot, index));
    let looks = doubtful.collect::<Vec<usize>>().into_iter().map(|index| {
        let engine = stands.engine(all.seen[index].0);
        let container = snapshot.containers[index].clone();
        // The process that was looked at first is no more, which an engine may notice a moment later than its clients.
        let was_here = matches!(container.vantage, Some(Vantage::Proc | Vantage::Namespace));
        let is_gone = was_here && proven(&all.seen[index].1).is_err();
        async move {
            let seen = second_look(engine, &container.id, &container.state, is_gone);
            (index, tokio::time::timeout_at(request.deadline, seen).await.ok().flatten())
        }
    });
    for (index, seen) in join_all(looks).await {
        if let Some(state) = seen {
            snapshot.containers[index].state = state;
        }
    }
}

/// Whether a server was restarted or may be at this moment, or one of its clients did not reach it.
fn is_doubtful(all: &Listed, snapshot: &Snapshot, index: usize) -> bool {
    let container = &snapshot.containers[index];
    let is_server = |link: &Link| {
        let server = link.server.as_ref().and_then(|s| {
            all.find(s.engine.as_deref().unwrap_or(&link.engine), s.container.as_deref()?)
        });
        server == Some(index)
    };
    let reached = |link: &Link| {
        let way = link.path.value().map_or(&[][..], |path| &path.attempts);
        link.visit.value().is_none_or(|visit| visit.connected() && visit.symptom().is_none())
            && way.iter().all(|attempt| attempt.connect == Connect::Connected)
            && link.concurrency.value().is_none_or(|seen| seen.stopped.is_none())
            && !matches!(link.concurrency, Fact::Unknown(_))
    };
    let unreached = || snapshot.links.iter().any(|link| is_server(link) && !reached(link));
    container.unread.is_none()
        && (turns(&container.state, now()) || container.state.is_running() && unreached())
}

/// Whether a container is about to be started anew, or was moments ago. Docker has a word for the first.
fn turns(state: &State, now: Timestamp) -> bool {
    let moments_ago = match (state.up_seconds, &state.finished_at) {
        (Some(seconds), _) => seconds < FRESH && state.restarts > 0,
        (None, Some(end)) => end.parse::<Timestamp>().is_ok_and(|end| {
            now.duration_since(end).as_secs() < FRESH.cast_signed() && state.status != "restarting"
        }),
        (None, None) => false,
    };
    state.comes_back && moments_ago
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// The state at a second look, if it is another; a container that turns is watched for as long as a turn takes, and one whose
/// process is gone until the engine knows it.
async fn second_look(engine: &Connection, id: &str, first: &State, is_gone: bool) -> Option<State> {
    let until = Instant::now() + TURN;
    let (mut exit_code, mut oom_killed) = (first.exit_code, first.oom_killed);
    let mut latest = None;
    loop {
        let earlier = || {
            let (status, started_at) = (first.status.clone(), first.started_at.clone());
            Some(Earlier { status, started_at, restarts: first.restarts })
        };
        let Some(mut state) = engine.state(id, now()).await.ok()? else {
            let status = REMOVED.to_owned();
            return Some(State { status, up_seconds: None, earlier: earlier(), ..first.clone() });
        };
        // An engine that starts it anew forgets how it ended.
        if state.status != "running" {
            exit_code = state.exit_code;
        }
        oom_killed |= state.oom_killed;
        (state.exit_code, state.oom_killed) = (exit_code, oom_killed);
        let anew = state.started_at != first.started_at;
        if anew || state.status != first.status {
            state.halted = first.halted;
            state.earlier = earlier();
            latest = Some(state);
        }
        let goes_on = !anew
            && (turns(latest.as_ref().unwrap_or(first), now()) || is_gone && latest.is_none());
        if !goes_on || Instant::now() >= until {
            return latest;
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::turns;
    use checks::model::State;

    fn ended(at: &str) -> State {
        State {
            status: "exited".into(),
            comes_back: true,
            started_at: Some("2026-01-13T08:00:00Z".into()),
            finished_at: Some(at.into()),
            ..State::default()
        }
    }

    #[test]
    fn what_may_come_back_at_this_moment_turns() {
        let now = "2026-01-13T08:20:05Z".parse().unwrap();
        assert!(turns(&ended("2026-01-13T08:20:00Z"), now));
        assert!(!turns(&ended("2026-01-13T08:19:00Z"), now), "at rest");
        let without = State { comes_back: false, ..ended("2026-01-13T08:20:00Z") };
        assert!(!turns(&without, now), "nobody starts it");
        let up = |seconds, restarts| State {
            status: "running".into(),
            up_seconds: Some(seconds),
            restarts,
            ..ended("2026-01-13T08:20:00Z")
        };
        assert!(turns(&up(2, 1), now));
        assert!(!turns(&up(2, 0), now), "its first start");
        assert!(!turns(&up(60, 1), now), "it stays");
    }
}
