//! Parts of a file that the program does not use: switched off, of another profile, or for another environment.

use super::super::Known;
use super::super::role::{Key, Setting};
use super::super::switch::{Switched, is_off};
use super::Format;
use super::foreign::{environment, told_environments};
use super::item::{Item, Step};
use super::{shapes, spring};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The values of a file without those that the program does not use.
pub(super) fn used<'i>(items: &'i [Item], format: Format, known: &Known<'_>) -> Cow<'i, [Item]> {
    let off = Off::of(items, format);
    let yaml = format == Format::Yaml;
    let profiles = if yaml { spring::other_documents(items, known) } else { Vec::new() };
    let sections = other_environments(items, known);
    let own = shapes::Own::of(items);
    if off.is_empty() && profiles.is_empty() && sections.is_empty() && own.is_empty() {
        return Cow::Borrowed(items);
    }
    let in_section = |item: &Item| first(item).is_some_and(|key| sections.contains(key));
    let is_other = |item: &Item| profiles.contains(&item.block) || in_section(item);
    let kept = |item: &&Item| !off.has(item) && !is_other(item) && !own.has(item);
    Cow::Owned(items.iter().filter(kept).cloned().collect())
}

/// What switches of the file switch off.
struct Off {
    /// Mappings with a switch in them, each with its block.
    mappings: Vec<(String, usize)>,
    names: Switched,
}

impl Off {
    fn of(items: &[Item], format: Format) -> Self {
        // A switch outside of all mappings is one for the whole only where the format is strict about what a mapping is.
        let whole = matches!(format, Format::Yaml | Format::Json | Format::Toml);
        let mapping = |item: &Item| {
            let Some(Step::Key(key)) = item.path.last() else { return None };
            let switch = key.rsplit('.').next().unwrap_or(key);
            if !is_off(switch, &item.value) {
                return None;
            }
            let dotted = item.dotted();
            let parent = dotted[..dotted.len() - switch.len()].trim_end_matches('.').to_owned();
            (whole || !parent.is_empty()).then_some((parent, item.block))
        };
        let flat = items.iter().filter(|_| format == Format::Dotenv);
        let names = flat.filter_map(|item| Some((first(item)?, item.value.as_str())));
        Self { mappings: items.iter().filter_map(mapping).collect(), names: Switched::of(names) }
    }

    fn is_empty(&self) -> bool {
        self.mappings.is_empty() && self.names.is_empty()
    }

    fn has(&self, item: &Item) -> bool {
        let name = first(item).map(|name| Key::name(name, Setting::Env).words());
        let dotted = item.dotted();
        let is_below = |mapping: &String| {
            mapping.is_empty()
                || dotted
                    .strip_prefix(mapping.as_str())
                    .is_some_and(|it| it.starts_with(['.', '[']))
        };
        self.mappings.iter().any(|(mapping, block)| *block == item.block && is_below(mapping))
            || (!self.names.is_empty() && name.is_some_and(|words| self.names.has(&words)))
    }
}

fn first(item: &Item) -> Option<&str> {
    match item.path.first() {
        Some(Step::Key(key)) => Some(key),
        _ => None,
    }
}

/// `{"test": {...}, "production": {...}}`: the sections for other environments than the one that the program is told. Where it is
/// told none, and there is one for production that names a server, those beside it are a developer's.
fn other_environments(items: &[Item], known: &Known<'_>) -> BTreeSet<String> {
    let is_section = |item: &&Item| item.path.len() > 1;
    let firsts: BTreeSet<&str> = items.iter().filter(is_section).filter_map(first).collect();
    let mut sections: BTreeSet<&str> =
        firsts.iter().copied().filter(|key| environment(key).is_some()).collect();
    if sections.len() < 2 {
        return BTreeSet::new();
    }
    let mut told = told_environments(known.vars);
    told.extend(told_environments(known.exported));
    if told.is_empty() {
        let names_server = |item: &&Item| {
            let key = Key::path(item.names());
            first(item).and_then(environment) == Some("prod") && (key.is_url() || key.is_host())
        };
        if !items.iter().any(|item| names_server(&item)) {
            return BTreeSet::new();
        }
        // `default: &default`: what the others are made of.
        sections.extend(firsts.iter().copied().filter(|key| *key == "default"));
        let is_dev =
            |key: &str| key == "default" || matches!(environment(key), Some("dev" | "test"));
        return sections.into_iter().filter(|key| is_dev(key)).map(str::to_owned).collect();
    }
    let is_told = |key: &&str| environment(key).is_some_and(|kind| told.contains(&kind));
    if !sections.iter().any(is_told) {
        return BTreeSet::new();
    }
    sections.into_iter().filter(|key| !is_told(key)).map(str::to_owned).collect()
}
