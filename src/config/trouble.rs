//! What is said of a file that is not as it should be: one line, with the line in the file and what may be meant.

/// The parser's error in one line, without what may be a secret in it.
pub(super) fn said(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
    format!("line {line}: {}", words(error.message()))
}

fn words(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let mut quoted = rest.split('`').step_by(2);
        let key = quoted.next().unwrap_or_default();
        let known: Vec<&str> = quoted.collect();
        let near = known.iter().min_by_key(|k| strsim::damerau_levenshtein(k, key));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return format!("there is no key {}{hint}", crate::redact::shown(key));
    }
    if let Some(key) = message.strip_prefix("missing field `").and_then(|m| m.strip_suffix('`')) {
        return format!("the key {key} is missing");
    }
    let first = message.lines().next().unwrap_or("it is no TOML");
    // A value that stands in the wrong place may be an address with a password.
    if first.contains("://") { crate::redact::shown(first) } else { first.to_owned() }
}
