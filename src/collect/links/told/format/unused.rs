//! Parts of a file that the program does not use: switched off, of another profile, or for another environment.

use super::super::Known;
use super::super::role::{Key, Setting};
use super::super::switch::{Switched, is_off};
use super::Format;
use super::foreign::{environment, told_environments};
use super::item::{Item, Step};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The values of a file without those that the program does not use.
pub(super) fn used<'i>(items: &'i [Item], format: Format, known: &Known<'_>) -> Cow<'i, [Item]> {
    let off = Off::of(items, format);
    let profiles = if format == Format::Yaml { other_profiles(items, known) } else { Vec::new() };
    let sections = other_environments(items, known.vars);
    if off.is_empty() && profiles.is_empty() && sections.is_empty() {
        return Cow::Borrowed(items);
    }
    let in_section = |item: &Item| first(item).is_some_and(|key| sections.contains(key));
    let kept =
        |item: &&Item| !off.has(item) && !profiles.contains(&item.block) && !in_section(item);
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

/// The documents of Spring that are for profiles other than those that the program is told.
fn other_profiles(items: &[Item], known: &Known<'_>) -> Vec<usize> {
    let told = |(name, value): &(String, String)| {
        let name = name.to_ascii_lowercase().replace('_', ".");
        (name == "spring.profiles.active").then(|| value.clone())
    };
    let Some(active) = known.vars.iter().chain(known.exported).find_map(told) else {
        return Vec::new();
    };
    let active: Vec<&str> = active.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    let more = ["spring.profiles.group", "spring.profiles.include"];
    // What comes with an active profile is active, too.
    if active.is_empty()
        || items.iter().any(|it| more.iter().any(|begin| it.dotted().starts_with(begin)))
    {
        return Vec::new();
    }
    let is_active = |profile: &str| {
        let profile = profile.trim();
        profile.contains(['&', '|', '(', '$', ' '])
            || match profile.strip_prefix('!') {
                Some(other) => !active.contains(&other),
                None => active.contains(&profile),
            }
    };
    let wanted = |item: &&Item| {
        let dotted = item.dotted();
        let key = dotted.split('[').next().unwrap_or_default();
        matches!(key, "spring.config.activate.on-profile" | "spring.profiles")
    };
    let named: Vec<&Item> = items.iter().filter(wanted).collect();
    let blocks: BTreeSet<usize> = named.iter().map(|item| item.block).collect();
    let is_used = |block: usize| {
        let mut own = named.iter().filter(|item| item.block == block);
        own.any(|item| item.value.split(',').any(is_active))
    };
    blocks.into_iter().filter(|block| !is_used(*block)).collect()
}

/// `{"test": {...}, "production": {...}}`: the sections for other environments than the one that the program is told.
fn other_environments(items: &[Item], vars: &[(String, String)]) -> BTreeSet<String> {
    let is_section = |item: &&Item| item.path.len() > 1;
    let sections: BTreeSet<&str> = items
        .iter()
        .filter(is_section)
        .filter_map(first)
        .filter(|key| environment(key).is_some())
        .collect();
    if sections.len() < 2 {
        return BTreeSet::new();
    }
    let told = told_environments(vars);
    let is_told = |key: &&str| environment(key).is_some_and(|kind| told.contains(&kind));
    if !sections.iter().any(is_told) {
        return BTreeSet::new();
    }
    sections.into_iter().filter(|key| !is_told(key)).map(str::to_owned).collect()
}
