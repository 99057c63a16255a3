//! Which lines belong to one failure: a traceback, a chain of causes, the fields of an error. It is counted once.

use super::address::Address;
use super::dress::Dressed;
use super::is_named;
use super::shape::{self, Found};
use checks::model::Logged;
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How many programs that write into one log are kept apart.
const STREAMS: usize = 64;
/// How many lines of one failure are looked at; what is longer is no failure's own text any more.
const LINES: usize = 400;

/// A line that says the cause of what stands before it, or what it led to.
static CAUSE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:\s*Caused by|Suppressed:|\s*\[cause\]:|The last packet sent |During handling of the above exception|The above exception was the direct cause|\s*\.\.\. \d+ more|[})\]>]+[;,]?$)",
    )
});
/// An exception that is printed without a logger's words before it.
static EXCEPTION: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:[a-zA-Z_][\w$]*\.)+[A-Z]\w*(?:Exception|Error|Timeout)\b"));
/// A line that is the head of an error, whatever failed.
static ERROR: LazyLock<Regex> = LazyLock::new(|| regex(r"Exception\b|Error\b"));
/// A frame of a stack.
static FRAME: LazyLock<Regex> = LazyLock::new(|| regex(r"^\s+(?:at |\.\.\. )"));
/// The head of a test's own report, and of the parts below it.
static TEST: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:_{3,}|={3,}|-{3,}) .* (?:_{3,}|={3,}|-{3,})$"));
/// A test runner's last lines, which repeat what it said before.
static REPEATED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:FAILED|ERROR) \S+(?:::|\.)\S+.* - "));
/// Tools that take two lines for one failure: the second of them, and the first.
static PAIRS: LazyLock<[(Regex, Regex); 5]> = LazyLock::new(|| {
    [
        (r"^wget: unable to resolve", r"^Resolving "),
        (r"^(?:curl: \(|\* )", r"^\* "),
        (r"^connection to server at ", r"[:)] connection to server at "),
        (r"^(?:details|debug_error_string) = ", r"^(?:status|details) = "),
        (r"\bopenai\.|Error code: ", r"HTTP Request: "),
    ]
    .map(|(second, first)| (regex(second), regex(first)))
});

/// The exception of asyncio alone: whose wait it was, only the frames above it say.
static BARE_TIMEOUT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(?:asyncio\.(?:exceptions\.)?)?TimeoutError:?\s*$"));
/// A frame of a client whose own exceptions are that one.
const CLIENT: (&str, &str) = ("/aiohttp/client", "aiohttp");

const TRACEBACK: &str = "Traceback (most recent call last)";

fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the program itself")
}

/// The failures that are being read, one for each program that writes into the log.
#[derive(Default)]
pub(super) struct Failures {
    streams: HashMap<String, Failure>,
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
        let current = self.streams.entry(stream.to_owned()).or_default();
        if !current.continues(line) {
            let complete = std::mem::take(current);
            current.begin(line);
            self.give(complete, done);
            return;
        }
        if current.reads(line) {
            current.look(line.text);
        }
    }

    /// The end of the log.
    pub(super) fn finish(&mut self, done: &mut dyn FnMut(Logged)) {
        let mut open: Vec<(String, Failure)> = self.streams.drain().collect();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, failure) in open {
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

/// Where in a Python traceback a failure's lines are.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Trace {
    /// There was none so far.
    #[default]
    None,
    /// In its frames: the program's own source, which says nothing.
    Frames,
    /// Behind the exception's own line.
    Ended,
}

/// The lines of one failure, as far as they were read.
#[derive(Default)]
struct Failure {
    head: String,
    /// The spaces before its first line: what stands deeper belongs to it.
    indent: usize,
    lines: usize,
    trace: Trace,
    /// The client of which a frame was seen.
    client: Option<&'static str>,
    /// The last line was the link between two exceptions, or empty behind one.
    open: bool,
    blanks: usize,
    /// A test runner's report on one test.
    is_test: bool,
    found: Option<Found>,
    address: Address,
}

impl Failure {
    fn begin(&mut self, line: &Dressed<'_>) {
        self.indent = indent(line.text);
        self.head = line.text[self.indent..].chars().take(300).collect();
        self.is_test = TEST.is_match(line.text) && line.text.starts_with('_');
        self.lines = 1;
        if self.head.starts_with(TRACEBACK) {
            self.trace = Trace::Frames;
        }
        self.look(line.text);
    }

    /// Whether this line belongs to what was read so far.
    fn continues(&mut self, line: &Dressed<'_>) -> bool {
        let text = &line.text[indent(line.text).min(self.indent)..];
        self.lines += 1;
        if self.lines == 1 || self.lines > LINES {
            return false;
        }
        if self.is_test {
            return !TEST.is_match(text);
        }
        if text.trim().is_empty() {
            self.blanks += 1;
            return self.blanks <= 2;
        }
        let blanks = std::mem::take(&mut self.blanks);
        if CAUSE.is_match(text) {
            self.open = true;
            return true;
        }
        if text.starts_with(TRACEBACK) {
            // A logger's line and the traceback below it are one failure; a second traceback is a second failure.
            let belongs = self.open || self.trace == Trace::None && blanks == 0;
            self.trace = Trace::Frames;
            self.open = false;
            return belongs;
        }
        if self.trace == Trace::Frames {
            if !text.starts_with([' ', '\t']) {
                self.trace = Trace::Ended;
            } else if text.contains(CLIENT.0) {
                self.client = Some(CLIENT.1);
            }
            return true;
        }
        // What stands deeper belongs to an error, not to any line that happens to stand before it.
        let is_error = self.found.is_some()
            || self.trace == Trace::Ended
            || ERROR.is_match(&self.head)
            || FRAME.is_match(text);
        let indented = is_error && text.starts_with([' ', '\t']);
        let caused = std::mem::take(&mut self.open);
        let pair =
            PAIRS.iter().any(|(second, first)| second.is_match(text) && first.is_match(&self.head));
        let printed = self.lines <= 3 + blanks
            && EXCEPTION.is_match(text)
            && !EXCEPTION.is_match(&self.head)
            && self.found.is_some()
            && self.trace == Trace::None;
        indented || pair || printed || (caused && blanks == 0)
    }

    /// Whether a line that belongs here says anything: the program's source in a traceback does not.
    fn reads(&self, line: &Dressed<'_>) -> bool {
        if self.is_test { line.is_quoted } else { self.trace != Trace::Frames }
    }

    fn look(&mut self, text: &str) {
        let bare = || {
            let library = self.client.filter(|_| BARE_TIMEOUT.is_match(text))?;
            Some(Found::unnamed(library))
        };
        let Some(found) = shape::recognise(text).or_else(bare) else {
            if self.found.is_some() {
                self.address.learn(Address::beside(text));
                self.belongs_to(shape::library(text));
            }
            return;
        };
        self.address.learn(found.address.clone());
        match &mut self.found {
            None => self.found = Some(found),
            Some(first) => {
                if !is_named(first.class) && is_named(found.class) {
                    (first.class, first.status) = (found.class, found.status);
                }
                self.belongs_to(found.library);
            }
        }
    }

    /// Of the libraries that call each other, the one that the program itself uses is named.
    fn belongs_to(&mut self, library: Option<&'static str>) {
        if let Some(found) = &mut self.found {
            found.library = shape::outer(found.library, library);
        }
    }

    fn logged(self) -> Option<Logged> {
        let found = self.found?;
        Some(Logged {
            class: found.class,
            status: found.status,
            host: self.address.host,
            port: self.address.port,
            library: found.library.map(str::to_owned),
            count: 0,
        })
    }
}
