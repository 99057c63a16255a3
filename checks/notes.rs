//! What a report says of the run itself, in its notes. A note judges no link; it has a code and a page as findings have.

use std::fmt::Display;

/// One kind of note.
#[derive(Debug)]
pub struct Note {
    /// The code; it never changes its meaning.
    pub code: &'static str,
    /// What it says, in one lower-case sentence.
    pub title: &'static str,
    /// What it is and what to do about it, in Markdown.
    pub explanation: &'static str,
}

impl Note {
    /// The note with what was seen.
    #[must_use]
    pub fn says(&self, what: impl Display) -> String {
        format!("{} {what}", self.code)
    }

    /// Whether this text is a note of this kind.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        text.strip_prefix(self.code).is_some_and(|rest| rest.starts_with(' '))
    }
}

/// Every kind of note, by code.
pub static NOTES: &[&Note] = &[
    &NO_LINK,
    &NOBODY_NAMED,
    &UNREADABLE,
    &UNSEARCHED,
    &NO_ENGINE,
    &DECIDED_BY,
    &SUPPRESSION_OVER,
    &SUPPRESSION_IDLE,
    &LOG_OF_THE_PAST,
    &DEAF,
    &NAME_USED_AGAIN,
    &TAKEN_DOWN,
    &ANSWERED_LATER,
    &NOT_REDACTED,
    &NOT_ALL_READ,
];

/// Nobody is told to call anybody.
pub const NO_LINK: Note = Note {
    code: "EC901",
    title: "no link was found",
    explanation: "
## What it is
Neither the environment, nor the command line, nor a mounted configuration file of any container tells an address that may
be another container's and is dialled over TCP: services over UDP (`STATSD_HOST`, `udp://...`) are not judged. So the run
could not complete (exit code 3): that nobody calls anybody is seldom what was meant.

## How to repair it
Name the link: `--link CLIENT=URL`, or an `[[expect]]` in `econn.toml`. Where the address stands in a file that is part of
the image, it is not found by itself. Where the containers are another engine's, name that engine.
",
};

/// The containers that were named are no client's and no server's.
pub const NOBODY_NAMED: Note = Note {
    code: "EC902",
    title: "no link has a named container at an end",
    explanation: "
## What it is
Links were found, and the containers named on the command line are neither client nor server of any of them.

## How to repair it
Leave the names out to see all links, or name the link itself with `--link CLIENT=URL`.
",
};

/// An engine did not tell something.
pub const UNREADABLE: Note = Note {
    code: "EC904",
    title: "an engine did not tell something",
    explanation: "
## What it is
The engine lists a container, a network or a Swarm and could not show it: it went away meanwhile, or the engine is ill or
forbids it. What depends on it is unknown.

## How to repair it
Run econn again; a container that was just removed is not listed any more. If it stays, ask the engine for the same
(`docker inspect NAME`): its answer says more.
",
};

/// Configuration that was not read.
pub const UNSEARCHED: Note = Note {
    code: "EC905",
    title: "not all configuration files were searched",
    explanation: "
## What it is
A mount of a container holds more files than are read, is nested deeper than is searched, or could not be read. An address in
one of those files is not found.

## How to repair it
Name the link with `--link CLIENT=URL`, or mount the configuration by itself instead of a whole tree.
",
};

/// Nobody could be asked.
pub const NO_ENGINE: Note = Note {
    code: "EC906",
    title: "no engine answers",
    explanation: "
## What it is
None of the engines that were asked answered, so nothing was seen (exit code 3). The note names each and what it came to.

## How to repair it
Start the engine, or name the one that runs: `--host unix:///path/to.sock`, `--context NAME`, `DOCKER_HOST`,
`CONTAINER_HOST`. Without permission for a socket, join its group or let somebody run econn who has it.
",
};

/// A project's file holds.
pub const DECIDED_BY: Note = Note {
    code: "EC907",
    title: "a project's econn.toml holds for this run",
    explanation: "
## What it is
The file named here was found in this folder, or above it up to the root of the project, or was named with `--config`. What
it expects, forbids, suppresses and allows to warn is in the report.

## How to repair it
Nothing is wrong. `--config FILE` names another file, `--config /dev/null` none.
",
};

