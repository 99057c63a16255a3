//! How a container ended, and what that means. Nobody is blamed for a server that was taken down: what was seen of it while
//! it was up counts. One that ends by itself while a client of it is there is another matter.

use checks::model::State;
use std::time::{Duration, Instant};

/// An end that follows a signal by so much is the signal's.
const GRACE: Duration = Duration::from_secs(15);

/// Who removes a container by force ends it at once before, and Podman tells of no signal then.
const PROMPT: Duration = Duration::from_secs(3);
/// What a program ends with that was sent SIGKILL or SIGTERM.
const BY_SIGNAL: [i64; 2] = [128 + 9, 128 + 15];

/// What the engine told of one container.
#[derive(Default)]
pub(super) struct Life {
    /// When somebody began to take it down.
    killed: Option<Instant>,
    /// When somebody sent it a signal that may have been meant to end it.
    signalled: Option<Instant>,
    /// Whether it ran out of memory.
    pub(super) out_of_memory: bool,
    /// How it ended by itself, with the moment.
    pub(super) ended: Option<(Instant, i64)>,
    /// When it was last started, where that was told.
    pub(super) started: Option<Instant>,
    /// When it ended, in whatever way, and with which exit code.
    pub(super) gone: Option<(Instant, i64)>,
}

impl Life {
    /// Somebody takes it down.
    pub(super) fn kill(&mut self) {
        self.killed = Some(Instant::now());
    }

    /// Somebody sent it a signal: if it ends, it ends by that, and if it does not, nothing has happened.
    pub(super) fn signal(&mut self) {
        self.signalled = Some(Instant::now());
    }

    /// Whether somebody is taking it down.
    pub(super) fn is_killed(&self) -> bool {
        is_recent(self.killed)
    }

    /// Somebody removed it; true where its end, which seemed its own, was the beginning of that.
    pub(super) fn removed(&mut self) -> bool {
        let by_signal =
            |(at, code): &mut (Instant, i64)| at.elapsed() < PROMPT && BY_SIGNAL.contains(code);
        !self.out_of_memory && self.ended.take_if(by_signal).is_some()
    }

    /// A look showed it up: since when it was, and when it was gone, where it has ended before the look came back.
    pub(super) fn seen_up(&mut self) -> (Instant, Option<Instant>) {
        if let Some((end, _)) = self.gone {
            return (self.started.unwrap_or(end), Some(end));
        }
        let Self { out_of_memory, started, .. } = *self;
        *self = Self { out_of_memory, started, ..Self::default() };
        (started.unwrap_or_else(Instant::now), None)
    }

    /// It was started anew. How it ended by itself before that is told when it is looked at.
    pub(super) fn started(&mut self) {
        (self.killed, self.signalled, self.gone) = (None, None, None);
        self.started = Some(Instant::now());
    }

    /// Whether it failed by itself. Podman tells of no signal where somebody starts it anew.
    pub(super) fn has_failed(&self) -> bool {
        let by_itself = |(_, code): (Instant, i64)| code != 0 && !BY_SIGNAL.contains(&code);
        self.ended.is_some_and(|end| self.out_of_memory || by_itself(end))
    }

    /// It ended; true where it did so by itself.
    pub(super) fn end(&mut self, exit_code: i64) -> bool {
        self.gone = Some((Instant::now(), exit_code));
        let by_itself = self.out_of_memory || !(self.is_killed() || is_recent(self.signalled));
        self.ended = by_itself.then(|| (Instant::now(), exit_code));
        by_itself
    }
}

fn is_recent(signal: Option<Instant>) -> bool {
    signal.is_some_and(|at| at.elapsed() < GRACE)
}

/// The state of a container that ended by itself, where the engine can't be asked any more.
pub(super) fn exited(up: &State, exit_code: i64, out_of_memory: bool) -> State {
    State {
        status: "exited".into(),
        exit_code,
        oom_killed: up.oom_killed || out_of_memory,
        finished_at: Some(jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        up_seconds: None,
        ..up.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Life, exited};
    use checks::model::State;

    #[test]
    fn an_end_after_a_signal_is_somebodys_and_any_other_its_own() {
        assert!(Life::default().end(1));
        let mut killed = Life::default();
        killed.kill();
        assert!(!killed.end(137) && killed.gone.is_some() && killed.ended.is_none());
        let mut signalled = Life::default();
        signalled.signal();
        assert!(!signalled.is_killed() && !signalled.end(0) && signalled.ended.is_none());
        signalled.started();
        assert!(signalled.end(1) && signalled.ended.is_some(), "it was up again in between");
        signalled.started();
        assert!(signalled.gone.is_none() && signalled.has_failed(), "it came back by itself");
        assert!(signalled.end(143) && !signalled.has_failed(), "somebody was not heard");
        let mut starved = Life { out_of_memory: true, ..Life::default() };
        starved.kill();
        assert!(starved.end(137), "the kernel's signal is nobody's wish");
    }

    #[test]
    fn an_end_by_a_signal_that_a_removal_follows_is_somebodys() {
        let removed = |exit_code, out_of_memory| {
            let mut life = Life { out_of_memory, ..Life::default() };
            assert!(life.end(exit_code));
            (life.removed(), life.ended.is_none())
        };
        assert_eq!((removed(137, false), removed(143, false)), ((true, true), (true, true)));
        // It failed, and was swept up afterwards.
        assert_eq!(removed(1, false), (false, false));
        assert_eq!(removed(137, true), (false, false));
    }

    #[test]
    fn a_look_that_comes_back_late_revives_nobody() {
        let mut life = Life::default();
        life.started();
        let (up, gone) = life.seen_up();
        assert!(gone.is_none() && Some(up) == life.started);
        life.kill();
        life.end(137);
        let (_, gone) = life.seen_up();
        assert!(gone.is_some() && life.is_killed(), "it was up when the look began");
        // Started anew, and looked at after that.
        life.started();
        assert!(life.seen_up().1.is_none() && life.gone.is_none());
    }

    #[test]
    fn what_ended_is_no_longer_up() {
        let up = State { status: "running".into(), up_seconds: Some(3), ..State::default() };
        let state = exited(&up, 3, true);
        assert!(!state.is_up() && state.exit_code == 3 && state.oom_killed);
        assert!(state.finished_at.is_some() && state.up_seconds.is_none());
    }
}
