//! GitLab's code quality report: a list of findings with a place and a fingerprint that stays the same from run to run.

use super::clean;
use super::place::{fingerprint, items, place, title};
use checks::model::{Report, Severity};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

/// Writes the list.
pub(super) fn render(report: &Report, base: &Path, out: &mut dyn Write) -> io::Result<()> {
    // Of equal fingerprints GitLab shows the first only.
    let mut known = BTreeSet::new();
    let entries: Vec<Value> = items(report)
        .iter()
        .filter(|item| known.insert(fingerprint(item)))
        .map(|item| {
            let place = place(item.link, base);
            let severity = match (item.finding.severity, &item.finding.masked_by) {
                _ if !item.finding.counts() => "info",
                (Severity::Fail, None) => "critical",
                (Severity::Fail, Some(_)) => "major",
                (Severity::Warn, _) => "minor",
            };
            json!({
                "description": clean(&format!("{}: {}", title(item.finding), item.finding.seen)),
                "check_name": item.finding.code,
                "fingerprint": fingerprint(item),
                "severity": severity,
                "location": {"path": place.path, "lines": {"begin": place.line}},
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}
