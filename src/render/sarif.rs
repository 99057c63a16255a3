//! SARIF 2.1.0, for code scanning: each finding as a result at the line that tells the address.

use super::place::{Item, fingerprint, fixes, items, place, unknowns};
use super::{Style, clean};
use checks::ALL;
use checks::model::{Report, Severity};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// Writes one run.
pub(super) fn render(
    report: &Report,
    style: Style,
    base: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let results: Vec<Value> = items(report).iter().map(|item| result(item, style, base)).collect();
    // What could not be determined is no result, and must not look like none at all.
    let open = if style.unknown_allowed { "note" } else { "warning" };
    let unknown = unknowns(report).map(|(link, row)| {
        let why = row.reason.as_deref().unwrap_or("it could not be determined");
        (open, format!("{}: {} is unknown: {why}", link.id, row.check))
    });
    let silent = report.engines.iter().filter(|engine| engine.fell_silent());
    let silent = silent.filter_map(|engine| Some((open, engine.error.clone()?)));
    let notes = report.notes.iter().map(|note| ("note", note.clone()));
    let notes: Vec<Value> = notes
        .chain(unknown)
        .chain(silent)
        .map(|(level, text)| json!({"level": level, "message": {"text": clean(&text)}}))
        .collect();
    let engines: Vec<Value> = report
        .engines
        .iter()
        .map(|engine| {
            json!({
                "name": clean(&engine.name),
                "host": clean(&engine.host),
                "version": clean(&engine.version),
                "chosenBecause": clean(&engine.chosen_because),
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": rules(report),
            }},
            "invocations": [{
                "executionSuccessful": report.exit_code <= 1,
                "exitCode": report.exit_code,
                "endTimeUtc": report.taken_at,
                "toolExecutionNotifications": notes,
            }],
            "results": results,
            "properties": {"engines": engines},
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// The findings that occur, each with its explanation.
fn rules(report: &Report) -> Vec<Value> {
    let items = items(report);
    let seen = |code: &str| items.iter().any(|item| item.finding.code == code);
    let rules = ALL.iter().flat_map(|check| check.rules).filter(|rule| seen(rule.code));
    rules
        .map(|rule| {
            json!({
                "id": rule.code,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.title},
                "help": {"text": rule.explanation, "markdown": rule.explanation},
            })
        })
        .collect()
}

fn result(item: &Item<'_>, style: Style, base: &Path) -> Value {
    let place = place(item.link, base);
    let level = match item.finding.severity {
        Severity::Warn if !style.warn_fails => "warning",
        Severity::Fail | Severity::Warn => "error",
    };
    let text = format!("{}: {}\n{}", item.link.id, item.finding.seen, fixes(item.finding));
    let text: Vec<String> = text.lines().map(clean).collect();
    let mut result = json!({
        "ruleId": item.finding.code,
        "level": level,
        "message": {"text": text.join("\n")},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&place.path)},
            "region": {"startLine": place.line},
        }}],
        "partialFingerprints": {"econn/v1": fingerprint(item)},
    });
    if let Some(suppressed) = &item.finding.suppressed {
        let why = clean(&suppressed.to_string());
        result["suppressions"] =
            json!([{"kind": "external", "status": "accepted", "justification": why}]);
    }
    result
}

/// A path as a URI: what has a meaning there is escaped.
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let escaped = path.bytes().fold(String::new(), |text, byte| {
        if plain(byte) {
            text + &char::from(byte).to_string()
        } else {
            text + &format!("%{byte:02X}")
        }
    });
    if path.starts_with('/') { format!("file://{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("conf/a b.yaml"), "conf/a%20b.yaml");
        assert_eq!(uri("/etc/ü.env"), "file:///etc/%C3%BC.env");
    }
}
