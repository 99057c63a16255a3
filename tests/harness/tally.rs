//! What came out of one scene or of many, held against what they expect.

use super::explained::Explanations;
use super::scene::{Expect, OneOf};
use super::verdict::{Met, findings, list, text};
use super::words::Words;
use checks::ALL;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::AddAssign;

/// The heading before the part of the page that is no count.
pub(crate) const UNKNOWNS: &str = "## What stayed unknown, and why";

/// How a row of the checklist may be expected: as one outcome, as one of several, or only not as a fault.
const EXPECTED: [&str; 7] =
    ["pass", "warn", "fail", "unknown", "skip", "one of several", "anything but fail"];

/// What expectations said of a finding, and what came out.
#[derive(Clone, Copy, Default)]
struct Marks {
    right: usize,
    missed: usize,
    unknown: usize,
    wrong: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Tally {
    links: usize,
    findings: BTreeMap<String, Marks>,
    /// By check and expected outcome, how often it came out so; under the outcome "otherwise", how often it did not.
    rows: BTreeMap<(String, &'static str), usize>,
    /// By what a link that works may come out as: how many there are, and how many of them have a fault.
    healthy: BTreeMap<String, (usize, usize)>,
    unknowns: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Tally {
    /// The tally of one report.
    pub(crate) fn of(met: &Met<'_>, words: &Words) -> Self {
        let mut tally = Self::default();
        let ns = words.fill("{{ns}}").unwrap_or_default();
        for (expect, found) in &met.expected {
            let link = if let [link] = found[..] { link } else { &Value::Null };
            tally.count(expect, link);
        }
        for link in met.expected.iter().flat_map(|(_, found)| found).chain(&met.unexpected) {
            for row in list(link, "checks").iter().filter(|row| text(row, "outcome") == "unknown") {
                let why = nameless(text(row, "reason"), link, &ns);
                tally.unknowns.insert(format!("- `{}`: {why}", text(row, "check")));
            }
        }
        for link in &met.unexpected {
            for finding in findings(link) {
                tally.mark_wrong(link, finding);
            }
        }
        tally
    }

    fn count(&mut self, expect: &Expect, link: &Value) {
        self.links += 1;
        let row = |check: &str| list(link, "checks").iter().find(|row| text(row, "check") == check);
        let named: Vec<&str> = findings(link).map(|finding| text(finding, "code")).collect();
        let demanded: BTreeSet<&String> = expect
            .codes
            .iter()
            .chain(expect.chain.iter().flatten())
            .chain(&expect.root_cause)
            .collect();
        for check in ALL {
            let outcome = row(check.id).map_or("", |row| text(row, "outcome"));
            let (kind, holds) = match expect.checks.get(check.id) {
                Some(OneOf::One(one)) => (one.as_str(), outcome == one),
                Some(several) => ("one of several", several.holds(outcome)),
                None => ("anything but fail", outcome != "fail"),
            };
            let kind = EXPECTED.into_iter().find(|known| *known == kind && holds);
            *self.rows.entry((check.id.to_owned(), kind.unwrap_or("otherwise"))).or_default() += 1;
            for rule in check.rules.iter().filter(|r| demanded.iter().any(|code| *code == r.code)) {
                let marks = self.findings.entry(rule.code.to_owned()).or_default();
                if named.contains(&rule.code) {
                    marks.right += 1;
                } else if outcome == "unknown" {
                    marks.unknown += 1;
                } else {
                    marks.missed += 1;
                }
            }
        }
        for row in list(link, "checks") {
            for finding in list(row, "findings") {
                if !demanded.iter().any(|code| *code == text(finding, "code"))
                    && ruled_out(expect, text(row, "check"), finding)
                {
                    self.mark_wrong(link, finding);
                }
            }
        }
        // A pair that works has no fault, whatever else the scene says of it.
        let works = |o: &&OneOf| !o.holds("fail") && !o.holds("unknown");
        if let Some(outcome) = expect.outcome.as_ref().filter(works) {
            let faults: Vec<&Value> =
                findings(link).filter(|finding| text(finding, "severity") == "fail").collect();
            let healthy = self.healthy.entry(outcome.to_string()).or_default();
            healthy.0 += 1;
            healthy.1 += usize::from(!faults.is_empty());
            for fault in faults {
                self.wrong.insert(told(link, fault));
            }
        }
    }

    fn mark_wrong(&mut self, link: &Value, finding: &Value) {
        self.findings.entry(text(finding, "code").to_owned()).or_default().wrong += 1;
        self.wrong.insert(told(link, finding));
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.links += other.links;
        for (code, marks) in &other.findings {
            *self.findings.entry(code.clone()).or_default() += *marks;
        }
        for (row, count) in &other.rows {
            *self.rows.entry(row.clone()).or_default() += count;
        }
        for (outcome, (links, faults)) in &other.healthy {
            let healthy = self.healthy.entry(outcome.clone()).or_default();
            healthy.0 += links;
            healthy.1 += faults;
        }
        self.unknowns.extend(other.unknowns.iter().cloned());
        self.wrong.extend(other.wrong.iter().cloned());
    }

    /// Findings that a scene rules out, and faults of pairs that work, a line each.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.wrong.iter().cloned().collect()
    }

    /// The page, with the reasons of unknowns that are known besides those of this run.
    pub(crate) fn page(&self, played: usize, reasons: &[String], why: &Explanations) -> String {
        let mut page = format!(
            "# Accuracy\n\n\
             Each scene of `tests/scenes` says of every link which findings must come out and which must not. These are the\n\
             counts of a whole run on Docker and Podman ({played} runs of a scene, {} links); `make test` fails when it counts\n\
             otherwise, and `UPDATE_ACCURACY=1 cargo test --test scenes` writes the page.\n\n\
             ## Pairs that work\n\n\
             Healthy ones, and healthy ones beside a broken one. No finding of severity `fail` may be among them.\n\n\
             | may come out as | links | with a fault |\n|---|---|---|\n",
            self.links
        );
        for (outcome, (links, faults)) in &self.healthy {
            let _ = writeln!(page, "| {outcome} | {links} | {faults} |");
        }
        page.push_str(
            "\n## Findings\n\n\
             Right: a scene demands it, and it was named. Missed: it was not. Unknown: its check could not tell. Wrong: it was\n\
             named where the scene rules it out. A row of zeros is a finding without a scene: its table of cases is its only test.\n\n\
             | code | finding | right | missed | unknown | wrong |\n|---|---|---|---|---|---|\n",
        );
        let mut rules: Vec<_> = ALL.iter().flat_map(|check| check.rules).collect();
        rules.sort_by_key(|rule| rule.code);
        for rule in rules {
            let Marks { right, missed, unknown, wrong } =
                self.findings.get(rule.code).copied().unwrap_or_default();
            let (code, title) = (rule.code, rule.title);
            let _ =
                writeln!(page, "| {code} | {title} | {right} | {missed} | {unknown} | {wrong} |");
        }
        page.push_str(
            "\n## Checks\n\n\
             How often a scene expects an outcome of a check, and it came out so; the last column counts what came out otherwise.\n\
             A scene may permit one of several outcomes. Where it does not name a check, that check must not fail.\n\n| check |",
        );
        let columns: Vec<&str> = EXPECTED.into_iter().chain(["otherwise"]).collect();
        let _ = writeln!(page, " {} |\n|---{}|", columns.join(" | "), "|---".repeat(columns.len()));
        for check in ALL {
            let count =
                |kind: &&str| self.rows.iter().find(|((id, k), _)| id == check.id && k == kind);
            let counts: Vec<String> = columns
                .iter()
                .map(|kind| count(kind).map_or(0, |(_, count)| *count).to_string())
                .collect();
            let _ = writeln!(page, "| {} | {} |", check.id, counts.join(" | "));
        }
        let _ = writeln!(
            page,
            "\n{UNKNOWNS}\n\n\
             Every reason for which a check answered `unknown` in some scene that permits it, with the names left out, and why it\n\
             cannot be known. Some come up in one run and not in the next, so they are listed and not counted; one that\n\
             `tests/unknowns.toml` does not explain fails the run.\n"
        );
        let reasons: BTreeSet<&String> = self.unknowns.iter().chain(reasons).collect();
        page + &why.list(reasons.into_iter())
    }

    /// The reasons for which something stayed unknown, as lines of the page.
    pub(crate) fn unknowns(&self) -> &BTreeSet<String> {
        &self.unknowns
    }
}

/// Does the expectation forbid this finding, which it does not demand?
fn ruled_out(expect: &Expect, check: &str, finding: &Value) -> bool {
    let code = text(finding, "code").to_owned();
    let at_most = |outcomes: Option<&OneOf>, severities: &[&str]| {
        outcomes.is_some_and(|outcomes| !severities.iter().any(|one| outcomes.holds(one)))
    };
    let permitted = expect.checks.get(check);
    let by_severity = if text(finding, "severity") == "fail" {
        let chained = expect.chain.as_ref().is_none_or(|chain| chain.contains(&code));
        permitted.is_none() || at_most(permitted, &["fail"]) || !chained
    } else {
        // A warning stands beside whatever is worse.
        let worse = ["warn", "unknown", "fail"];
        at_most(permitted, &worse) || at_most(expect.outcome.as_ref(), &worse)
    };
    expect.not_codes.contains(&code) || by_severity
}

/// A reason without what is different from run to run and from scene to scene: names, addresses, numbers and folders.
pub(crate) fn nameless(reason: &str, link: &Value, ns: &str) -> String {
    let (client, server) = (text(link, "client"), text(&link["server"], "container"));
    let of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let made_by_run = reason.split_once(env!("CARGO_TARGET_TMPDIR")).map(|(before, path)| {
        let end = path.find([' ', ',', ';']).unwrap_or(path.len());
        format!("{before}FOLDER{}", &path[end..])
    });
    let reason = made_by_run.as_deref().unwrap_or(reason);
    let mut said = String::new();
    for word in reason.split_inclusive(|c| !of_name(c)) {
        let name = word.trim_end_matches(|c| !of_name(c));
        let end = &word[name.len()..];
        let stands_for = match name {
            _ if name.is_empty() => "",
            _ if name == client => "CLIENT",
            _ if name == server => "SERVER",
            _ if name.parse::<std::net::IpAddr>().is_ok() => "ADDRESS",
            _ if name.bytes().all(|b| b.is_ascii_digit()) => "N",
            other => other.strip_suffix(ns).unwrap_or(other),
        };
        said.push_str(stands_for);
        said.push_str(end);
    }
    said
}

fn told(link: &Value, finding: &Value) -> String {
    format!("{}: {} ({})", text(link, "id"), text(finding, "code"), text(finding, "seen"))
}

impl AddAssign for Marks {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.missed += other.missed;
        self.unknown += other.unknown;
        self.wrong += other.wrong;
    }
}
