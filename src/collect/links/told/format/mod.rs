//! Configuration files: each format becomes named values with their lines.

mod conf;
mod dotenv;
mod foreign;
mod ini;
mod item;
mod json;
mod nginx;
mod properties;
#[cfg(test)]
mod reference;
mod shapes;
mod spring;
mod toml;
mod unused;
mod yaml;

use std::collections::HashMap;

use super::entry::Entry;
use super::role::{Key, Role, Setting};
use super::variable::Fill;
use super::words::List;
use super::{Joint, Known, Place, Told, judge, path};
pub(crate) use foreign::{is_folder as is_folder_of_others, is_of_another_environment};
use item::Item;
pub(crate) use spring::is_of_another_profile;

/// Larger files are no configuration.
const LARGEST: usize = 1024 * 1024;
/// In a value of several lines, the address is looked for this far below the first.
const LONGEST_VALUE: usize = 1000;

/// Endings of the files that are read.
const ENDINGS: List = List("yaml yml json jsonc json5 toml ini cfg cnf conf config properties env");

/// Files that are read without an ending.
const NAMES: List = List("caddyfile");

/// How the values of a file are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    Yaml,
    Json,
    Toml,
    Ini,
    Properties,
    Dotenv,
    Conf,
}

impl Format {
    /// By the name of the file; what is not known is read line by line.
    fn of(path: &str) -> Self {
        let name = file_name(path);
        if name == ".env" || name.starts_with(".env.") {
            return Self::Dotenv;
        }
        match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "yaml" | "yml" => Self::Yaml,
            "json" | "jsonc" | "json5" => Self::Json,
            "toml" => Self::Toml,
            "ini" => Self::Ini,
            "properties" => Self::Properties,
            "env" => Self::Dotenv,
            _ => Self::Conf,
        }
    }

    fn items(self, text: &str) -> Result<Vec<Item>, String> {
        match self {
            Self::Yaml => yaml::items(text),
            Self::Json => json::items(text),
            Self::Toml => toml::items(text),
            Self::Ini => Ok(item::expanded(ini::items(text))),
            Self::Properties => Ok(item::expanded(properties::items(text))),
            Self::Dotenv => Ok(item::expanded(dotenv::items(text))),
            Self::Conf => Ok(conf_items(text)),
        }
    }
}

/// Files named `.conf` have many formats; those that are strict tell by themselves whether they are meant.
fn conf_items(text: &str) -> Vec<Item> {
    let strict =
        if text.trim_start().starts_with('{') { json::items(text) } else { toml::items(text) };
    strict.unwrap_or_else(|_| item::expanded(conf::items(text)))
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}

/// Is this the name of a file that may tell endpoints?
pub(crate) fn is_config_name(path: &str) -> bool {
    let name = file_name(path);
    let ending = name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.has(ending));
    (ending || name.starts_with(".env.") || NAMES.has(&name)) && !foreign::is_path(path)
}

/// The names of groups of servers that a file defines, in lower case; those of another file refer to them as to hosts.
pub(crate) fn groups(path: &str, text: &str) -> Vec<String> {
    if Format::of(path) == Format::Conf { nginx::groups(text) } else { Vec::new() }
}

/// The files that a file includes, as patterns.
pub(crate) fn includes(path: &str, text: &str) -> Vec<String> {
    if Format::of(path) == Format::Conf { nginx::includes(text) } else { Vec::new() }
}

/// All values of a file, each behind its key and what may be shown of that; none where it can't be read.
pub(super) fn values(path: &str, text: &str) -> Vec<(String, String, String)> {
    let items = Format::of(path).items(text.strip_prefix('\u{feff}').unwrap_or(text));
    items
        .unwrap_or_default()
        .into_iter()
        .map(|item| (item.dotted(), item.shown(), item.value))
        .collect()
}

/// The profiles that a client is told to run with: by its arguments, else by its variables, else by its files.
pub(crate) fn profiles<'f>(
    argv: &[String],
    vars: &[&[(String, String)]],
    files: impl Iterator<Item = (&'f str, &'f str)>,
) -> Vec<String> {
    let given = spring::told(argv, vars);
    if !given.is_empty() {
        return given;
    }
    let may_tell = |(path, text): &(&str, &str)| {
        text.contains("profiles") && matches!(Format::of(path), Format::Yaml | Format::Properties)
    };
    let of = |(path, text): (&str, &str)| {
        spring::written(&Format::of(path).items(text).unwrap_or_default())
    };
    files.filter(may_tell).flat_map(of).collect()
}

