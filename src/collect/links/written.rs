//! Where in a text its address stands: the part that a remedy may change. What stands beside it is kept only where it is
//! nothing but a path.

use super::told::{Told, Trouble, holds_secret};
use checks::model::{Lines, PortPlace, Source, Written};
use std::net::Ipv6Addr;
use std::ops::Range;

/// Lines around a changed one, at most, on either side.
const CONTEXT: usize = 3;

/// How a value writes an address. `None` where it does not write it out, but puts it together from other values.
pub(crate) fn in_value(told: &Told, source: &Source, value: &str) -> Option<Written> {
    let found = find(told, value)?;
    let mut written = found.written(told, source, value);
    let hidden = written.secret || holds_secret(value);
    written.rest = if hidden { None } else { found.rest(value, &written) };
    Some(written)
}

/// How a line of a file, from 1, writes an address, with the lines around it.
pub(crate) fn in_line(told: &Told, source: &Source, text: &str, line: usize) -> Option<Written> {
    let rows: Vec<&str> = text.split('\n').collect();
    let (last, ended) = match rows.split_last() {
        Some((&"", rest)) => (rest.len(), true),
        _ => (rows.len(), false),
    };
    let rows = &rows[..last];
    let at = line.checked_sub(1).filter(|at| *at < last)?;
    let row = rows[at];
    let found = find(told, row)?;
    let mut written = found.written(told, source, row);
    if !written.secret && !holds_secret(row) {
        let taken = |rows: &mut dyn Iterator<Item = &&str>| -> Vec<String> {
            rows.take(CONTEXT).take_while(|row| is_plain(row)).map(ToString::to_string).collect()
        };
        let mut above = taken(&mut rows[..at].iter().rev());
        above.reverse();
        let below = taken(&mut rows[at + 1..].iter());
        let open = !ended && at + 1 + below.len() == last;
        let text = written.text();
        let at = found.hosts.iter().map(|range| range.end - text.len()).collect();
        written.lines = Some(Lines { above, line: row.to_owned(), at, below, open });
    }
    Some(written)
}

/// An address in a text.
struct Found {
    /// Its hosts, each with the port where that follows.
    hosts: Vec<Range<usize>>,
    port: PortPlace,
    /// The scheme before the first of them.
    scheme: Option<Range<usize>>,
    login: bool,
}

impl Found {
    fn written(&self, told: &Told, source: &Source, text: &str) -> Written {
        let address = self.hosts.first().map_or("", |range| &text[range.clone()]).to_owned();
        let mut written = Written {
            source: source.clone(),
            scheme: self.scheme.clone().map(|range| text[range].to_owned()),
            scheme_missing: told.trouble == Some(Trouble::NoScheme),
            login: self.login,
            address,
            port: self.port,
            rest: None,
            secret: told.secret_line,
            alone: false,
            lines: None,
        };
        written.alone = text.matches(&written.text()).count() == self.hosts.len();
        written
    }

    /// What follows the address where the value holds nothing but scheme, address and path.
    fn rest(&self, value: &str, written: &Written) -> Option<String> {
        let [host] = self.hosts.as_slice() else { return None };
        let before = value[..host.end].trim_start();
        let rest = value[host.end..].trim_end();
        let path = |c: char| c.is_alphanumeric() || "/-_.~%+".contains(c);
        (before == written.text() && rest.chars().all(path)).then(|| rest.to_owned())
    }
}

/// Finds the address where it is written out: with its port behind it, without one, or with the port somewhere else.
fn find(told: &Told, text: &str) -> Option<Found> {
    let all = hosts(&told.host, text);
    let behind = |host: &Range<usize>| text[host.end..].strip_prefix(':').map(digits);
    let port = told.port.filter(|_| told.port_written).map(|port| port.to_string());
    let beside = |host: &Range<usize>| {
        let length = 1 + port.as_ref()?.len();
        (behind(host) == port.as_deref()).then(|| host.start..host.end + length)
    };
    let alone = |host: &Range<usize>| behind(host).is_none_or(str::is_empty).then(|| host.clone());
    let with_port: Vec<_> = all.iter().filter_map(beside).collect();
    let (places, mut port) = if with_port.is_empty() {
        (all.iter().filter_map(alone).collect(), PortPlace::Elsewhere)
    } else {
        (with_port, PortPlace::Beside)
    };
    // The same words may stand without a scheme beside, and mean another thing.
    let schemes: Vec<_> = places.iter().map(|host| scheme(&text[..host.start])).collect();
    let wanted = told.scheme.as_deref();
    let is_meant = |found: &Option<(Range<usize>, bool)>| {
        let (scheme, _) = found.as_ref()?;
        Some(wanted.is_some_and(|wanted| is_spelling_of(&text[scheme.clone()], wanted)))
    };
    let first = schemes.iter().find(|found| is_meant(found) == Some(true)).or(schemes.first())?;
    let hosts: Vec<_> = places
        .iter()
        .zip(&schemes)
        .filter(|(_, found)| same(text, found.as_ref(), first.as_ref()))
        .map(|(host, _)| host.clone())
        .collect();
    if port == PortPlace::Elsewhere && !told.port_written && first.is_some() {
        port = PortPlace::Implied;
    }
    // A name alone, twice in a text: one of them is something else.
    if (port == PortPlace::Elsewhere && hosts.len() != 1)
        || hosts.iter().any(|host| text[host.clone()] != text[hosts[0].clone()])
    {
        return None;
    }
    let (scheme, login) =
        first.clone().map_or((None, false), |(scheme, login)| (Some(scheme), login));
    Some(Found { hosts, port, scheme, login })
}

