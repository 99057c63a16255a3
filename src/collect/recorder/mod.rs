//! A flight recorder: looks at containers as they come up, again when they listen, and keeps what was seen of those that are
//! gone. The looks and probes are those of every run; only their moment is another.
//!
//! `jobs` is what is going on at one time, `memory` what is kept of it, `life` how a container ended and what that means.

mod jobs;
mod life;
mod memory;

use super::engine::{Connection, Engines, Event, What};
use super::survey::Request;
use checks::model::Snapshot;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jobs::{Job, Update};
use memory::Memory;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

/// How often those are looked at that do not listen yet.
const TICK: Duration = Duration::from_millis(100);
/// How often what was recorded is written down, where anything is new.
const WRITE: Duration = Duration::from_secs(1);
/// How long what is under way at the end of the command is waited for: as long as it may take by itself.
const LAST: Duration = jobs::LIMIT;
/// How long servers that are still there are asked again.
const AGAIN: Duration = Duration::from_secs(4);
/// How long the engines are given to tell of what happened at the end.
const ECHO: Duration = Duration::from_millis(150);

/// The events of all engines, from the moment at which this was made.
pub(crate) struct Ear {
    heard: mpsc::UnboundedReceiver<(usize, Event)>,
    /// Which engines could not be listened to, and why.
    deaf: Vec<(usize, String)>,
}

/// Begins to listen to the engines.
pub(crate) async fn listen(engines: &Engines) -> Ear {
    let (tell, heard) = mpsc::unbounded_channel();
    let mut deaf = Vec::new();
    for (index, engine) in engines.connections.iter().enumerate() {
        match engine.events(tell.clone(), index).await {
            Ok(events) => drop(tokio::spawn(events)),
            Err(why) => deaf.push((
                index,
                format!(
                    "its events could not be followed, so containers that came and went may be missing: {why}"
                ),
            )),
        }
    }
    Ear { heard, deaf }
}

/// Records until the command has `ended` (with whether it failed), and hands each state of the record to `keep`.
pub(crate) async fn record(
    engines: &Engines,
    request: &Request,
    mut ear: Ear,
    mut ended: oneshot::Receiver<bool>,
    keep: &dyn Fn(&Snapshot),
) -> Snapshot {
    let mut recorder = Recorder {
        engines: &engines.connections,
        request,
        memory: Memory::new(engines, request),
        jobs: FuturesUnordered::new(),
    };
    for (index, why) in std::mem::take(&mut ear.deaf) {
        recorder.memory.silent(index, &why);
    }
    keep(&recorder.memory.record());
    for index in 0..engines.connections.len() {
        recorder.jobs.push(jobs::list(&engines.connections[index], index));
    }
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut written = Instant::now();
    let mut deaf = false;
    let failed = loop {
        tokio::select! {
            biased;
            failed = &mut ended => break failed.unwrap_or(true),
            event = ear.heard.recv(), if !deaf => match event {
                Some((index, event)) => recorder.hear(index, event),
                None => deaf = true,
            },
            Some(update) = recorder.jobs.next(), if !recorder.jobs.is_empty() => recorder.learn(update).await,
            _ = tick.tick() => recorder.tick().await,
        }
        if recorder.memory.is_new && written.elapsed() >= WRITE {
            keep(&recorder.memory.record());
            recorder.memory.is_new = false;
            written = Instant::now();
        }
    };
    if failed {
        recorder.finish(&mut ear).await;
    }
    recorder.memory.finished(engines)
}

struct Recorder<'a> {
    engines: &'a [Connection],
    request: &'a Request,
    memory: Memory<'a>,
    jobs: FuturesUnordered<Job<'a>>,
}

impl Recorder<'_> {
    /// An engine tells that something happened.
    fn hear(&mut self, index: usize, event: Event) {
        match event.what {
            What::Changed => self.look(index, event.id),
            What::Started => {
                self.memory.started(index, &event.id);
                self.look(index, event.id);
            }
            What::Killed => self.memory.killed(index, &event.id),
            What::Signalled => self.memory.signalled(index, &event.id),
            What::Silent => self.memory.silent(
                index,
                "it ceased to tell its events, so containers that came and went since may be missing",
            ),
            What::Removed => self.memory.removed(index, &event.id),
            What::OutOfMemory => self.memory.out_of_memory(index, &event.id),
            What::Ended(code) => {
                if self.memory.ended(index, &event.id, code) {
                    // It may be there still, and tell more than its event did.
                    self.look(index, event.id);
                }
            }
        }
    }

    fn look(&mut self, index: usize, id: String) {
        if self.memory.is_leaving(index, &id) {
            return;
        }
        let names = self.memory.names(index);
        self.jobs.push(jobs::look(self.engines, self.request, index, id, names));
    }

    async fn learn(&mut self, update: Update) {
        match update {
            Update::Listed { index, ids, networks } => {
                self.memory.learn_networks(index, networks);
                self.ask_swarm();
                match ids {
                    Ok(ids) => ids.into_iter().for_each(|id| self.look(index, id)),
                    Err(why) => self.memory.silent(
                        index,
                        &format!("it did not list its containers, so some may be missing: {why}"),
                    ),
                }
            }
            Update::Networks { index, networks } => self.memory.learn_networks(index, networks),
            Update::Swarm { index, member } => self.memory.learn_swarm(index, member),
            Update::Looked { index, seen, found, compared } => {
                if seen.facts.task.is_some() {
                    self.ask_swarm();
                }
                if self.memory.learn_container(index, *seen, found, compared) {
                    self.jobs.push(jobs::networks(&self.engines[index], index));
                }
            }
            Update::Gone { note } => self.memory.note(note),
            Update::Visited { links, returns } => self.memory.learn_visits(&links, returns),
            Update::Held { key, links, fact } => self.memory.learn_hold(key, &links, fact),
            Update::Image { index, id, fact } => self.memory.learn_image(index, &id, *fact),
        }
        self.memory.relink().await;
        self.probe();
    }

    /// Whose task a container is only managers know, whichever node it is on.
    fn ask_swarm(&mut self) {
        for (index, engine) in self.engines.iter().enumerate() {
            self.jobs.push(jobs::swarm(engine, index, self.memory.networks().to_vec()));
        }
    }

    /// What is up and did not listen yet may do so now.
    async fn tick(&mut self) {
        if self.memory.refresh() {
            self.memory.relink().await;
            self.probe();
        }
    }

    /// Sends every probe that became possible.
    fn probe(&mut self) {
        for visit in self.memory.visits() {
            self.jobs.push(jobs::visit(self.engines, self.request, visit));
        }
        if let Some(hold) = self.memory.next_hold(self.request, false) {
            self.jobs.push(jobs::hold(self.engines, self.request, hold));
        }
        for (index, seen) in self.memory.images() {
            self.jobs.push(jobs::image(&self.engines[index], index, seen, self.request));
        }
    }

    /// The command has failed: hears what is still told, waits for what is under way, and asks servers that are still there
    /// what two seconds were too short for.
    async fn finish(&mut self, ear: &mut Ear) {
        sleep(ECHO).await;
        while let Ok((index, event)) = ear.heard.try_recv() {
            self.hear(index, event);
        }
        self.wait(Instant::now() + LAST).await;
        let end = Instant::now() + AGAIN;
        while let Some(hold) = self.memory.next_hold(self.request, true) {
            self.jobs.push(jobs::hold(self.engines, self.request, hold));
            self.wait(end).await;
        }
    }

    async fn wait(&mut self, until: Instant) {
        while let Ok(Some(update)) = timeout_at(until, self.jobs.next()).await {
            self.learn(update).await;
        }
    }
}
