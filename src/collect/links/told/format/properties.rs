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
            return (&line[..at], value.trim());
        }
        escaped = c == '\\' && !escaped;
    }
    (line, "")
}

/// `http\://api\:8080` is `http://api:8080`.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(
                chars.next().map(|c| if matches!(c, 't' | 'n' | 'r' | 'f') { ' ' } else { c }),
            ),
            c => out.push(c),
        }
    }
    out
}
