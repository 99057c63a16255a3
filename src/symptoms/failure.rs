//! The lines of one failure: a traceback, a chain of causes, the fields of an error. It is counted once.

use super::address::Address;
use super::dress::Dressed;
use super::is_named;
use super::shape::{self, Found};
use checks::model::Logged;
use regex::Regex;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// How many lines of one failure are looked at; what is longer is no failure's own text any more.
pub(super) const LINES: usize = 400;

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

pub(super) const TRACEBACK: &str = "Traceback (most recent call last)";
/// What Python prints between two exceptions of which one led to the other.
pub(super) static LINK: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(?:During handling of the above exception|The above exception was the direct cause)")
});
/// The line of an exception at the end of a traceback begins with its name.
static NAME: LazyLock<Regex> = LazyLock::new(|| regex(r"^[A-Za-z_][\w.]*(?::|\s*$)"));
/// Ruby's line of an exception, which its cause repeats behind the frames.
static RUBY: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^\S+:\d+:in [`'].*?': (?P<words>.*) \((?P<class>[A-Z]\w*(?:::[A-Z]\w*)*)\)\s*$")
});

fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Whether a tool takes this line to say once more what it said.
pub(super) fn is_second(text: &str) -> bool {
    PAIRS.iter().any(|(second, _)| second.is_match(text))
}

/// As much of a line as it takes to know it again.
fn beginning(text: &str) -> String {
    text.chars().take(300).collect()
}

pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the program itself")
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
    /// There, and that line leaves to the lines below it what failed.
    Untold,
}

/// The lines of one failure, as far as they were read.
#[derive(Default)]
pub(super) struct Failure {
    head: String,
    /// The spaces before its first line: what stands deeper belongs to it.
    indent: usize,
    lines: usize,
    trace: Trace,
    /// The client of which a frame was seen.
    client: Option<&'static str>,
    /// The last line was the link between two exceptions, or empty behind one.
    open: bool,
    /// Python said that another traceback of this failure comes.
    is_linked: bool,
    blanks: usize,
    /// A test runner's report on one test.
    is_test: bool,
    found: Option<Found>,
    /// The line that said it first.
    said: String,
    address: Address,
}

impl Failure {
    /// Begins with this line.
    pub(super) fn begin(&mut self, line: &Dressed<'_>) {
        self.indent = indent(line.text);
        self.head = beginning(&line.text[self.indent..]);
        self.is_test = TEST.is_match(line.text) && line.text.starts_with('_');
        self.lines = 1;
        if self.head.starts_with(TRACEBACK) {
            self.trace = Trace::Frames;
        }
        self.look(line.text);
    }

    /// Whether this line belongs to what was read so far.
    pub(super) fn continues(&mut self, line: &Dressed<'_>) -> bool {
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
            self.is_linked |= LINK.is_match(text);
            return true;
        }
        if text.starts_with(TRACEBACK) {
            // A logger's line and the traceback below it are one failure; a second traceback is a second failure.
            let belongs = self.is_linked || self.trace == Trace::None && blanks == 0;
            if belongs {
                self.trace = Trace::Frames;
                (self.open, self.is_linked) = (false, false);
            }
            return belongs;
        }
        if self.trace == Trace::Frames {
            if NAME.is_match(text) {
                let is_told = !text.trim_end().ends_with(':');
                self.trace = if is_told { Trace::Ended } else { Trace::Untold };
            } else if !text.starts_with([' ', '\t']) {
                // Another program's line: the traceback goes on behind it.
                return false;
            } else {
                self.sees(text);
            }
            return true;
        }
        // What stands deeper belongs to an error, not to any line that happens to stand before it.
        let is_error = self.found.is_some()
            || matches!(self.trace, Trace::Ended | Trace::Untold)
            || ERROR.is_match(&self.head)
            || FRAME.is_match(text);
        let indented = is_error && text.starts_with([' ', '\t']);
        let caused = std::mem::take(&mut self.open) && !self.is_linked;
        let printed = self.lines <= 3 + blanks
            && EXCEPTION.is_match(text)
            && !EXCEPTION.is_match(&self.head)
            && self.found.is_some()
            && self.trace == Trace::None;
        indented || self.pairs(text) || printed || (caused && blanks == 0) || self.repeats(text)
    }

    /// Whether a tool takes this line, too, to say what it said before.
    pub(super) fn pairs(&self, text: &str) -> bool {
        PAIRS.iter().any(|(second, first)| {
            second.is_match(text) && (first.is_match(&self.head) || first.is_match(&self.said))
        })
    }

    /// Whether what failed is still to be said by the lines below its exception.
    pub(super) fn is_untold(&self) -> bool {
        self.trace == Trace::Untold && self.found.is_none()
    }

    /// Whether it was this line that said what failed.
    pub(super) fn has_said(&self, text: &str) -> bool {
        !self.said.is_empty() && self.said == beginning(text)
    }

    /// Whether this is Ruby's line of a cause: its words are those of the exception that stands first, or a part of them.
    fn repeats(&self, text: &str) -> bool {
        let (Some(first), Some(cause)) = (RUBY.captures(&self.head), RUBY.captures(text)) else {
            return false;
        };
        // The same once more is another program that failed.
        first["words"].contains(&cause["words"])
            && (first["words"] != cause["words"] || first["class"] != cause["class"])
    }

    /// Notes whose frame this is.
    pub(super) fn sees(&mut self, frame: &str) {
        if frame.contains(CLIENT.0) {
            self.client = Some(CLIENT.1);
        }
    }

    /// Whether it is in a traceback whose exception is still to come.
    pub(super) fn is_in_frames(&self) -> bool {
        self.trace == Trace::Frames
    }

    /// Whether Python said that another traceback of it comes.
    pub(super) fn is_linked(&self) -> bool {
        self.is_linked
    }

    /// Whether an exception of it may be the one "above" that led to another.
    pub(super) fn may_lead(&self) -> bool {
        !self.is_linked
            && match self.trace {
                Trace::None => self.found.is_some(),
                Trace::Frames => false,
                Trace::Ended | Trace::Untold => true,
            }
    }

    /// Whether another program's lines may stand between its own.
    pub(super) fn may_wait(&self) -> bool {
        self.trace != Trace::None && !self.is_test
    }

    /// Whether it is the report of a test runner, which holds whole lines of its own.
    pub(super) fn is_test(&self) -> bool {
        self.is_test
    }

    /// Whether a traceback below belongs to it: a logger's line that names the failure.
    pub(super) fn is_heading(&self) -> bool {
        self.trace == Trace::None && self.found.is_some() && self.blanks == 0
    }

    /// Whether what stands deeper is its own, and no program's source.
    pub(super) fn has_fields(&self) -> bool {
        self.trace == Trace::None && self.found.is_some()
    }

    /// Whether no frame of a known client was seen.
    pub(super) fn is_of_nobody(&self) -> bool {
        self.client.is_none()
    }

    /// Takes up its lines again after those of other programs.
    pub(super) fn resume(&mut self) {
        (self.lines, self.blanks) = (1, 0);
    }

    /// How far inside the library is that it names so far.
    fn depth(&self) -> usize {
        shape::depth(self.found.as_ref().and_then(|found| found.library))
    }

    /// How badly an exception that says this fits to what it said before: by its address and class, and by its library, which
    /// is that of an exception above or one that calls it.
    pub(super) fn misfit(&self, text: &str, said: Option<&Found>) -> (u8, u8, usize) {
        let Some(said) = said else {
            let is_strange = BARE_TIMEOUT.is_match(text) && self.is_of_nobody();
            return (u8::from(is_strange), 0, 0);
        };
        let host = match (&self.address.host, &said.address.host) {
            (Some(own), Some(other)) if own != other => 4,
            (None, Some(_)) => 1,
            _ => 0,
        };
        let class = match &self.found {
            Some(own) if is_named(own.class) && is_named(said.class) && own.class != said.class => {
                2
            }
            // What leaves open how it failed mostly wraps what says it.
            None if !is_named(said.class) => 1,
            _ => 0,
        };
        let (own, other) = (self.depth(), shape::depth(said.library));
        let library = match own.cmp(&other) {
            Ordering::Greater => 0,
            Ordering::Equal => 1,
            Ordering::Less => 2,
        };
        (host + class, library, own.abs_diff(other))
    }

    /// Whether a line that belongs here says anything: the program's source in a traceback does not.
    pub(super) fn reads(&self, line: &Dressed<'_>) -> bool {
        if self.is_test { line.is_quoted } else { self.trace != Trace::Frames }
    }

    /// Takes what a line of it says.
    pub(super) fn look(&mut self, text: &str) {
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
            None => {
                self.found = Some(found);
                self.said = beginning(text);
            }
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

    /// What it was, if it was a failure of a connection.
    pub(super) fn logged(self) -> Option<Logged> {
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
