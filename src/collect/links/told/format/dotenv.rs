//! `.env` files: assignments as a shell would read them.

use super::item::Item;

/// Reads all assignments; other lines are left out.
pub(super) fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            continue;
        }
        let mut value = value.trim_start().to_owned();
        if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
            // A quoted value may go on over several lines.
            while !value[1..].contains(quote) {
                let Some((_, next)) = lines.next() else { break };
                value.push('\n');
                value.push_str(next);
            }
            value = value[1..].split(quote).next().unwrap_or_default().to_owned();
            if quote == '\'' {
                value = value.replace('$', "$$");
            }
        } else {
            value = value.split(" #").next().unwrap_or_default().trim().to_owned();
        }
        items.push(Item::under(&[name], &value, number + 1));
    }
    items
}
