//! Java properties.

use super::item::Item;

/// Reads all lines; nothing in this format is malformed.
pub(super) fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = line.to_owned();
        while continues(&logical) {
            logical.pop();
            let Some((_, next)) = lines.next() else { break };
            logical.push_str(next.trim_start());
        }
        let (key, value) = halves(&logical);
        items.push(Item::under(&[&plain(key)], &plain(value), number + 1));
    }
    items
}

/// An odd number of backslashes at the end.
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

/// The key ends at the first `=`, `:` or space that has no backslash before it.
fn halves(line: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if !escaped && (c == '=' || c == ':' || c.is_whitespace()) {
            let rest = line[at..].trim_start();
            let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
            return (&line[..at], value.trim_start());
        }
        escaped = c == '\\' && !escaped;
    }
    (line, "")
}

/// `http\://api\:8080` is `http://api:8080`, and `\u003a` a colon.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        let escaped = chars.next();
        rest = chars.as_str();
        match escaped {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let (c, length) = unicode(rest);
                out.push(c);
                rest = &rest[length..];
            }
            other => out.extend(other),
        }
    }
    out.push_str(rest);
    out
}

/// The character that hexadecimal digits at the head of a text stand for, and their length; some take two halves.
fn unicode(text: &str) -> (char, usize) {
    let half = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
    let Some(first) = half(text) else { return (char::REPLACEMENT_CHARACTER, 0) };
    let second = text.get(4..).and_then(|rest| half(rest.strip_prefix("\\u")?));
    match char::decode_utf16([Some(first), second].into_iter().flatten()).next() {
        Some(Ok(c)) if c.len_utf16() == 2 => (c, 10),
        Some(Ok(c)) => (c, 4),
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}
