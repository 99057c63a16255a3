//! GitLab's code quality report: a list of findings with a place and a fingerprint that stays the same from run to run. An
//! empty list reads as a success there, so what could not be determined is an entry as well, unless it may stand.

use super::place::{Place, digest, fingerprint, fingerprint_of, items, place, title};
use super::place::{trouble, unknowns};
use super::{Style, clean};
use checks::model::{Report, Severity};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

/// Writes the list.
pub(super) fn render(
    report: &Report,
    style: Style,
    base: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let found = items(report).into_iter().map(|item| {
        let severity = match (item.finding.severity, &item.finding.masked_by) {
            _ if !item.finding.counts() => "info",
            (Severity::Fail, None) => "critical",
            (Severity::Fail, Some(_)) => "major",
            (Severity::Warn, _) if style.warn_fails => "major",
            (Severity::Warn, _) => "minor",
        };
        Entry {
            text: format!("{}: {}", title(item.finding), item.finding.seen),
            name: item.finding.code.clone(),
            fingerprint: fingerprint(&item),
            severity,
            place: place(item.link, base),
        }
    });
    let unknown = unknowns(report).filter(|_| !style.unknown_allowed).map(|(link, row)| Entry {
        text: format!(
            "{}: {} is unknown: {}",
            link.id,
            row.check,
            row.reason.as_deref().unwrap_or("it could not be determined")
        ),
        name: row.check.clone(),
        fingerprint: fingerprint_of(link, &row.check, "unknown"),
        severity: "info",
        place: place(link, base),
    });
    let incomplete = trouble(report).map(|why| Entry {
        text: format!("econn could not see everything: {why}"),
        name: "econn".into(),
        fingerprint: digest(&["econn", "incomplete"]),
        severity: "info",
        place: Place::of_the_project(),
    });
    // Of equal fingerprints GitLab shows the first only.
    let mut known = BTreeSet::new();
    let entries: Vec<Value> = found
        .chain(unknown)
        .chain(incomplete)
        .filter(|entry| known.insert(entry.fingerprint.clone()))
        .map(|entry| {
            json!({
                "description": clean(&entry.text),
                "check_name": entry.name,
                "fingerprint": entry.fingerprint,
                "severity": entry.severity,
                "location": {"path": entry.place.path, "lines": {"begin": entry.place.line}},
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

/// One line of the list.
struct Entry {
    text: String,
    name: String,
    fingerprint: String,
    severity: &'static str,
    place: Place,
}