/// Finds the endpoints that a file tells. The error says what is malformed and where, and quotes nothing of it.
pub(crate) fn from_file(path: &str, text: &str, known: &Known<'_>) -> Result<Vec<Told>, String> {
    if text.len() > LARGEST {
        return Err("larger than 1 MiB".to_owned());
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let format = Format::of(path);
    let items = format.items(text)?;
    if foreign::is_document(&items) {
        return Ok(Vec::new());
    }
    let find = |vars: &[(String, String)], name: &str| {
        vars.iter().find(|(var, _)| var == name).map(|(_, value)| value.clone())
    };
    let variable = |name: &str| find(known.vars, name);
    let siblings = item::values(&items);
    let value = |name: &str| {
        let sibling = || siblings.get(name).map(|value| (*value).to_owned());
        variable(name).or_else(|| find(known.exported, name)).or_else(sibling)
    };
    let elsewhere = |name: &str| {
        let role = Key::name(name, Setting::Env).role();
        variable(name).is_some() && matches!(role, Role::Plain | Role::Destination)
    };
    let fill = Fill { value: &value, elsewhere: &elsewhere, defaults: true };
    let mut told =
        judge::links(&entries(&unused::used(&items, format, known), format), known, fill);
    if format == Format::Conf {
        let own = nginx::groups(text);
        told.retain(|told| told.port_written || !is_group(told, &own, known));
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut hidden = HashMap::new();
    for told in &mut told {
        settle(told, &lines, &mut hidden);
    }
    Ok(told)
}

/// Is the host of this address the name of a group of servers, or may it be one that a file defines that was not read?
fn is_group(told: &Told, own: &[String], known: &Known<'_>) -> bool {
    let joint = known.joint;
    let Place::Line { key, .. } = &told.place else { return false };
    let host = &told.host;
    let may_be = || {
        nginx::may_be_group(key, host) && !(known.is_name)(host) && !super::host::is_loopback(host)
    };
    own.contains(host) || joint.groups.contains(host) || (joint.is_partial && may_be())
}

/// Takes the JSON in a variable or an argument apart; any other value stays what it is.
pub(super) fn embedded(whole: Entry) -> Vec<Entry> {
    let text = whole.value.trim();
    let opens =
        text.starts_with(['{', '[']) && !text.starts_with("{{") && text.contains(['"', '\'']);
    let Some(items) = opens.then(|| json::items(text).ok()).flatten() else { return vec![whole] };
    let known = Known { is_name: &|_| false, vars: &[], exported: &[], joint: Joint::default() };
    let mut entries = entries(&unused::used(&items, Format::Json, &known), Format::Json);
    for entry in &mut entries {
        entry.key = entry.key.within(&whole.key);
        entry.place = whole.place.clone();
        entry.group = format!("{}/{}", whole.group, entry.group);
        entry.hidden = whole.hidden;
    }
    entries
}

fn entries(items: &[Item], format: Format) -> Vec<Entry> {
    let names = item::names(items);
    let entry = |item: &Item| {
        let parent = item.parent();
        let sibling = names.get(&parent).filter(|_| item.is_named("value"));
        let (mut key, group) = match sibling {
            // `name: DB_HOST` beside `value: db`: the name is the key, and the list the environment.
            Some(name) => (Key::name(name, Setting::Env), item.grandparent()),
            None if format == Format::Dotenv => (Key::name(&item.dotted(), Setting::Env), parent),
            None => (Key::path(item.names()), parent),
        };
        let group = format!("{group}#{}", item.block);
        let mut value = item.value.as_str();
        if let Some((name, rest)) = assignment(value) {
            key.append(name);
            value = rest;
        }
        let place = Place::Line { key: item.shown(), line: item.line };
        Entry { key, group, value: value.to_owned(), place, hidden: false, literal: false }
    };
    items.iter().map(entry).collect()
}

/// `LLM_URL=http://x` or `--llm-url=http://x` as an item of a list.
fn assignment(value: &str) -> Option<(&str, &str)> {
    let (name, rest) = value.split_once('=')?;
    let name = name.trim_start_matches('-');
    let flag = value.starts_with("--");
    let upper = name.contains('_') || name.bytes().all(|b| b.is_ascii_uppercase());
    let sound = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    (sound && !name.is_empty() && (flag || upper)).then_some((name, rest))
}

/// Finds the line of an address that stands in a value of several lines, and whether the line may be shown.
fn settle(told: &mut Told, lines: &[&str], hidden: &mut HashMap<usize, bool>) {
    let Place::Line { line, .. } = &mut told.place else { return };
    let host = told.host.to_lowercase();
    let holds = |text: &&str| !host.is_empty() && text.to_lowercase().contains(&host);
    let first = line.saturating_sub(1);
    let below = lines.iter().skip(first).take(LONGEST_VALUE).position(holds).unwrap_or_default();
    *line += below;
    let secret = |at: usize| lines.get(at).is_none_or(|line| path::holds_secret(line));
    told.secret_line |= *hidden.entry(first + below).or_insert_with(|| secret(first + below));
}
