//! Recognises in logs how the common clients complain of a connection. Of a log only the class of a failure, its address, the
//! client library and a count go on, and never a line.
//!
//! A log is read line by line: [`dress`] takes off what a logger puts around a line, [`shape`] knows what clients say
//! (one file of [`shapes`] for each family) and [`told`] what is none
//! of it, [`failure`] sees which lines belong to one failure, and [`streams`] which of them
//! where several are mixed.

mod address;
mod dress;
mod failure;
mod lines;
mod shape;
mod shapes;
mod streams;
mod told;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod random;

use checks::model::{LogClass, Logged};
use lines::Lines;
use std::collections::BTreeMap;
use std::io::{self, BufRead};
use streams::Failures;

/// How many different failures are kept apart; more are counted without their address.
const KINDS: usize = 256;

/// Reads a log piece by piece and counts the failures in it. Its memory is bounded, whatever the log holds.
#[derive(Default)]
pub(crate) struct Recogniser {
    lines: Lines,
    failures: Failures,
    counts: BTreeMap<Logged, u64>,
    /// Whether there was anything to read: what every line is held against takes a fifth of a second to make.
    has_read: bool,
}

impl Recogniser {
    /// Reads the next piece of the log, cut anywhere.
    pub(crate) fn read(&mut self, piece: &[u8]) {
        let Self { lines, failures, counts, has_read } = self;
        *has_read = true;
        lines.feed(piece, &mut |line| {
            dress::undressed(line, &mut |dressed| {
                failures.line(&dressed, &mut |failure| count(counts, failure));
            });
        });
    }

    /// What was recognised, in a fixed order.
    pub(crate) fn finish(mut self) -> Vec<Logged> {
        if !self.has_read {
            return Vec::new();
        }
        self.read(b"\n");
        let counts = &mut self.counts;
        self.failures.finish(&mut |failure| count(counts, failure));
        self.counts.into_iter().map(|(logged, count)| Logged { count, ..logged }).collect()
    }
}

/// Everything that a log says of connections.
///
/// # Errors
///
/// Fails when the log can't be read.
pub(crate) fn recognise(mut log: impl BufRead) -> io::Result<Vec<Logged>> {
    let mut recogniser = Recogniser::default();
    loop {
        let piece = log.fill_buf()?;
        if piece.is_empty() {
            return Ok(recogniser.finish());
        }
        recogniser.read(piece);
        let read = piece.len();
        log.consume(read);
    }
}

fn count(counts: &mut BTreeMap<Logged, u64>, mut failure: Logged) {
    if counts.len() >= KINDS && !counts.contains_key(&failure) {
        failure = Logged { host: None, port: None, ..failure };
    }
    *counts.entry(failure).or_default() += 1;
}

/// The sum of what several logs say.
pub(crate) fn together(logs: impl IntoIterator<Item = Vec<Logged>>) -> Vec<Logged> {
    let mut counts = BTreeMap::new();
    for mut logged in logs.into_iter().flatten() {
        let times = std::mem::take(&mut logged.count);
        *counts.entry(logged).or_default() += times;
    }
    counts.into_iter().map(|(logged, count)| Logged { count, ..logged }).collect()
}

/// Whether a class says more than that something failed.
fn is_named(class: LogClass) -> bool {
    class != LogClass::Unnamed
}
