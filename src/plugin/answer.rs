//! What a program answered, as rows: one for each of its checks on each link. Where it says nothing it is a pass; where it
//! says what can't be, the row is unknown, and what it found stays found.

use super::metadata::{Declared, Metadata};
use super::text::{shown, shown_as};
use checks::model::{Evidence, Finding, Fix, Outcome, OwnRow, Row, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most findings that one program may have.
const MOST: usize = 1000;

/// One entry of the list: a finding, or a row of another outcome.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("anyOf" = [
    { "required": ["code", "severity", "seen"] },
    { "required": ["outcome", "reason"] },
]))]
pub(crate) struct Entry {
    /// The id of a link of the snapshot that was read.
    link: String,
    /// The id of a check that the metadata names.
    check: String,
    /// What came of the check where it found nothing and it is no pass.
    #[serde(default)]
    #[schemars(extend("enum" = ["unknown", "skip", null]))]
    outcome: Option<String>,
    /// Why.
    #[serde(default)]
    reason: Option<String>,
    /// One of the codes that the metadata names for the check.
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    severity: Option<Severity>,
    /// What is wrong, in one line; the check's own title without.
    #[serde(default)]
    title: Option<String>,
    /// What was seen, with real names.
    #[serde(default)]
    seen: Option<String>,
    #[serde(default)]
    evidence: Vec<Evidence>,
    #[serde(default)]
    fix: Vec<Remedy>,
}

/// A fix, of which only the words are needed.
#[derive(Deserialize, JsonSchema)]
struct Remedy {
    say: String,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    patch: Option<String>,
    #[serde(default)]
    proven: Option<bool>,
}

/// What is said of one check on one link.
#[derive(Default)]
struct Said {
    findings: Vec<Finding>,
    unknown: Option<String>,
    skip: Option<String>,
}

/// The rows of all its checks on these links.
pub(super) fn rows(metadata: &Metadata, output: &[u8], links: &[&str]) -> Vec<OwnRow> {
    let mut all: BTreeMap<(&str, &str), Said> = BTreeMap::new();
    let me = format!("econn-check-{}", metadata.name);
    let broken = match entries(output) {
        Ok(entries) => entries
            .into_iter()
            .filter_map(|entry| sort(entry, metadata, links, &mut all).err())
            .reduce(|first, _| first),
        Err(why) => Some(why),
    }
    .map(|why| format!("{me} {why}"));
    let pairs =
        links.iter().flat_map(|link| metadata.checks.iter().map(move |check| (*link, check)));
    pairs
        .map(|(link, check)| {
            let said = all.remove(&(link, check.id.as_str())).unwrap_or_default();
            OwnRow { link: link.to_owned(), row: row(check, said, broken.as_deref(), &me) }
        })
        .collect()
}

fn entries(output: &[u8]) -> Result<Vec<Value>, String> {
    let list: Value =
        serde_json::from_slice(output).map_err(|_| "printed no list of findings".to_owned())?;
    match list {
        Value::Array(entries) if entries.len() > MOST => {
            Err(format!("printed {} findings; {MOST} can be", entries.len()))
        }
        Value::Array(entries) => Ok(entries),
        _ => Err("printed no list of findings".into()),
    }
}

/// Puts an entry to its row. What belongs to no row makes all of them doubtful.
fn sort<'a>(
    entry: Value,
    metadata: &'a Metadata,
    links: &[&'a str],
    all: &mut BTreeMap<(&'a str, &'a str), Said>,
) -> Result<(), String> {
    let entry: Entry = serde_json::from_value(entry)
        .map_err(|_| "printed an entry that is no finding".to_owned())?;
    let check = metadata.checks.iter().find(|check| check.id == entry.check).ok_or_else(|| {
        format!("speaks of the check {}, which its metadata does not name", shown(&entry.check))
    })?;
    let link = links.iter().find(|link| **link == entry.link);
    let Some(link) = link else {
        return Err(format!("speaks of the link {}, which there is not", shown(&entry.link)));
    };
    let said = all.entry((link, check.id.as_str())).or_default();
    let reason = || entry.reason.as_deref().map_or_else(|| "without a reason".into(), shown);
    match entry.outcome.as_deref() {
        Some("unknown") => said.unknown = said.unknown.take().or_else(|| Some(reason())),
        Some("skip") => said.skip = said.skip.take().or_else(|| Some(reason())),
        Some(other) => {
            let why = format!("has the outcome {}; unknown and skip can be", shown(other));
            said.unknown.get_or_insert(why);
        }
        None => match finding(entry, check) {
            Ok(finding) if said.findings.contains(&finding) => {}
            Ok(finding) => said.findings.push(finding),
            Err(why) => {
                said.unknown.get_or_insert(why);
            }
        },
    }
    Ok(())
}

fn finding(entry: Entry, check: &Declared) -> Result<Finding, String> {
    let code = entry.code.ok_or("a finding without a code")?;
    if !check.codes.contains(&code) {
        return Err(format!("a finding {}, which its metadata does not name", shown(&code)));
    }
    let severity = entry.severity.ok_or_else(|| format!("{code} without a severity"))?;
    let seen = entry.seen.ok_or_else(|| format!("{code} without what was seen"))?;
    let mut fix: Vec<Fix> = entry.fix.into_iter().take(20).map(remedy).collect();
    if fix.is_empty() {
        let say = format!("see what the plug-in's own page says of {code}");
        fix.push(Fix { say, command: None, patch: None, proven: None });
    }
    let shows =
        |one: Evidence| Evidence { what: shown(&one.what), value: shown_as(&one.what, &one.value) };
    let mut evidence: Vec<Evidence> = entry.evidence.into_iter().take(50).map(shows).collect();
    if evidence.is_empty() {
        let what = format!("the check {}", check.id);
        evidence.push(Evidence { what, value: shown(&seen) });
    }
    Ok(Finding {
        severity,
        title: shown(entry.title.as_deref().unwrap_or(&check.title)),
        seen: shown(&seen),
        evidence,
        masked_by: None,
        fix,
        suppressed: None,
        awaits: None,
        code,
    })
}

/// A command that had to be changed can't be pasted, so it is left out; so is a patch.
fn remedy(given: Remedy) -> Fix {
    let whole =
        |text: &String| text.lines().all(|line| shown(line).split(' ').eq(line.split_whitespace()));
    Fix {
        say: shown(&given.say),
        command: given.command.filter(|text| whole(text) && !text.contains('\n')),
        patch: given.patch.filter(whole),
        proven: given.proven,
    }
}

fn row(check: &Declared, said: Said, broken: Option<&str>, me: &str) -> Row {
    let Said { findings, unknown, skip } = said;
    let contradicts = skip.is_some() && (unknown.is_some() || !findings.is_empty());
    let unknown = unknown
        .map(|why| format!("{me}: {why}"))
        .or_else(|| contradicts.then(|| format!("{me} skips what it has an answer to")))
        .or_else(|| broken.map(str::to_owned));
    let (outcome, reason) = match (unknown, skip) {
        (Some(why), _) => (Outcome::Unknown, Some(why)),
        (None, Some(why)) => (Outcome::Skip, Some(why)),
        (None, None) if findings.is_empty() => (Outcome::Pass, Some(format!("{me} found nothing"))),
        (None, None) => (Outcome::Warn, None),
    };
    Row { check: check.id.clone(), layer: None, outcome, reason, findings }
}
