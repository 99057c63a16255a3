//! TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::item::{DEEPEST, Item, Items, Lines, Step, is_switch_at};

/// Reads one document, in the order of its lines.
pub(super) fn items(text: &str) -> Result<Vec<Item>, String> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| match error.span() {
        Some(span) => {
            let (line, column) = lines.at(span.start);
            format!("malformed TOML at line {line}, column {column}")
        }
        None => "malformed TOML".to_owned(),
    })?;
    let mut items = Items::default();
    walk_table(table.get_ref(), &mut Vec::new(), &lines, &mut items)?;
    items.all.sort_by_key(|item| item.line);
    Ok(items.all)
}

fn walk_table(
    table: &DeTable<'_>,
    path: &mut Vec<Step>,
    lines: &Lines,
    items: &mut Items,
) -> Result<(), String> {
    for (key, value) in table {
        path.push(Step::key(key.get_ref()));
        walk(value, path, lines, items)?;
        path.pop();
    }
    Ok(())
}

fn walk(
    value: &Spanned<DeValue<'_>>,
    path: &mut Vec<Step>,
    lines: &Lines,
    items: &mut Items,
) -> Result<(), String> {
    let (line, _) = lines.at(value.span().start);
    if path.len() > DEEPEST {
        return Err(format!("nested deeper than {DEEPEST} levels at line {line}"));
    }
    let text = match value.get_ref() {
        DeValue::Table(table) => return walk_table(table, path, lines, items),
        DeValue::Array(array) => {
            for (index, element) in array.iter().enumerate() {
                path.push(Step::Index(index));
                walk(element, path, lines, items)?;
                path.pop();
            }
            return Ok(());
        }
        DeValue::String(text) => text.as_ref(),
        DeValue::Integer(number) => number.as_str(),
        DeValue::Boolean(on) if is_switch_at(path) => {
            if *on {
                "true"
            } else {
                "false"
            }
        }
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => return Ok(()),
    };
    items.push(Item { path: path.clone(), value: text.to_owned(), line, block: 0 })
}
