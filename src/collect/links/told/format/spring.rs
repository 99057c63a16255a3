//! Spring's profiles: files and documents that are read only where the program runs with the profile they are for.

use super::super::Known;
use super::super::words::List;
use super::file_name;
use super::item::Item;
use std::collections::BTreeSet;

/// Profiles that are those of nobody who is told none: they are for a developer's machine and for tests.
const UNTOLD: List = List(
    "dev devel development local localhost test tests testing unittest it integration \
    integrationtest integration-test e2e ci",
);

/// What tells the profiles, wherever the name may be written; a variable's name has other signs.
const ACTIVE: &str = "spring.profiles.active";

/// The profiles that arguments or variables tell. What comes later is what Spring takes last.
pub(super) fn told(argv: &[String], vars: &[&[(String, String)]]) -> Vec<String> {
    let by_argument: Vec<String> = argv.iter().flat_map(|text| assigned(text)).collect();
    if !by_argument.is_empty() {
        return by_argument;
    }
    let of = |(name, value): &(String, String)| {
        let plain = name.to_ascii_lowercase().replace('_', ".");
        if plain == ACTIVE { list(value) } else { assigned(value) }
    };
    vars.iter().copied().flatten().flat_map(of).collect()
}

/// `-Dspring.profiles.active=dev,eu` within a text.
fn assigned(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once(ACTIVE) else { return Vec::new() };
    let value = rest.trim_start_matches(['"', '\'', '=', ':', ' ']);
    let ends = |c: char| c.is_whitespace() || "\"'};".contains(c);
    list(value.split(ends).next().unwrap_or_default())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The profiles that a file activates, or that come with others.
pub(super) fn written(items: &[Item]) -> Vec<String> {
    let activates = |item: &&Item| {
        ["active", "default", "include", "group"].iter().any(|end| {
            let dotted = item.dotted();
            let rest = dotted.strip_prefix("spring.profiles.").and_then(|it| it.strip_prefix(end));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    items.iter().filter(activates).flat_map(|item| list(&item.value)).collect()
}

/// Are these filled in by somebody of whom nothing is known here, so that any profile may be meant?
fn are_open(profiles: &[String]) -> bool {
    profiles.iter().any(|profile| profile.contains(['$', '@', '#']))
}

/// Is the file (`application-test.yml`) one for a profile of developers or tests that the program is not told, and named nowhere?
pub(crate) fn is_of_another_profile(
    path: &str,
    profiles: &[String],
    vars: &[(String, String)],
    argv: &[String],
) -> bool {
    let name = file_name(path);
    let stem = ["yml", "yaml", "properties"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending)?.strip_suffix('.'));
    let profile = stem.and_then(|stem| {
        stem.strip_prefix("application-").or_else(|| stem.strip_prefix("bootstrap-"))
    });
    let is_other = profile.is_some_and(|profile| {
        UNTOLD.has(profile) && !profiles.iter().any(|told| told.eq_ignore_ascii_case(profile))
    });
    let named = || {
        let mut values = vars.iter().map(|(_, value)| value).chain(argv);
        values.any(|text| text.to_ascii_lowercase().contains(&name))
    };
    is_other && !are_open(profiles) && !named()
}

/// The documents that are for profiles other than those that the program is told; where it is told none, those for developers
/// and tests.
pub(super) fn other_documents(items: &[Item], known: &Known<'_>) -> Vec<usize> {
    let wanted = |item: &&Item| {
        let dotted = item.dotted();
        let key = dotted.split('[').next().unwrap_or_default();
        matches!(key, "spring.config.activate.on-profile" | "spring.profiles")
    };
    let named: Vec<&Item> = items.iter().filter(wanted).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let joint = known.joint.profiles;
    let given =
        if joint.is_empty() { told(&[], &[known.vars, known.exported]) } else { joint.to_vec() };
    let more = ["spring.profiles.group", "spring.profiles.include"];
    // What comes with an active profile is active, too.
    if !given.is_empty()
        && items.iter().any(|it| more.iter().any(|begin| it.dotted().starts_with(begin)))
    {
        return Vec::new();
    }
    let active = if given.is_empty() { written(items) } else { given };
    if are_open(&active) {
        return Vec::new();
    }
    let is_active = |profile: &str| {
        let profile = profile.trim();
        let is_told = |wanted: &str| active.iter().any(|told| told == wanted);
        let is_open = |wanted: &str| active.is_empty() && !UNTOLD.has(wanted);
        profile.contains(['&', '|', '(', '$', ' '])
            || match profile.strip_prefix('!') {
                Some(other) => !is_told(other),
                None => is_told(profile) || is_open(profile),
            }
    };
    let blocks: BTreeSet<usize> = named.iter().map(|item| item.block).collect();
    let is_used = |block: usize| {
        let mut own = named.iter().filter(|item| item.block == block);
        own.any(|item| item.value.split(',').any(is_active))
    };
    blocks.into_iter().filter(|block| !is_used(*block)).collect()
}
