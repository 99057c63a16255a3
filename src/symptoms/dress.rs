//! What loggers put around a line: colours, times, the container's name, JSON.

use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// A line without what was around it.
pub(super) struct Dressed<'a> {
    /// Whose line it is, where several write into one log (`hapi-1 | ...`).
    pub(super) stream: &'a str,
    /// The line itself, with the spaces that it begins with.
    pub(super) text: &'a str,
    /// Whether it is a record of its own, so that no line before or behind it belongs to it.
    pub(super) is_whole: bool,
    /// Whether a test runner quotes it as the error of a test (`E   ...`).
    pub(super) is_quoted: bool,
}

static COLOUR: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)"));
/// The prefix of Compose, of a test runner and of an engine's log files.
static STREAM: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,127})\s*\| ?"));
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: std(?:out|err) [FP])? ",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the program itself")
}

/// Gives the line, or each text of a JSON record, without what was around it.
pub(super) fn undressed(line: &str, each: &mut dyn FnMut(Dressed<'_>)) {
    let plain = COLOUR.replace_all(line, "");
    let (stream, text) = match STREAM.captures(&plain) {
        Some(found) => (
            plain[..found.get(1).map_or(0, |name| name.end())].to_owned(),
            &plain[found.get(0).map_or(0, |all| all.end())..],
        ),
        None => (String::new(), &*plain),
    };
    let text = &text[TIME.find(text).map_or(0, |time| time.end())..];
    if text.trim_start().starts_with('{')
        && let Ok(Value::Object(record)) = serde_json::from_str(text.trim())
    {
        return self::record(&record, &stream, each);
    }
    let quoted = text.strip_prefix("E   ");
    // A value of logfmt is quoted, and what is quoted inside of it escaped.
    let unescaped = text.contains("\\\"").then(|| text.replace("\\\"", "\""));
    let text = quoted.unwrap_or(unescaped.as_deref().unwrap_or(text));
    each(Dressed { stream: &stream, text, is_whole: false, is_quoted: quoted.is_some() });
}

/// The texts of a record. What an engine's log file has in `log` is a line like any other.
fn record(
    record: &serde_json::Map<String, Value>,
    stream: &str,
    each: &mut dyn FnMut(Dressed<'_>),
) {
    if let (Some(Value::String(line)), Some(_)) = (record.get("log"), record.get("stream")) {
        for line in line.trim_end().lines().chain(line.trim().is_empty().then_some("")) {
            undressed(line, each);
        }
        return;
    }
    let mut texts = Vec::new();
    gather(&Value::Object(record.clone()), 0, &mut texts);
    each(Dressed { stream, text: &texts.join("\n"), is_whole: true, is_quoted: false });
}

/// Every text in it, and every address and port with its key, as an error object has them.
fn gather(value: &Value, depth: usize, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) if depth < 8 => {
            for item in items {
                gather(item, depth + 1, texts);
            }
        }
        Value::Object(fields) if depth < 8 => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("port", Value::Number(port)) => texts.push(format!("  port: {port},")),
                    ("address" | "hostname", Value::String(host)) => {
                        texts.push(format!("  {key}: '{host}',"));
                    }
                    _ => gather(value, depth + 1, texts),
                }
            }
        }
        _ => {}
    }
}
