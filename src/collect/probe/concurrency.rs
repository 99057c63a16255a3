//! The concurrency probes of one server port, in the order that disturbs it least: single requests,
//! then holds with one connection, then four requests at once where single ones are slow enough to
//! tell; the listen queue alone where the protocol is not known. Nothing here compares times of
//! parallel requests with single ones, or counts threads: both accuse healthy servers.

use super::connect::{broken, millis};
use super::hold::{Ground, hold};
use super::http1::{Ask, Silence, Talk};
use super::queue::{Arrivals, arrivals, queue_test, served};
use super::staircase;
use checks::model::{Answered, Concurrency, Hold, HoldMode};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Single requests before anything is held.
const SINGLE: usize = 3;
/// After so long no further one is sent where others wait for the server.
const SINGLES: Duration = Duration::from_millis(150);
/// From this median on a staircase can be told from noise.
const SLOW: Duration = Duration::from_millis(40);
/// How long a server that turned a connection away is given to notice that a place is free.
const FREE: Duration = Duration::from_millis(100);
/// How often a hold is repeated at a port that several sockets share, until its connections meet two of them.
const DEALS: usize = 7;
const MODES: [HoldMode; 3] = [HoldMode::Idle, HoldMode::Partial, HoldMode::KeptAlive];

/// What is known of the server's protocol.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Protocol {
    /// Plain HTTP: the requests name this host and this path.
    Http {
        /// The value of the Host header.
        host: String,
        /// The path, with a query if one belongs to it.
        path: String,
    },
    /// Nothing: not a byte is sent.
    Unknown,
}

/// How long the single steps may take. The defaults are the measured ones; tests of the probes
/// shorten them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A connect.
    pub(crate) connect: Duration,
    /// The reply to a single request.
    pub(crate) reply: Duration,
    /// The two holds, each to be lengthened by three times the slowest single request.
    pub(crate) holds: [Duration; 2],
    /// Whether others wait for the server: fewer single requests are sent where they are slow, and a hold takes three times the
    /// slowest of them at most, where that is longer than itself.
    pub(crate) brief: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(1500),
            reply: Duration::from_secs(3),
            holds: [Duration::from_millis(500), Duration::from_millis(900)],
            brief: false,
        }
    }
}

impl Limits {
    /// For a server that others wait for: both holds fit into two seconds while a request takes no longer than a tenth of that.
    pub(crate) fn brief() -> Self {
        let holds = [Duration::from_millis(350), Duration::from_millis(600)];
        Self { holds, brief: true, ..Self::default() }
    }
}

/// Probes `target` from the namespace of this thread, until `deadline` at the latest. Two
/// connections are open at most, four in the staircase and the queue test. The same port must not
/// be probed by two of these at a time.
pub(crate) async fn concurrency(
    target: SocketAddr,
    protocol: &Protocol,
    limits: Limits,
    deadline: std::time::Instant,
) -> Concurrency {
    let deadline = Instant::from_std(deadline);
    let mut probe = Probe {
        target,
        limits,
        deadline,
        seen: Concurrency { probed: Some(target), ..Concurrency::default() },
    };
    let before = served(target.port());
    let ended = match protocol {
        Protocol::Unknown => probe.queue().await,
        Protocol::Http { host, path } => probe.http(&Ask::new(host, path)).await,
    };
    if let Err(why) = ended {
        probe.seen.stopped = Some(why);
    }
    // Without any before there is none that stayed, and the table takes milliseconds to read.
    if !before.is_empty() {
        probe.seen.held_by_others = served(target.port()).intersection(&before).count();
    }
    probe.seen
}

struct Probe {
    target: SocketAddr,
    limits: Limits,
    deadline: Instant,
    seen: Concurrency,
}

impl Probe {
    async fn http(&mut self, ask: &Ask) -> Result<(), String> {
        if !self.single(ask).await? {
            return self.queue().await;
        }
        self.seen.path = Some(ask.shown());
        let largest = self
            .seen
            .baseline_us
            .iter()
            .copied()
            .max()
            .map(Duration::from_micros)
            .unwrap_or_default();
        let Limits { connect, reply, brief, .. } = self.limits;
        let status = self.seen.status;
        let ground = Ground { target: self.target, status, ask, largest, connect, reply, brief };
        if self.holds(&ground).await? {
            return Ok(());
        }
        if self.seen.holds.is_empty() {
            // The queue may still show a server that takes up one at a time; an empty one proves nothing here.
            self.queue().await?;
            return Err("the server closes every connection that is to be held".to_owned());
        }
        self.staircases(ask).await
    }

    /// The single requests, each on a connection of its own; false when the server does not speak
    /// HTTP, or not in time.
    async fn single(&mut self, ask: &Ask) -> Result<bool, String> {
        let mut again = true;
        let begun = Instant::now();
        while self.seen.baseline_us.len() < SINGLE {
            let is_enough = self.limits.brief && begun.elapsed() >= SINGLES;
            if is_enough && !self.seen.baseline_us.is_empty() {
                break;
            }
            let number = self.seen.baseline_us.len() + 1;
            let limit = self.limits.reply.min(self.left());
            let started = Instant::now();
            let one = async {
                let mut talk = Talk::connect(self.target).await?;
                talk.send(&ask.fresh).await?;
                let status = talk.status().await?;
                Ok::<_, Silence>((talk, status))
            };
            let why = match timeout(limit, one).await {
                Ok(Ok((talk, status))) => {
                    let us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
                    self.seen.baseline_us.push(us);
                    self.seen.status.get_or_insert(status);
                    talk.finish().await;
                    continue;
                }
                Ok(Err(Silence::Other(error))) => {
                    return Err(format!(
                        "the server could not be asked: {}",
                        broken(self.target, &error)
                    ));
                }
                Ok(Err(Silence::Closed | Silence::CutOff)) if number > 1 && again => {
                    again = false;
                    sleep(FREE).await;
                    continue;
                }
                Err(_) if self.left().is_zero() => {
                    return Err(self.late("the single requests were answered"));
                }
                Ok(Err(Silence::Closed)) => "was closed without a reply".to_owned(),
                Ok(Err(Silence::CutOff)) => "was reset or refused".to_owned(),
                Ok(Err(Silence::NotHttp)) => "was not answered in HTTP".to_owned(),
                Err(_) => format!("was not answered within {} ms", millis(limit)),
            };
            if number == 1 {
                return Ok(false);
            }
            return Err(format!("request {number} of {SINGLE}, alone, {why}"));
        }
        Ok(true)
    }

