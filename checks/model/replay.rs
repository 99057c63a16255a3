//! Clients that come at once, as a test suite's do. What counts is who got no answer; no time is compared with another.

use super::Symptom;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What became of clients that came at once.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Replay {
    /// How many came at once.
    pub clients: u32,
    /// How long each waited for its answer, in milliseconds.
    pub timeout_ms: u64,
    /// The path of their requests; `None` where they only connected, because the protocol is not known.
    pub path: Option<String>,
    /// How many were answered.
    pub answered: u32,
    /// How long the slowest of those took, in milliseconds.
    pub slowest_ms: u64,
    /// What the others saw, the most frequent first.
    pub errors: Vec<Errors>,
}

/// Clients that saw the same.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Errors {
    /// What they saw.
    pub symptom: Symptom,
    /// How many they were.
    pub count: u32,
}

/// As in "7 of 12 read timeout, 5 answered, the slowest after 4810 ms".
impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            write!(f, "{} of {} {}, ", error.count, self.clients, error.symptom)?;
        }
        match self.answered {
            0 => f.write_str("none answered"),
            n => write!(
                f,
                "{n} of {} answered, the slowest after {} ms",
                self.clients, self.slowest_ms
            ),
        }
    }
}
