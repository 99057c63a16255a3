//! Endpoints in an environment.

use super::entry::Entry;
use super::switch::Switched;
use super::{Known, Place, Told, Trouble, args, format, judge, variable};

/// Variables that every program has, whoever tells its environment.
const EVERYWHERE: [&str; 3] = ["HOSTNAME", "HOME", "PATH"];

/// Finds the endpoints that an environment tells. Nothing is expanded: the engine passes the values on as they are.
pub(crate) fn from_env(vars: &[(String, String)], known: &Known<'_>) -> Vec<Told> {
    let mut entries = Vec::new();
    let mut told = Vec::new();
    for (name, value) in vars {
        if is_options(value.trim()) {
            told.extend(args::options(name, value, known));
        } else {
            entries.extend(format::embedded(Entry::variable(name, value)));
        }
    }
    let off = Switched::of(vars.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if !off.is_empty() {
        entries.retain(|entry| !off.has(&entry.key.words()));
    }
    let mut links = judge::links(&entries, known, variable::NOBODY);
    links.extend(told);
    for told in links.iter_mut().filter(|told| told.trouble == Some(Trouble::Unexpanded)) {
        let Place::Env { name } = &told.place else { continue };
        let set = |name: &str| vars.iter().find(|(var, _)| var == name).map(|(_, value)| value);
        let asked = set(name).and_then(|value| variable::names(value)).unwrap_or_default();
        let has_value = |(name, has_default): &(String, bool)| {
            *has_default
                || EVERYWHERE.contains(&name.as_str())
                || set(name).is_some_and(|value| !value.is_empty())
        };
        if !asked.is_empty() && asked.iter().all(has_value) {
            let names = asked.into_iter().map(|(name, _)| name).collect();
            told.trouble = Some(Trouble::Expandable(names));
        }
    }
    let position = |told: &Told| match &told.place {
        Place::Env { name } => vars.iter().position(|(var, _)| var == name),
        _ => None,
    };
    links.sort_by_key(position);
    links
}

/// `JAVA_OPTS=-Xmx1g -Dllm.url=http://mock:8080`: flags in a variable.
fn is_options(text: &str) -> bool {
    text.starts_with('-') && text.contains('=') || text.contains(" --") || text.contains(" -D")
}
