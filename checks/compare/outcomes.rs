//! Outcomes and errors before and after.

use super::{CheckChange, ErrorCount, LinkChange, LoggedCount};
use crate::model::{LinkReport, Logged, Outcome, Report, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Whether an outcome is worse than the one before: fail, unknown, warn, and last pass and skip alike, since what was left
/// out is no fault. What was not there before was no fault, either; what is gone can't be one.
pub(super) fn is_worse(before: Option<Outcome>, after: Option<Outcome>) -> bool {
    let rank = |outcome: Option<Outcome>| outcome.map(|outcome| outcome.max(Outcome::Pass));
    rank(after) > rank(before).or(Some(Outcome::Pass))
}

/// The links that came, went, or came out otherwise.
pub(super) fn links(before: &Report, after: &Report) -> Vec<LinkChange> {
    let by_id = |report: &'_ Report| -> BTreeMap<String, LinkReport> {
        report.links.iter().map(|link| (link.id.clone(), link.clone())).collect()
    };
    let (before, after) = (by_id(before), by_id(after));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    ids.into_iter().filter_map(|id| link(id, before.get(id), after.get(id))).collect()
}

fn link(id: &str, before: Option<&LinkReport>, after: Option<&LinkReport>) -> Option<LinkChange> {
    let outcome = |link: Option<&LinkReport>| link.map(|link| link.outcome);
    let chain = |link: Option<&LinkReport>| link.map(|l| l.chain.clone()).unwrap_or_default();
    let checks = match (before, after) {
        (Some(before), Some(after)) => checks(&before.checks, &after.checks),
        _ => Vec::new(),
    };
    let change = LinkChange {
        id: id.to_owned(),
        before: outcome(before),
        after: outcome(after),
        chain_before: chain(before),
        chain_after: chain(after),
        worse: is_worse(outcome(before), outcome(after)) || checks.iter().any(|check| check.worse),
        checks,
    };
    let same = change.before == change.after
        && change.chain_before == change.chain_after
        && change.checks.is_empty();
    (!same).then_some(change)
}

fn checks(before: &[Row], after: &[Row]) -> Vec<CheckChange> {
    let of = |rows: &[Row], id: &str| rows.iter().find(|r| r.check == id).map(|r| r.outcome);
    let gone = before.iter().filter(|row| of(after, &row.check).is_none());
    let all = after.iter().chain(gone).map(|row| {
        let (before, after) = (of(before, &row.check), of(after, &row.check));
        CheckChange { check: row.check.clone(), before, after, worse: is_worse(before, after) }
    });
    all.filter(|change| change.before != change.after).collect()
}

/// Every symptom and every finding of either run, with the number of links that had it.
pub(super) fn errors(before: &Report, after: &Report) -> Vec<ErrorCount> {
    let mut counts: BTreeMap<(bool, String), ErrorCount> = BTreeMap::new();
    for (is_after, report) in [(false, before), (true, after)] {
        for link in &report.links {
            for ((is_finding, error), title) in of(link) {
                let count = counts.entry((is_finding, error.clone())).or_insert(ErrorCount {
                    error,
                    title,
                    before: 0,
                    after: 0,
                });
                *(if is_after { &mut count.after } else { &mut count.before }) += 1;
            }
        }
    }
    counts.into_values().collect()
}

/// How often the logs of either run tell of each class of failure. What belongs to several links is counted once.
pub(super) fn logged(before: &Report, after: &Report) -> Vec<LoggedCount> {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (is_after, report) in [(false, before), (true, after)] {
        let of_links = report.links.iter().flat_map(|link| &link.logged);
        let all: BTreeSet<&Logged> = of_links.chain(&report.logged_elsewhere).collect();
        for logged in all {
            let (before, after) = counts.entry(logged.class.to_string()).or_default();
            *(if is_after { after } else { before }) += logged.count;
        }
    }
    let count = |(class, (before, after))| LoggedCount { class, before, after };
    counts.into_iter().map(count).collect()
}

/// The errors of one link, each once.
fn of(link: &LinkReport) -> BTreeMap<(bool, String), String> {
    let findings = link.checks.iter().flat_map(|row| &row.findings);
    let findings = findings.map(|f| ((true, f.code.clone()), f.title.clone()));
    let symptom = link.symptom.iter().map(|s| ((false, s.to_string()), String::new()));
    symptom.chain(findings).collect()
}
