//! One value, whatever form its addresses have.

use super::address::Address;
use super::variable::{self, Fill};
use super::{bare, broken, dsn, url};

/// Longer values are read no further than this.
const LONGEST: usize = 32 * 1024;

/// What a value says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) addresses: Vec<Address>,
    /// Other words stand around the addresses: a sentence or a command.
    pub(super) prose: bool,
    /// The value is one variable, which is read by itself where it is set.
    pub(super) told_elsewhere: bool,
    /// It is the only address of the value.
    pub(super) alone: bool,
    /// What stands around the whole of it, and is left out here.
    pub(super) around: Around,
}

/// What stands around a value and is no part of an address.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Around {
    #[default]
    Nothing,
    Quotes(char),
    /// `<http://api>`, as URLs stand in mails.
    Angles,
    /// The end of a line of another system, most often.
    Control(char),
}

/// Reads one value.
pub(super) fn read(value: &str, fill: Fill<'_>) -> Reading {
    let text = variable::clip(value, LONGEST);
    let inner = unquote(text.trim());
    let veiled = variable::veil(inner, fill);
    let (mut addresses, prose) = veiled_addresses(&veiled.text);
    for address in &mut addresses {
        address.host = veiled.unveil(&address.host);
        address.path = veiled.unveil(&address.path);
    }
    let around = Around::of(text, inner);
    Reading { addresses, prose, told_elsewhere: veiled.told_elsewhere, alone: false, around }
}

impl Around {
    fn of(text: &str, inner: &str) -> Self {
        let last = text.trim_end_matches(' ').chars().next_back();
        match (text.trim().chars().next(), last) {
            (Some(quote), _) if text.trim().len() > inner.len() => Self::Quotes(quote),
            (Some('<'), Some('>')) => Self::Angles,
            (_, Some(last)) if last.is_control() => Self::Control(last),
            _ => Self::Nothing,
        }
    }
}

fn unquote(text: &str) -> &str {
    ['"', '\''].into_iter().find_map(|q| text.strip_prefix(q)?.strip_suffix(q)).unwrap_or(text)
}

fn veiled_addresses(text: &str) -> (Vec<Address>, bool) {
    if let Some(addresses) = dsn::read(text) {
        return (addresses, false);
    }
    let inner = unwrap(text);
    let text = inner.as_deref().unwrap_or(text);
    if !text.contains("://") {
        let addresses = bare::list(text);
        let broken = addresses.is_empty().then(|| broken::slashes(text)).flatten();
        return (addresses.into_iter().chain(broken).collect(), false);
    }
    if let Some(address) = broken::spaced(text) {
        return (vec![address], false);
    }
    let (urls, prose) = url::find(text);
    let mut addresses: Vec<Address> = urls.into_iter().flat_map(url::read).collect();
    if inner.is_some() {
        for address in &mut addresses {
            address.secret |= text.contains(';') || text.contains('?');
        }
    }
    (addresses, prose)
}

/// The address in a URL of Java or another wrapper: `jdbc:postgresql://db/x`, `jdbc:mysql:loadbalance://a,b/x`.
/// Empty when the wrapper leads to no machine.
fn unwrap(text: &str) -> Option<String> {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let inner = ["jdbc:", "r2dbc:", "odbc:"]
        .iter()
        .find(|p| lower.starts_with(*p))
        .map(|p| &text[p.len()..])?;
    let Some((front, rest)) = inner.split_once("://") else { return Some(String::new()) };
    let words: Vec<&str> = front.split(':').collect();
    let elsewhere = ["tc", "h2", "sqlite", "hsqldb", "derby", "duckdb"];
    if words.iter().any(|word| elsewhere.contains(word)) && !words.contains(&"tcp") {
        return Some(String::new());
    }
    // The database is the scheme that counts; what follows it (`loadbalance`, `aurora`) is the driver's affair.
    let database =
        words.iter().find(|word| !matches!(**word, "pool" | "h2")).copied().unwrap_or_default();
    Some(format!("{database}://{rest}"))
}
