//! Findings as flat lists with a place in a file, for the formats that show them beside code.

use super::table::ordered;
use checks::model::{Finding, LinkReport, Outcome, Report, Row, Severity, Source};
use std::path::Path;

/// One finding, and where it was found.
pub(super) struct Item<'a> {
    /// The link.
    pub(super) link: &'a LinkReport,
    /// The check's row.
    pub(super) row: &'a Row,
    /// The finding.
    pub(super) finding: &'a Finding,
}

/// A line of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// Relative to the folder in which econn runs, where it lies below it.
    pub(super) path: String,
    /// From 1.
    pub(super) line: usize,
}

/// All findings: what the clients see today first, then the other faults, then the warnings, then what does not count.
pub(super) fn items(report: &Report) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = report
        .links
        .iter()
        .flat_map(|link| ordered(link).into_iter().map(move |row| (link, row)))
        .flat_map(|(link, row)| row.findings.iter().map(move |finding| Item { link, row, finding }))
        .collect();
    items.sort_by_key(|item| match (item.finding.severity, &item.finding.masked_by) {
        _ if !item.finding.counts() => 3,
        (Severity::Fail, None) => 0,
        (Severity::Fail, Some(_)) => 1,
        (Severity::Warn, _) => 2,
    });
    items
}

/// The rows that could not be determined, and why.
pub(super) fn unknowns(report: &Report) -> impl Iterator<Item = (&LinkReport, &Row)> {
    let rows = report.links.iter().flat_map(|l| l.checks.iter().map(move |row| (l, row)));
    rows.filter(|(_, row)| row.outcome == Outcome::Unknown)
}

/// What kept a run that has no link to speak of from seeing anything: left out it would read as a success.
pub(super) fn trouble(report: &Report) -> Option<String> {
    let silent = report.engines.iter().filter_map(|engine| engine.error.clone());
    let mut why: Vec<String> = silent.collect();
    if report.links.is_empty() {
        why.extend(report.notes.iter().cloned());
    }
    (!why.is_empty()).then(|| why.join("; "))
}

/// The file and line that tells the address, else the Compose file, else the Dockerfile, else the configuration of the
/// project. `base` is the folder in which econn runs.
pub(super) fn place(link: &LinkReport, base: &Path) -> Place {
    let file = |source: &Source| match source {
        Source::File { host_path: Some(path), line, .. } => Some((path.clone(), *line)),
        _ => None,
    };
    let compose = |source: &Source| match source {
        Source::Compose { path, line } => Some((path.clone(), *line)),
        _ => None,
    };
    let sources = &link.endpoint.sources;
    let described = || link.described_in.clone().map(|path| (path, 1));
    let found = sources.iter().find_map(file).or_else(|| sources.iter().find_map(compose));
    let Some((written, at)) = found.or_else(described) else { return Place::of_the_project() };
    let below = Path::new(&written).strip_prefix(base).map(|path| path.display().to_string());
    Place { path: below.unwrap_or(written), line: at.max(1) }
}

impl Place {
    /// Where what belongs to no file is shown.
    pub(super) fn of_the_project() -> Self {
        Self { path: "econn.toml".into(), line: 1 }
    }
}

/// The fixes in one text, a paragraph for each.
pub(super) fn fixes(finding: &Finding) -> String {
    let text = finding.fix.iter().map(|fix| {
        let pasted = fix.command.iter().chain(&fix.patch).map(|text| format!("\n{text}"));
        format!("{}{}", fix.say, pasted.collect::<String>())
    });
    text.collect::<Vec<_>>().join("\n")
}

/// What stays the same for one finding from run to run: engine, client, server, check and code, and no address, time or line.
pub(super) fn fingerprint(item: &Item<'_>) -> String {
    fingerprint_of(item.link, &item.row.check, &item.finding.code)
}

/// The same for a row, by a word for what it says.
pub(super) fn fingerprint_of(link: &LinkReport, check: &str, word: &str) -> String {
    let server = link.server.as_ref().and_then(|s| s.container.as_deref()).unwrap_or("");
    let told = link.endpoint.source.as_ref().map(ToString::to_string).unwrap_or_default();
    let told = told.split(" line ").next().unwrap_or_default();
    digest(&[link.engine.as_str(), &link.client, server, told, check, word])
}

/// What stands for these words.
pub(super) fn digest(parts: &[&str]) -> String {
    use sha1::{Digest, Sha1};
    Sha1::digest(parts.join("\0"))
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The finding's title, with the project's reason where it does not count.
pub(super) fn title(finding: &Finding) -> String {
    let aside = finding.suppressed.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
    format!("{} {}{aside}", finding.code, finding.title)
}

/// A word for an outcome, as in JSON.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Skip => "skip",
        Outcome::Pass => "pass",
        Outcome::Warn => "warn",
        Outcome::Unknown => "unknown",
        Outcome::Fail => "fail",
    }
}

#[cfg(test)]
mod tests {
    use super::place;
    use checks::model::{Content, Fact, Report, Snapshot, Source};
    use std::path::Path;

    fn at(change: impl FnOnce(&mut Snapshot)) -> String {
        let mut facts: Snapshot =
            serde_json::from_str(include_str!("../../tests/snapshots/incident.json")).unwrap();
        change(&mut facts);
        let report: Report = checks::judge(&facts, &checks::Wanted::default());
        let place = place(&report.links[0], Path::new("/home/ci"));
        format!("{}:{}", place.path, place.line)
    }

    #[test]
    fn a_finding_stands_at_the_file_that_is_nearest_to_the_address() {
        assert_eq!(at(|_| ()), "hapi-config/config.yaml:4");
        let by_env = |it: &mut Snapshot| {
            it.links[0].endpoint.sources = vec![Source::Env { name: "LLM_ENDPOINT".into() }];
        };
        assert_eq!(at(by_env), "mock-llm/Dockerfile:1");
        let nowhere = |it: &mut Snapshot| {
            by_env(it);
            for container in &mut it.containers {
                if let Fact::Known(freshness) = &mut container.freshness {
                    freshness.content = Fact::<Content>::Skipped("no source is known".into());
                }
            }
        };
        assert_eq!(at(nowhere), "econn.toml:1");
        let composed = |it: &mut Snapshot| {
            by_env(it);
            for container in &mut it.containers {
                container.compose = serde_json::from_value(serde_json::json!({
                    "project": "ci", "service": container.name, "one_off": false,
                    "working_dir": "/home/ci/app", "config_files": ["compose.yaml"],
                }))
                .unwrap();
            }
        };
        assert_eq!(at(composed), "app/compose.yaml:1");
    }
}
