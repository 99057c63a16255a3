//! Compares a report with what the scene expects, and says each difference in one line.

use super::Result;
use super::scene::Expect;
use super::words::Words;
use serde_json::Value;
use std::fmt::Write;

/// A report's links beside what the scene expects of them.
pub(crate) struct Met<'a> {
    /// Each expectation with the links that it may mean: exactly one, if all is well.
    pub(crate) expected: Vec<(&'a Expect, Vec<&'a Value>)>,
    /// The links that no expectation means.
    pub(crate) unexpected: Vec<&'a Value>,
}

impl<'a> Met<'a> {
    pub(crate) fn of(report: &'a Value, expected: &'a [Expect], words: &Words) -> Result<Self> {
        let mut unexpected: Vec<&Value> = list(report, "links").iter().collect();
        let mut pairs = vec![];
        for expect in expected {
            let (client, url) = (words.name(&expect.client)?, words.fill(&expect.url)?);
            let meant = |link: &Value| {
                text(link, "client") == client
                    && text(&link["endpoint"], "url").contains(url.as_str())
            };
            let found: Vec<&Value> =
                list(report, "links").iter().filter(|link| meant(link)).collect();
            if let [one] = found[..] {
                unexpected.retain(|link| !std::ptr::eq(*link, one));
            }
            pairs.push((expect, found));
        }
        Ok(Self { expected: pairs, unexpected })
    }

    /// All differences; none is a pass. Every link must be expected, and every expected link must be there once.
    pub(crate) fn differences(&self, words: &Words) -> Result<Vec<String>> {
        let mut differences = vec![];
        for (expect, found) in &self.expected {
            if let [link] = found[..] {
                let id = text(link, "id");
                let lines = of_link(link, expect, words)?;
                differences.extend(lines.into_iter().map(|line| format!("{id}: {line}")));
            } else {
                let (client, url) = (words.name(&expect.client)?, words.fill(&expect.url)?);
                let count = found.len();
                differences.push(format!("expected one link {client} -> {url}, found {count}"));
            }
        }
        differences.extend(
            self.unexpected
                .iter()
                .map(|link| format!("a link that the scene does not expect: {}", link["id"])),
        );
        Ok(differences)
    }
}

fn of_link(link: &Value, expect: &Expect, words: &Words) -> Result<Vec<String>> {
    let mut lines = vec![];
    let mut differ = |what: &str, expected: &str, seen: &str| {
        lines.push(format!("{what:<20} expected {expected}, seen {seen}"));
    };
    if let Some(outcome) =
        expect.outcome.as_ref().filter(|outcome| !outcome.holds(text(link, "outcome")))
    {
        differ("outcome", &outcome.to_string(), text(link, "outcome"));
    }
    if let Some(server) = &expect.server {
        let server = words.name(server)?;
        let seen = text(&link["server"], "container");
        if seen != server {
            differ("server", &server, seen);
        }
    }
    let port = &link["server"]["port"];
    if let Some(wanted) = expect.port.filter(|wanted| *port != *wanted) {
        differ("port", &wanted.to_string(), &port.to_string());
    }
    let symptom = expect.symptom.as_ref().filter(|symptom| !symptom.holds(text(link, "symptom")));
    if let Some(symptom) = symptom {
        differ("symptom", &symptom.to_string(), text(link, "symptom"));
    }
    let root = text(link, "root_cause");
    if let Some(wanted) = expect.root_cause.as_deref().filter(|wanted| *wanted != root) {
        differ("root_cause", wanted, root);
    }
    let chain: Vec<&str> = list(link, "chain").iter().filter_map(Value::as_str).collect();
    if let Some(wanted) = expect.chain.as_ref().filter(|wanted| **wanted != chain) {
        differ("chain", &wanted.join(" "), &chain.join(" "));
    }
    for row in list(link, "checks") {
        let (check, outcome) = (text(row, "check"), text(row, "outcome"));
        match expect.checks.get(check) {
            Some(wanted) if !wanted.holds(outcome) => {
                differ(check, &wanted.to_string(), &told(row));
            }
            None if outcome == "fail" => differ(check, "no fault", &told(row)),
            _ => {}
        }
    }
    let seen = codes(link);
    for code in expect.codes.iter().filter(|code| !seen.contains(&code.as_str())) {
        differ("codes", code, &seen.join(" "));
    }
    for code in expect.not_codes.iter().filter(|code| seen.contains(&code.as_str())) {
        differ("codes", &format!("no {code}"), &seen.join(" "));
    }
    if let Some(may) = &expect.may {
        let is_known = |code: &&&str| expect.codes.iter().chain(may).any(|known| known == *code);
        for code in seen.iter().filter(|code| !is_known(code)) {
            differ("codes", &format!("none but {}", may.join(" ")), code);
        }
    }
    let told = accounts(link);
    for piece in words.fill_all(&expect.seen)?.iter().filter(|piece| !told.contains(piece.as_str()))
    {
        differ("seen", &format!("{piece:?}"), &format!("\n{told}"));
    }
    let fixes = fixes(link);
    for piece in words.fill_all(&expect.fix)?.iter().filter(|piece| !fixes.contains(piece.as_str()))
    {
        differ("fix", &format!("one with {piece:?}"), &format!("\n{fixes}"));
    }
    Ok(lines)
}

/// A row of the checklist as one would tell it.
pub(crate) fn told(row: &Value) -> String {
    let findings =
        list(row, "findings").iter().map(|f| format!(" {} ({})", text(f, "code"), text(f, "seen")));
    let why = row["reason"].as_str().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{why}{}", text(row, "outcome"), findings.collect::<String>())
}

pub(crate) fn findings(link: &Value) -> impl Iterator<Item = &Value> {
    list(link, "checks").iter().flat_map(|row| list(row, "findings"))
}

fn codes(link: &Value) -> Vec<&str> {
    findings(link).map(|finding| text(finding, "code")).collect()
}

/// What the findings say was seen, and what proves it.
fn accounts(link: &Value) -> String {
    let mut accounts = String::new();
    for finding in findings(link) {
        accounts.push_str(text(finding, "seen"));
        accounts.push('\n');
        for evidence in list(finding, "evidence") {
            let (what, value) = (text(evidence, "what"), &evidence["value"]);
            let _ = writeln!(accounts, "{what}: {value}");
        }
    }
    accounts
}

fn fixes(link: &Value) -> String {
    let mut fixes = String::new();
    for fix in findings(link).flat_map(|finding| list(finding, "fix")) {
        for part in ["say", "command", "patch"] {
            fixes.push_str(text(fix, part));
            fixes.push('\n');
        }
    }
    fixes
}

/// A text of the report, "" where there is none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A list of the report, empty where there is none.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}
