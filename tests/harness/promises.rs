//! What every report promises, whatever the scene: the rules that one part of it keeps with the others.

use super::cast::ORDER;
use super::verdict::{findings, list, text};
use serde_json::Value;

/// From harmless to worst.
const OUTCOMES: [&str; 5] = ["skip", "pass", "warn", "unknown", "fail"];

/// The promises that this report breaks.
pub(crate) fn broken(report: &Value, exit: i32, stderr: &str) -> Vec<String> {
    let mut broken = vec![];
    let mut must = |holds: bool, what: String| {
        if !holds {
            broken.push(format!("promise broken: {what}"));
        }
    };
    let links = list(report, "links");
    must(!stderr.contains("panicked"), format!("no panic, but stderr says\n{stderr}"));
    must(report["schema_version"] == 1, "schema_version is 1".to_owned());
    must(
        report["exit_code"] == exit,
        format!("exit_code {} is how the program ended: {exit}", report["exit_code"]),
    );
    let outcome = text(report, "outcome");
    if !links.is_empty() {
        // What an engine has that fell silent on the way was not seen, either.
        let silent = list(report, "engines")
            .iter()
            .any(|e| e["error"].is_string() && !text(e, "version").is_empty());
        let worst = if silent && worst(links) != "fail" { "unknown" } else { worst(links) };
        must(outcome == worst, format!("the run's outcome {outcome} is the worst of its links"));
    }
    for outcome in OUTCOMES {
        let count = links.iter().filter(|link| text(link, "outcome") == outcome).count();
        must(
            report["summary"][outcome] == count,
            format!("the summary counts {count} links with {outcome}"),
        );
    }
    for note in list(report, "notes").iter().filter_map(Value::as_str) {
        let has_page = checks::notes::NOTES.iter().any(|known| known.is(note));
        must(has_page, format!("econn explains the note {note}"));
    }
    for link in links {
        for what in of_link(link) {
            must(false, format!("{}: {what}", text(link, "id")));
        }
    }
    broken
}

fn of_link(link: &Value) -> Vec<String> {
    let mut broken = vec![];
    let mut must = |holds: bool, what: String| {
        if !holds {
            broken.push(what);
        }
    };
    let rows = list(link, "checks");
    must(text(link, "outcome") == worst(rows), "the outcome is the worst of the checks".to_owned());
    for check in ORDER {
        let count = rows.iter().filter(|row| text(row, "check") == check).count();
        must(count == 1, format!("{check} is listed once, not {count} times"));
    }
    for row in rows {
        let (check, outcome) = (text(row, "check"), text(row, "outcome"));
        let worst_finding =
            list(row, "findings").iter().map(|f| rank(text(f, "severity"))).max().unwrap_or(0);
        match outcome {
            "fail" | "warn" => {
                must(worst_finding == rank(outcome), format!("{check}: {outcome} has its finding"));
            }
            "unknown" => {
                must(worst_finding < rank("fail"), format!("{check}: a fault is no unknown"));
            }
            _ => must(worst_finding == 0, format!("{check}: {outcome} has no finding")),
        }
        let reasoned = !text(row, "reason").is_empty();
        must(
            reasoned == matches!(outcome, "pass" | "unknown" | "skip"),
            format!("{check}: {outcome} and reason {}", row["reason"]),
        );
    }

    let mut chain: Vec<&str> = vec![];
    for row in ORDER.iter().filter_map(|check| rows.iter().find(|row| text(row, "check") == *check))
    {
        for finding in
            list(row, "findings").iter().filter(|finding| text(finding, "severity") == "fail")
        {
            if !chain.contains(&text(finding, "code")) {
                chain.push(text(finding, "code"));
            }
        }
    }
    let told: Vec<&str> = list(link, "chain").iter().filter_map(Value::as_str).collect();
    must(
        told == chain,
        format!("chain {told:?} is the fails in the order of meeting them: {chain:?}"),
    );
    let root = link["root_cause"].as_str();
    must(root == told.first().copied(), format!("root_cause {root:?} is the first of the chain"));
    for finding in findings(link) {
        let (code, fails) = (text(finding, "code"), text(finding, "severity") == "fail");
        let masked = fails && Some(code) != root && code.starts_with("EC");
        let masked_by = root.filter(|_| masked);
        must(
            finding["masked_by"].as_str() == masked_by,
            format!("{code}: masked_by {} should be {masked_by:?}", finding["masked_by"]),
        );
        must(!list(finding, "evidence").is_empty(), format!("{code} has evidence"));
        must(!fails || !list(finding, "fix").is_empty(), format!("{code} has a fix"));
        for fix in list(finding, "fix") {
            let command = text(fix, "command");
            must(!has_placeholder(command), format!("{code}: a command to paste: {command}"));
        }
    }
    broken
}

/// `<name>`, as manuals write what the reader has to fill in.
fn has_placeholder(command: &str) -> bool {
    command.split('<').skip(1).any(|rest| {
        rest.split_once('>')
            .is_some_and(|(word, _)| word.starts_with(|c: char| c.is_ascii_alphabetic()))
    })
}

fn rank(outcome: &str) -> usize {
    OUTCOMES.iter().position(|known| *known == outcome).unwrap_or(OUTCOMES.len())
}

/// The worst outcome among links or rows.
fn worst(values: &[Value]) -> &str {
    values
        .iter()
        .map(|value| text(value, "outcome"))
        .max_by_key(|outcome| rank(outcome))
        .unwrap_or("skip")
}
