//! What is a link and what is none, as tables that read like a specification.

mod args;
mod bounds;
mod dsns;
mod files;
mod links;
mod malformed;
mod nginx;
mod no_links;
mod pairs;
mod random;
mod shapes;
mod text;
mod urls;
mod yaml;

use super::{Joint, Known, Place, Told, Trouble, from_env, from_file};

/// The containers beside the client.
pub(super) const NAMES: &[&str] = &["mock-llm", "db", "redis", "api", "other_1"];

pub(super) fn vars(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn with_known<T>(vars: &[(String, String)], act: impl FnOnce(&Known<'_>) -> T) -> T {
    act(&Known {
        is_name: &|name| NAMES.contains(&name),
        vars,
        joint: Joint::default(),
        exported: &[],
    })
}

/// `http://api:8080`, with a sign behind it for what is wrong: `!scheme`, `!variable`, `!host`, `!text`.
pub(super) fn shown(told: &Told) -> String {
    let sign = match &told.trouble {
        None => "",
        Some(Trouble::NoScheme) => " !scheme",
        Some(Trouble::Unexpanded) => " !variable",
        Some(Trouble::Expandable(names)) => &format!(" !{}", names.join("+")),
        Some(Trouble::EmptyHost) => " !host",
        Some(Trouble::Unparsable(_)) => " !text",
    };
    format!("{}{sign}", told.url())
}

/// The same with the place before it.
pub(super) fn placed(told: &Told) -> String {
    let place = match &told.place {
        Place::Env { name } => name.clone(),
        Place::Arg { index } => index.to_string(),
        Place::Line { key, line } => format!("{line} {key}"),
        Place::Flag => "flag".to_owned(),
    };
    format!("{place} = {}", shown(told))
}

pub(super) fn all(told: &[Told], show: impl Fn(&Told) -> String) -> String {
    told.iter().map(show).collect::<Vec<_>>().join(" | ")
}

/// What one variable alone tells.
pub(super) fn link(name: &str, value: &str) -> String {
    with_known(&[], |known| all(&from_env(&vars(&[(name, value)]), known), shown))
}

/// Shows every row that differs, not only the first.
pub(super) fn compare(rows: impl IntoIterator<Item = (String, String, String)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter(|(_, found, expected)| found != expected)
        .map(|(text, found, expected)| {
            format!("{text}\n    found:    {found}\n    expected: {expected}")
        })
        .collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a file tells.
pub(super) fn in_file(path: &str, text: &str) -> String {
    let vars = vars(&[("LLM_HOST_NAME", "mock-llm"), ("LLM_URL", "http://api:8080")]);
    with_known(&vars, |known| match from_file(path, text, known) {
        Ok(told) => all(&told, placed),
        Err(what) => format!("error: {what}"),
    })
}

/// Compares what files of one name tell.
pub(super) fn check(path: &str, table: &[(&str, &str)]) {
    compare(table.iter().map(|(text, expected)| {
        (format!("{path}: {text:?}"), in_file(path, text), (*expected).to_owned())
    }));
}
