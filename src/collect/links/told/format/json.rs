//! JSON, with the comments and commas that its dialects allow.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::item::{DEEPEST, Item, Items, Lines, Step, is_switch_at};

/// Reads one document; an empty text has no values.
pub(super) fn items(text: &str) -> Result<Vec<Item>, String> {
    let lines = Lines::of(text);
    let tree = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).map_err(
        |error| {
            let (line, column) = lines.at(error.range().start);
            format!("malformed JSON at line {line}, column {column}")
        },
    )?;
    let mut items = Items::default();
    if let Some(value) = tree.value.as_ref().filter(|value| !is_ours(value)) {
        walk(value, &mut Vec::new(), &lines, &mut items)?;
    }
    Ok(items.all)
}

/// A report or a snapshot of econn: it tells of addresses, and nobody is told them by it.
fn is_ours(value: &Value<'_>) -> bool {
    let Value::Object(all) = value else { return false };
    let tool = all.get_object("tool").and_then(|tool| tool.get_string("name"));
    tool.is_some_and(|name| name.value == "econn")
        || (all.get_number("snapshot_version").is_some() && all.get_string("econn").is_some())
}

fn walk(
    value: &Value<'_>,
    path: &mut Vec<Step>,
    lines: &Lines,
    items: &mut Items,
) -> Result<(), String> {
    let (line, _) = lines.at(value.range().start);
    if path.len() > DEEPEST {
        return Err(format!("nested deeper than {DEEPEST} levels at line {line}"));
    }
    let text = match value {
        Value::Object(object) => {
            for property in &object.properties {
                path.push(Step::key(property.name.as_str()));
                walk(&property.value, path, lines, items)?;
                path.pop();
            }
            return Ok(());
        }
        Value::Array(array) => {
            for (index, element) in array.elements.iter().enumerate() {
                path.push(Step::Index(index));
                walk(element, path, lines, items)?;
                path.pop();
            }
            return Ok(());
        }
        Value::StringLit(string) => string.value.as_ref(),
        Value::NumberLit(number) => number.value,
        Value::BooleanLit(switch) if is_switch_at(path) => {
            if switch.value {
                "true"
            } else {
                "false"
            }
        }
        Value::BooleanLit(_) | Value::NullKeyword(_) => return Ok(()),
    };
    items.push(Item { path: path.clone(), value: text.to_owned(), line, block: 0 })
}
