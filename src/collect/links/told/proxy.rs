//! Proxy variables: no links, but they bend other links.

use super::role::{Key, Setting};
use super::{Place, Told, path, value, variable};

/// A variable such as `HTTP_PROXY`, in any case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Proxy {
    /// The variable as it is written.
    pub(crate) name: String,
    /// Its address; `None` when the value is no address.
    pub(crate) told: Option<Told>,
    /// The value is empty: to some programs that is no proxy, to others as if it were not set.
    pub(crate) is_empty: bool,
}

/// A variable `NO_PROXY`, in any case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NoProxy {
    /// The variable as it is written.
    pub(crate) name: String,
    /// Its entries in lower case: names, suffixes, addresses and networks, `*`.
    pub(crate) entries: Vec<String>,
}

/// The variables that name a proxy. Those that are empty are left out, but where one in small letters stands beside others
/// that are not.
pub(crate) fn proxies(vars: &[(String, String)]) -> Vec<Proxy> {
    let set = |(name, _): &&(String, String)| {
        Key::name(name, Setting::Env).is_proxy() && !is_exception(name) && ends_in_proxy(name)
    };
    let proxy = |(name, value): &(String, String)| Proxy {
        name: name.clone(),
        told: told(name, value),
        is_empty: value.trim().is_empty(),
    };
    let mut proxies: Vec<Proxy> = vars.iter().filter(set).map(proxy).collect();
    let any = proxies.iter().any(|proxy| proxy.told.is_some());
    let is_small = |name: &str| !name.contains(|c: char| c.is_ascii_uppercase());
    proxies.retain(|proxy| !proxy.is_empty || (any && is_small(&proxy.name)));
    proxies
}

/// The variables that name exceptions.
pub(crate) fn no_proxy(vars: &[(String, String)]) -> Vec<NoProxy> {
    let entries = |value: &str| {
        let items = value.split(|c: char| c == ',' || c.is_whitespace());
        items.map(|item| item.trim().to_lowercase()).filter(|item| is_entry(item)).collect()
    };
    let exceptions = vars.iter().filter(|(name, _)| is_exception(name));
    exceptions
        .map(|(name, value)| NoProxy { name: name.clone(), entries: entries(value) })
        .collect()
}

fn ends_in_proxy(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("_proxy")
}

fn is_exception(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "no_proxy" || lower.ends_with("_no_proxy")
}

/// Only what can be an exception is kept.
fn is_entry(item: &str) -> bool {
    !item.is_empty()
        && item.len() <= 253
        && item.chars().all(|c| c.is_alphanumeric() || "._-*:/[]".contains(c))
}

fn told(name: &str, value: &str) -> Option<Told> {
    let address = value::read(value, variable::NOBODY).addresses.into_iter().next()?;
    Some(address.told(Place::Env { name: name.to_owned() }, path::holds_secret(value)))
}
