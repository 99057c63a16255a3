//! Which failure a line belongs to, where several programs write into one log: behind a prefix each, or line by line into the
//! same stream, so that their tracebacks are mixed.

use super::dress::Dressed;
use super::failure::{self, Failure, LINES, LINK, TRACEBACK, regex};
use super::shape;
use checks::model::Logged;
use regex::Regex;
use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

/// How many programs that write into one log are kept apart.
const STREAMS: usize = 64;
/// How many failures of one stream may wait for more of their lines.
const WAITING: usize = 64;
/// For how many lines of others they wait.
const PATIENCE: u64 = 1000;
/// How close to a traceback its source stands, whatever else is printed meanwhile.
const CLOSE: u64 = 64;

/// A test runner's last lines, which repeat what it said before.
static REPEATED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:FAILED|ERROR) \S+(?:::|\.)\S+.* - "));
/// A frame of a traceback and its source.
static SOURCE: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"^  (?:File "| {2}|\[Previous line repeated)"#));
/// What is printed by tests in the form of TAP, whose reports on a failure look like comments.
static TAP: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:TAP version \d+|1\.\.\d+|(?:not )?ok \d+\b.*)\s*$"));
/// The line of an exception at the end of a traceback.
static RAISED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?::|\s*$)|^[A-Z]\w*(?:Error|Exception|Timeout|Interrupt|Exit|Warning)\b",
    )
});

/// The failures that are being read, one for each program that writes into the log.
#[derive(Default)]
pub(super) struct Failures {
    streams: HashMap<String, Stream>,
    /// What only a runner's summary has said so far.
    repeated: Vec<Logged>,
    seen: bool,
}

impl Failures {
    /// Reads a line; gives each failure that is complete with it.
    pub(super) fn line(&mut self, line: &Dressed<'_>, done: &mut dyn FnMut(Logged)) {
        if line.is_whole {
            let mut whole = Failure::default();
            line.text.lines().for_each(|text| whole.look(text));
            self.give(whole, done);
            return;
        }
        if REPEATED.is_match(line.text) {
            let mut one = Failure::default();
            one.look(line.text);
            if self.repeated.len() < LINES {
                self.repeated.extend(one.logged());
            }
            return;
        }
        let known = self.streams.contains_key(line.stream) || self.streams.len() < STREAMS;
        let stream = if known { line.stream } else { "" };
        let mut complete = Vec::new();
        let stream = self.streams.entry(stream.to_owned()).or_default();
        stream.line(line, &mut |failure| complete.push(failure));
        for failure in complete {
            self.give(failure, done);
        }
    }

    /// The end of the log.
    pub(super) fn finish(&mut self, done: &mut dyn FnMut(Logged)) {
        let mut open: Vec<(String, Stream)> = self.streams.drain().collect();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        for failure in open.into_iter().flat_map(|(_, stream)| stream.finish()) {
            self.give(failure, done);
        }
        if !self.seen {
            self.repeated.drain(..).for_each(done);
        }
    }

    fn give(&mut self, failure: Failure, done: &mut dyn FnMut(Logged)) {
        if let Some(logged) = failure.logged() {
            self.seen = true;
            done(logged);
        }
    }
}

/// The failures of one stream: the one whose lines are read, and those whose tracebacks another program's lines interrupted.
///
/// Every traceback is the beginning of a failure, but where a link between two exceptions stands before it: so there are as many
/// failures as tracebacks without links, in whatever order the lines came.
#[derive(Default)]
struct Stream {
    current: Failure,
    /// With the line at which each was left, the oldest first.
    waiting: VecDeque<(u64, Failure)>,
    lines: u64,
    /// The line at which a traceback was interrupted or went on.
    mixed: u64,
    is_tap: bool,
}

impl Stream {
    fn line(&mut self, line: &Dressed<'_>, done: &mut dyn FnMut(Failure)) {
        self.is_tap |= TAP.is_match(line.text);
        let reported = line.text.strip_prefix("# ").filter(|_| self.is_tap);
        self.read(&Dressed { text: reported.unwrap_or(line.text), ..*line }, done);
    }