/// A suppression that no longer counts.
pub const SUPPRESSION_OVER: Note = Note {
    code: "EC908",
    title: "the day of a suppression is over",
    explanation: "
## What it is
`econn.toml` suppresses a finding until a day, and the facts were taken after it: the finding counts again.

## How to repair it
Repair what it was waiting for and take the suppression away, or give it a later day with a reason that still holds.
",
};

/// A suppression that nothing needs.
pub const SUPPRESSION_IDLE: Note = Note {
    code: "EC909",
    title: "a suppression matches nothing",
    explanation: "
## What it is
`econn.toml` suppresses a finding that did not come up on any link of this run. It would hide the fault when it comes back.

## How to repair it
Take it away; or, where the containers that it is meant for were not there, leave it.
",
};

/// A log contradicts what is.
pub const LOG_OF_THE_PAST: Note = Note {
    code: "EC920",
    title: "the log tells of failures, and now it works",
    explanation: "
## What it is
A log that was given with `--log`, or what the command of `econn run` printed, says that connections of a link failed; the
client's own connection works now. The verdict is about what is: the server was not up yet, or has been repaired since.

## How to repair it
Let the client wait for its server (`econn preflight` before it, a health check, retries), or run econn while it fails:
`econn run -- COMMAND`.
",
};

/// Events that were missed.
pub const DEAF: Note = Note {
    code: "EC930",
    title: "an engine's events could not be followed",
    explanation: "
## What it is
`econn run` learns from the engine's events that a container came or went. This engine did not give them, so containers that
came and went between two looks may be missing from the recording.

## How to repair it
The note says what the engine answered. A proxy before the engine's socket has to let `/events` pass.
",
};

/// One name, several containers.
pub const NAME_USED_AGAIN: Note = Note {
    code: "EC931",
    title: "a container's name was used more than once",
    explanation: "
## What it is
While the command of `econn run` ran, a container was removed and another one made under its name. What is told is of the
last one; what was seen of those before it is not in the recording.

## How to repair it
Nothing is wrong with that. To tell them apart, give each container of a test a name of its own.
",
};

/// Somebody took a server down.
pub const TAKEN_DOWN: Note = Note {
    code: "EC932",
    title: "a server was taken down while its client was there",
    explanation: "
## What it is
Somebody sent the server a signal or stopped it while a client that is told to call it still ran. That is no fault of the
server; what the client saw from then on is explained by it.

## How to repair it
Where a teardown does that, stop the clients first. Where nobody should have, look for who did: the engine's events name the
moment.
",
};

/// It failed before it worked.
pub const ANSWERED_LATER: Note = Note {
    code: "EC933",
    title: "a connection failed at first and was answered later",
    explanation: "
## What it is
`econn run` saw the client's connection fail, and the same connection answered later: the server was not ready yet when its
client came.

## How to repair it
Let the client wait for its server (`econn preflight` before it, a health check, retries).
",
};

/// It printed too much at once.
pub const NOT_ALL_READ: Note = Note {
    code: "EC936",
    title: "not all that the command printed was read",
    explanation: "
## What it is
`econn run` reads a copy of what its command prints, for error texts of connections. The command never waits for that: where it
prints faster than econn reads, 8 MB wait to be read, and what comes beyond that goes on to its reader without being searched.
What others that the command started still print three seconds after its end is not read, either. So an error may be missing
from those that are counted.

## How to repair it
Let the command print less, or to a file that is given to `--log`.
",
};

/// The gate is shut.
pub const NOT_REDACTED: Note = Note {
    code: "EC934",
    title: "what was seen could not be redacted",
    explanation: "
## What it is
Everything passes a gate that takes out secrets before it is kept. It failed on what was seen here, so all of it was left out
rather than let through.

## How to repair it
This is a defect of econn: please report it, with the version and without the data.
",
};
