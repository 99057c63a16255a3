//! What changed between two runs: outcomes from their reports, facts from their snapshots.

mod facts;
mod outcomes;

use crate::model::{Engine, Outcome, Report, Snapshot};
use serde::Serialize;

/// The version of the comparison's form.
pub const COMPARISON_VERSION: u32 = 1;

/// One run: its report, and its facts where a snapshot was given.
#[derive(Clone, Debug)]
pub struct Run {
    /// The verdicts.
    pub report: Report,
    /// The facts; `None` where only a report was kept.
    pub facts: Option<Snapshot>,
}

/// What changed from one run to the next.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// See [`COMPARISON_VERSION`].
    pub comparison_version: u32,
    /// The run before.
    pub before: Side,
    /// The run after.
    pub after: Side,
    /// Whether anything got worse.
    pub worse: bool,
    /// The links with another outcome, in whole or in one check, by id.
    pub links: Vec<LinkChange>,
    /// How many links had each error, before and after: symptoms first, then findings, each by name.
    pub errors: Vec<ErrorCount>,
    /// What the logs tell of failed connections, by class.
    pub logged: Vec<LoggedCount>,
    /// What else is different, by subject; `None` where one of the two runs kept no facts.
    pub facts: Option<Vec<FactChange>>,
}

/// One of the two runs.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// When its facts were taken, RFC 3339 in UTC.
    pub taken_at: String,
    /// How it came out.
    pub outcome: Outcome,
    /// How many links it had.
    pub links: usize,
}

/// A link whose outcome, or one of whose checks' outcome, is another.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LinkChange {
    /// `engine:client->url`.
    pub id: String,
    /// Its outcome before; `None` where there was no such link.
    pub before: Option<Outcome>,
    /// Its outcome after; `None` where there is none any more.
    pub after: Option<Outcome>,
    /// The codes of its faults before.
    pub chain_before: Vec<String>,
    /// The codes of its faults after.
    pub chain_after: Vec<String>,
    /// Whether it or one of its checks got worse.
    pub worse: bool,
    /// The checks with another outcome, in the order of the report. None are listed of a link that came or went.
    pub checks: Vec<CheckChange>,
}

/// A check of a link that came out otherwise.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CheckChange {
    /// The check's id.
    pub check: String,
    /// Its outcome before; `None` where it was not made.
    pub before: Option<Outcome>,
    /// Its outcome after; `None` where it was not made.
    pub after: Option<Outcome>,
    /// Whether that is worse.
    pub worse: bool,
}

/// How often the logs tell of one class of failure.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LoggedCount {
    /// The class, in the words of the report.
    pub class: String,
    /// Failures before.
    pub before: u64,
    /// Failures after.
    pub after: u64,
}

/// How many links had one error.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ErrorCount {
    /// A symptom in the words of the report, or the code of a finding.
    pub error: String,
    /// What it says; empty for a symptom.
    pub title: String,
    /// Links that had it before.
    pub before: usize,
    /// Links that have it after.
    pub after: usize,
}

/// One thing that is not what it was.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct FactChange {
    /// What it belongs to: `docker:api`, or `docker:network front`.
    pub subject: String,
    /// What it is: container, image, state, networks, addresses, listeners, ports, variables, told, options.
    pub what: String,
    /// What was there before and is not any more.
    pub gone: Vec<String>,
    /// What is there after and was not before.
    pub new: Vec<String>,
}

/// Compares two runs.
#[must_use]
pub fn compare(before: &Run, after: &Run) -> Comparison {
    let side = |report: &Report| Side {
        taken_at: report.taken_at.clone(),
        outcome: report.outcome,
        links: report.links.len(),
    };
    let links = outcomes::links(&before.report, &after.report);
    // A run that finds no link any more, or whose engine fell silent, is unknown as a whole, and no link says so.
    let unseen = after.report.engines.iter().any(Engine::fell_silent);
    let lost = (after.report.links.is_empty() || unseen)
        && outcomes::is_worse(Some(before.report.outcome), Some(after.report.outcome));
    Comparison {
        comparison_version: COMPARISON_VERSION,
        before: side(&before.report),
        after: side(&after.report),
        worse: lost || links.iter().any(|link| link.worse),
        links,
        errors: outcomes::errors(&before.report, &after.report),
        logged: outcomes::logged(&before.report, &after.report),
        facts: before.facts.as_ref().zip(after.facts.as_ref()).map(|(b, a)| facts::changes(b, a)),
    }
}

#[cfg(test)]
mod tests;
