//! One hold: a first connection is left in a chosen state, a second one sends a whole request, and
//! the moment of its answer is compared with the moment of the first one's release. Never more than
//! these two connections are open.

use super::connect::{classify, millis};
use super::http1::{Ask, Silence, Talk};
use crate::words::words;
use checks::model::{Answered, Connect, Hold, HoldMode};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long after the release an answer can still be its effect, apart from four times a request's
/// own time.
const PROMPT: Duration = Duration::from_millis(150);
/// How much longer a late answer is waited for, only to write down when it came.
const LATE: Duration = Duration::from_millis(500);
/// How long the first connection must stay as it is after the second was answered: a server that turns it away at the same
/// time, on another thread, has not held it.
const QUIET: Duration = Duration::from_millis(25);

/// What all holds of one server share.
pub(super) struct Ground<'a> {
    pub(super) target: SocketAddr,
    /// The status of a request alone.
    pub(super) status: Option<u16>,
    pub(super) ask: &'a Ask,
    /// The slowest of the single requests.
    pub(super) largest: Duration,
    /// How long a connect may take.
    pub(super) connect: Duration,
    /// How long the first connection's own reply may take.
    pub(super) reply: Duration,
    /// Whether others wait for the server: see [`super::concurrency::Limits`].
    pub(super) brief: bool,
}

impl Ground<'_> {
    /// Long enough that a slow request alone cannot outlast it.
    fn hold_time(&self, least: Duration) -> Duration {
        let slow = self.largest * 3;
        if self.brief { least.max(slow) } else { least + slow }
    }

    /// Busy, too many requests: turned away politely, unless a request alone is told so from the first on.
    pub(super) fn is_turned_away(&self, status: u16) -> bool {
        matches!(status, 429 | 503) && self.status != Some(status)
    }

    fn window(&self) -> Duration {
        PROMPT + self.largest * 4
    }
}

/// Holds the first connection as long as [`Ground::hold_time`] says, or until the second is
/// answered; the second comes `pause` after the first is in its state. `None` when nothing was held, because the server let the first connection go by
/// itself: that says nothing about its concurrency.
///
/// # Errors
///
/// Says which of the two connections could not be made.
pub(super) async fn hold(
    ground: &Ground<'_>,
    mode: HoldMode,
    least: Duration,
    pause: Duration,
) -> Result<Option<Hold>, String> {
    let Some(mut first) = connect(ground, "first").await? else {
        return Err("the first connection of a hold was refused".to_owned());
    };
    if !prepare(&mut first, ground, mode).await {
        return Ok(None);
    }
    let held = Instant::now();
    sleep(pause).await;
    let Some(second) = connect(ground, "second").await? else {
        return Ok(Some(Hold {
            mode,
            held_ms: millis(held.elapsed()),
            answered: Answered::CutOff,
            answer_ms: None,
        }));
    };
    let release = Instant::now() + ground.hold_time(least);
    let mut answer = Box::pin(ask(second, ground.ask));
    // The answer is looked at first: if this process itself was kept waiting, an answer that is
    // there came in time.
    let mut answered_at = None;
    let (during, stirred) = tokio::select! {
        biased;
        answer = &mut answer => {
            answered_at = Some(held.elapsed());
            (Some(answer), timeout(QUIET, first.stirred()).await.is_ok())
        }
        () = first.stirred() => (None, true),
        () = sleep_until(release) => (None, false),
    };
    let held_ms = millis(held.elapsed());
    let released = Instant::now();
    drop(first);
    let in_hold = during.is_some();
    let (second, status) = match during {
        Some(answer) => answer,
        None => match timeout(ground.window() + LATE, answer).await {
            Ok(answer) => answer,
            Err(_) if stirred => return Ok(None),
            Err(_) => {
                return Ok(Some(Hold { mode, held_ms, answered: Answered::Late, answer_ms: None }));
            }
        },
    };
    let answer_ms = status.is_ok().then(|| millis(answered_at.unwrap_or_else(|| held.elapsed())));
    let prompt = released.elapsed() <= ground.window();
    second.finish().await;
    if stirred {
        return Ok(None);
    }
    let answered = match (in_hold, status) {
        (_, Err(Silence::Other(error))) => {
            return Err(format!("the second connection of a hold broke: {}", words(&error)));
        }
        (true, Ok(status)) if ground.is_turned_away(status) => Answered::CutOff,
        (true, Ok(_)) => Answered::DuringHold,
        (true, Err(_)) => Answered::CutOff,
        (false, Ok(_)) if prompt => Answered::AfterRelease,
        (false, _) => Answered::Late,
    };
    Ok(Some(Hold { mode, held_ms, answered, answer_ms }))
}

/// Connects; `None` when the server's side refuses.
async fn connect(ground: &Ground<'_>, which: &str) -> Result<Option<Talk>, String> {
    match timeout(ground.connect, Talk::connect(ground.target)).await {
        Ok(Ok(talk)) => Ok(Some(talk)),
        Ok(Err(error)) if matches!(classify(&error), Connect::Refused | Connect::Reset) => Ok(None),
        Ok(Err(error)) => {
            Err(format!("the {which} connection of a hold failed: {}", words(&error)))
        }
        Err(_) => Err(format!(
            "the {which} connection of a hold was not taken within {} ms",
            millis(ground.connect)
        )),
    }
}

/// Brings the first connection into its state; false when it does not stay there.
async fn prepare(first: &mut Talk, ground: &Ground<'_>, mode: HoldMode) -> bool {
    match mode {
        HoldMode::Idle => true,
        HoldMode::Partial => first.send(&ground.ask.half).await.is_ok(),
        HoldMode::KeptAlive => {
            let whole = async {
                first.send(&ground.ask.kept).await?;
                first.whole().await
            };
            matches!(timeout(ground.reply, whole).await, Ok(Ok(true)))
        }
    }
}

async fn ask(mut talk: Talk, ask: &Ask) -> (Talk, Result<u16, Silence>) {
    let status = match talk.send(&ask.fresh).await {
        Ok(()) => talk.status().await,
        Err(error) => Err(error.into()),
    };
    (talk, status)
}
