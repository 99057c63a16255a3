//! INI files: sections of keys, each `key = value` or `key: value`.

use super::conf;
use super::item::Item;

/// Reads all lines; those without a sign between key and value are read as directives.
pub(super) fn items(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut section = String::new();
    let mut block = 0;
    let mut indent = None;
    for (number, line) in text.lines().enumerate() {
        let inner = line.trim();
        let depth = line.len() - line.trim_start().len();
        if inner.is_empty() || inner.starts_with(['#', ';']) {
            continue;
        }
        if let (Some(key), Some(last)) = (indent, items.last_mut())
            && depth > key
        {
            // A longer value goes on in lines that stand further in.
            last.value.push('\n');
            last.value.push_str(comment_off(inner));
            continue;
        }
        if let Some(name) = heading(inner) {
            section = name;
            block += 1;
            indent = None;
        } else if let Some((key, value)) = halves(inner) {
            let item = Item::under(&[&section, key], comment_off(value), number + 1);
            items.push(Item { block, ..item });
            indent = Some(depth);
        } else {
            let found = conf::directive(&[&section], inner, number + 1);
            items.extend(found.into_iter().map(|item| Item { block, ..item }));
            indent = None;
        }
    }
    items
}

/// The name in `[section]` or `[[section]]`; `[remote "origin"]` is `remote.origin`.
pub(super) fn heading(line: &str) -> Option<String> {
    let inner = line.strip_prefix('[')?.split(']').next()?;
    let name = inner.trim_start_matches('[').replace('"', "").trim().replace(' ', ".");
    (!name.contains(',') && line.contains(']')).then_some(name)
}

/// Key and value around the first `=`, or around a `:` that a space follows.
pub(super) fn halves(line: &str) -> Option<(&str, &str)> {
    let equals = line.find('=');
    let colon = line.find(": ").or_else(|| line.strip_suffix(':').map(str::len));
    let at = match (equals, colon) {
        (Some(equals), Some(colon)) => equals.min(colon),
        (at, None) | (None, at) => at?,
    };
    let key = line[..at].trim_end_matches([' ', '\t', '+', '?', ':']);
    let value = line[at + 1..].strip_prefix('>').unwrap_or(&line[at + 1..]);
    (!key.is_empty() && !key.contains(['/', ';', '{', '(', '$', '<']))
        .then(|| (key.trim_matches('"'), value.trim()))
}

/// The value without the comment behind it; a comment may be all there is.
pub(super) fn comment_off(value: &str) -> &str {
    if value.starts_with(['#', ';']) {
        return "";
    }
    if value.starts_with(['"', '\'']) {
        return value;
    }
    [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|sign| value.find(sign))
        .min()
        .map_or(value, |at| value[..at].trim_end())
}