    /// The holds; true when the second connection went without an answer in both holds of a mode,
    /// which is all there is to learn: the server is not kept busy any longer. The deadline ends one
    /// that goes on, and none is left out for fear of that: most are over at once.
    async fn holds(&mut self, ground: &Ground<'_>) -> Result<bool, String> {
        for mode in MODES {
            for (round, least) in self.limits.holds.into_iter().enumerate() {
                // After one that was turned away at the pace of the request that is answered alone.
                let pause = if round == 0 { Duration::ZERO } else { FREE };
                let attempt = async {
                    match hold(ground, mode, least, pause).await? {
                        // Perhaps the place of the connection before was not free yet.
                        None if mode == HoldMode::Idle => {
                            sleep(FREE).await;
                            hold(ground, mode, least, pause).await
                        }
                        held => Ok(held),
                    }
                };
                let Ok(outcome) = timeout_at(self.deadline, attempt).await else {
                    return Err(self.late("the hold test was complete"));
                };
                let Some(mut hold) = outcome? else { break };
                // With several sockets on the port the kernel may have dealt both connections to
                // the same busy process.
                if hold.answered != Answered::DuringHold
                    && let Ok(Arrivals { sockets, .. }) = arrivals(self.target)
                    && sockets > 1
                {
                    hold = self.dealt_otherwise(ground, mode, sockets).await?;
                }
                if hold.answered == Answered::CutOff {
                    hold.answered = self.beside_one_alone(ground, hold).await?;
                }
                self.seen.holds.push(hold);
                if !matches!(hold.answered, Answered::AfterRelease | Answered::CutOff) {
                    break;
                }
                if round == 1 {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// What it means that the second connection of a hold was turned away. Who turns away a request alone as well does it for
    /// another reason (too many of them in a time, say): where that is the server's answer at the moment, the second had it.
    ///
    /// # Errors
    ///
    /// Says that nobody is answered any more.
    async fn beside_one_alone(&self, ground: &Ground<'_>, hold: Hold) -> Result<Answered, String> {
        sleep(FREE).await;
        let one = async {
            let mut talk = Talk::connect(self.target).await?;
            talk.send(&ground.ask.fresh).await?;
            let status = talk.status().await?;
            talk.finish().await;
            Ok::<_, Silence>(status)
        };
        match timeout(ground.reply.min(self.left()), one).await {
            Err(_) if self.left().is_zero() => Err(self.late("the hold test was complete")),
            Ok(Ok(status)) if !ground.is_turned_away(status) => Ok(Answered::CutOff),
            Ok(Ok(_)) if hold.answer_ms.is_some() => Ok(Answered::DuringHold),
            _ => Err("the server turns away a request alone as well, after those before it".into()),
        }
    }

    /// Holds again until a second connection is dealt to a process that is free.
    async fn dealt_otherwise(
        &self,
        ground: &Ground<'_>,
        mode: HoldMode,
        sockets: usize,
    ) -> Result<Hold, String> {
        let least = self.limits.holds[0];
        for _ in 0..DEALS {
            let Ok(outcome) =
                timeout_at(self.deadline, hold(ground, mode, least, Duration::ZERO)).await
            else {
                return Err(self.late("the hold test was complete"));
            };
            match outcome? {
                Some(hold) if hold.answered == Answered::DuringHold => return Ok(hold),
                _ => {}
            }
        }
        Err(format!("{sockets} sockets share the port: both connections may have met one process"))
    }

    async fn staircases(&mut self, ask: &Ask) -> Result<(), String> {
        let mut sorted = self.seen.baseline_us.clone();
        sorted.sort_unstable();
        let median = Duration::from_micros(sorted.get(sorted.len() / 2).copied().unwrap_or(0));
        if median < SLOW {
            return Ok(());
        }
        // Two of them decide; the third is for a machine that was busy during one.
        for _ in 0..3 {
            // Four in turn, each as slow as the slowest single one, and room for the machine's own
            // delays.
            let largest = sorted.last().copied().map(Duration::from_micros).unwrap_or_default();
            let reply = largest * 8 + Duration::from_secs(1);
            let round = staircase::round(self.target, ask, self.limits.connect, reply);
            let Ok(times) = timeout_at(self.deadline, round).await else {
                return Err(self.late("four requests at once were answered"));
            };
            self.seen.staircases.extend(times?);
        }
        Ok(())
    }

    async fn queue(&mut self) -> Result<(), String> {
        let seen = queue_test(self.target, self.limits.connect, self.deadline).await;
        self.seen.waiting_before = seen.before;
        self.seen.queue = seen.steps;
        self.seen.stuck = seen.stuck;
        self.seen.hung_up = seen.hung_up;
        seen.stopped.map_or(Ok(()), Err)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn late(&self, what: &str) -> String {
        format!("the time for the probe of port {} ended before {what}", self.target.port())
    }
}