    fn read(&mut self, line: &Dressed<'_>, done: &mut dyn FnMut(Failure)) {
        self.lines += 1;
        self.expire(done);
        if self.is_mixed_source(line.text) {
            self.mixed = self.lines;
            self.sees(line.text);
            return;
        }
        if let Some((_, mut resumed)) =
            self.awaited(line.text).and_then(|at| self.waiting.remove(at))
        {
            resumed.resume();
            self.turn_to(resumed, done);
        }
        if !self.current.continues(line) {
            let mut begun = Failure::default();
            begun.begin(line);
            self.turn_to(begun, done);
        } else if self.current.reads(line) {
            self.current.look(line.text);
        }
    }

    fn finish(self) -> impl Iterator<Item = Failure> {
        self.waiting.into_iter().map(|(_, failure)| failure).chain([self.current])
    }

    /// Leaves the failure whose lines were read for another.
    fn turn_to(&mut self, next: Failure, done: &mut dyn FnMut(Failure)) {
        let left = std::mem::replace(&mut self.current, next);
        if !left.may_wait() {
            return done(left);
        }
        if self.waiting.len() >= WAITING
            && let Some((_, oldest)) = self.waiting.pop_front()
        {
            done(oldest);
        }
        if left.is_in_frames() {
            self.mixed = self.lines;
        }
        self.waiting.push_back((self.lines, left));
    }

    /// Gives what no line came for.
    fn expire(&mut self, done: &mut dyn FnMut(Failure)) {
        while let Some((left, _)) = self.waiting.front()
            && left + PATIENCE < self.lines
            && let Some((_, oldest)) = self.waiting.pop_front()
        {
            done(oldest);
        }
    }

    /// Which of the waiting failures the line belongs to, rather than to the one whose lines are read.
    fn awaited(&self, text: &str) -> Option<usize> {
        if self.waiting.is_empty() || self.current.is_test() {
            return None;
        }
        let bare = text.trim_start();
        if LINK.is_match(bare) {
            return self.newest(self.current.may_lead(), Failure::may_lead);
        }
        if bare.starts_with(TRACEBACK) {
            let is_own = self.current.is_linked() || self.current.is_heading();
            return self.newest(is_own, Failure::is_linked);
        }
        if failure::is_second(text)
            && let Some(at) = self.newest(self.current.pairs(text), |one| one.pairs(text))
        {
            return Some(at);
        }
        // Nobody says the same twice, so it is another program's.
        if self.current.has_said(text)
            && let Some(at) = self.newest(false, Failure::is_untold)
        {
            return Some(at);
        }
        if RAISED.is_match(text) { self.raised(text) } else { None }
    }

    /// Of the waiting failures that go on so the newest: what goes on stands mostly close behind.
    fn newest(&self, is_own: bool, goes_on: impl Fn(&Failure) -> bool) -> Option<usize> {
        let newest = || self.waiting.iter().rposition(|(_, one)| goes_on(one));
        if is_own { None } else { newest() }
    }

    /// Of the waiting failures in whose traceback an exception is still to come the one that it fits to best, unless it fits
    /// as well to the one whose lines are read.
    fn raised(&self, text: &str) -> Option<usize> {
        if !self.waiting.iter().any(|(_, failure)| failure.is_in_frames()) {
            return None;
        }
        let said = shape::recognise(text);
        let misfit = |failure: &Failure| failure.misfit(text, said.as_ref());
        let waiting = self.waiting.iter().enumerate().filter(|(_, (_, one))| one.is_in_frames());
        let (at, (_, best)) = waiting.min_by_key(|(_, (_, one))| misfit(one))?;
        let is_own = self.current.is_in_frames() && misfit(&self.current) <= misfit(best);
        (!is_own).then_some(at)
    }

    /// Whether this is the source in a traceback, of which several are mixed: it says nothing.
    fn is_mixed_source(&self, text: &str) -> bool {
        !self.current.is_test()
            && !self.current.has_fields()
            && (self.current.may_wait() || self.lines - self.mixed <= CLOSE)
            && SOURCE.is_match(text)
            && self.waiting.iter().any(|(_, failure)| failure.is_in_frames())
    }

    /// A frame of a client belongs to one of the tracebacks, and each has one before another has its second.
    fn sees(&mut self, frame: &str) {
        let all = self.waiting.iter_mut().map(|(_, one)| one).chain([&mut self.current]);
        let mut unseen = all.filter(|one| one.is_in_frames() && one.is_of_nobody());
        if let Some(one) = unseen.next() {
            one.sees(frame);
        }
    }
}