/// Whether two addresses have the same scheme before them, and both a user or both none.
fn same(
    text: &str,
    one: Option<&(Range<usize>, bool)>,
    other: Option<&(Range<usize>, bool)>,
) -> bool {
    match (one, other) {
        (Some((one, a)), Some((other, b))) => a == b && text[one.clone()] == text[other.clone()],
        (None, None) => true,
        _ => false,
    }
}

/// The places where a host stands as a word of its own.
fn hosts(host: &str, text: &str) -> Vec<Range<usize>> {
    if host.is_empty() {
        return Vec::new();
    }
    if let Ok(ip) = host.parse::<Ipv6Addr>() {
        let inner = |at: usize| {
            let end = at + text[at..].find(']')?;
            (text[at + 1..end].parse() == Ok(ip)).then_some(at..end + 1)
        };
        return text.match_indices('[').filter_map(|(at, _)| inner(at)).collect();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let is_whole = |range: &Range<usize>| {
        let mut after = text[range.end..].chars();
        let next = after.next();
        let goes_on = next == Some('.') && after.next().is_some_and(is_part);
        !text[..range.start].ends_with(|c| is_part(c) || c == '.')
            && !next.is_some_and(is_part)
            && !goes_on
    };
    let lower = text.to_ascii_lowercase();
    lower.match_indices(host).map(|(at, _)| at..at + host.len()).filter(is_whole).collect()
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

/// The scheme before a host, with what else belongs to it, and whether a user stands between the two.
fn scheme(before: &str) -> Option<(Range<usize>, bool)> {
    let (front, between) = before.rsplit_once("://")?;
    // What stands between is nothing, or user info: no space, no further address.
    let login = !between.is_empty();
    if login && (!between.ends_with('@') || between.contains([' ', '\t', '"', '\'', ','])) {
        return None;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+.-:".contains(c);
    let start = front
        .rfind(|c| !is_part(c))
        .map_or(0, |at| at + front[at..].chars().next().map_or(1, char::len_utf8));
    let start = start + front[start..].len()
        - front[start..].trim_start_matches(['-', ':', '.', '+']).len();
    (start < front.len()).then_some((start..front.len(), login))
}

/// `jdbc:postgresql`, `postgresql+psycopg2` and `POSTGRESQL` spell `postgresql`.
fn is_spelling_of(written: &str, scheme: &str) -> bool {
    written.to_ascii_lowercase().split([':', '+']).any(|part| part == scheme)
}

/// Keys whose values may be anything: what they are called stands in another line.
const SPEECHLESS: [&str; 12] = [
    "value", "val", "v", "data", "content", "text", "string", "default", "user", "username",
    "login", "email",
];

/// Whether a line of a file may be shown beside a changed one: a heading, a bracket, or a key with one short word that is no
/// secret by its key or its look. All else ends what is shown, also the rest of a value that began in another line.
fn is_plain(line: &str) -> bool {
    let is_word = |text: &str, least: usize| {
        (least..=24).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if holds_secret(line) {
        return false;
    }
    let section = line.trim_end().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if section.is_some_and(|name| is_word(name, 1)) {
        return true;
    }
    let line = line.trim().trim_end_matches(',');
    let line = line.strip_prefix("- ").unwrap_or(line);
    if matches!(line, "" | "{" | "}" | "[" | "]") {
        return true;
    }
    let quotes = ['"', '\''];
    let Some((key, value)) = line.split_once([':', '=']) else { return false };
    let (key, value) = (key.trim().trim_matches(quotes), value.trim());
    let last = key.rsplit(['.', '-', '_']).next().unwrap_or(key).to_ascii_lowercase();
    is_word(key, 1)
        && !SPEECHLESS.contains(&last.as_str())
        && (matches!(value, "{" | "[") || is_word(value.trim_matches(quotes), 0))
}

#[cfg(test)]
mod tests;
