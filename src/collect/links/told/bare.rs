//! Addresses without a scheme: `db:5432`, `a:9092,b:9092`, `api:8080/v1`, `db`.

use super::address::{Address, Shape};
use super::words::List;
use super::{host, path, variable};

/// What parts the items of a list.
const PARTS: &[char] = &[',', ';', '|', ' ', '\t', '\n', '\r'];

/// Schemes that are followed by no slashes, and by an address that looks like a login.
const CALLS: List = List("sip sips mailto");

/// Reads a list. Options between the addresses (`redis:6379,password=x,ssl=False`) are left out; anything else that is
/// no address makes the whole text none.
pub(super) fn list(text: &str) -> Vec<Address> {
    let text = text
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .filter(|t| !is_v6(t))
        .unwrap_or(text);
    let mut found = Vec::new();
    let mut options = false;
    for item in text.split(PARTS).filter(|item| !item.is_empty()) {
        let item = item.trim_matches(['"', '\'']);
        if let Some(address) = read(item) {
            found.push(address);
        } else if item.contains('=') && !found.is_empty() {
            options = true;
        } else {
            return Vec::new();
        }
    }
    for address in &mut found {
        address.secret |= options;
    }
    found
}

fn is_v6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Reads one `host`, `host:port` or `host:port/path`.
pub(super) fn read(text: &str) -> Option<Address> {
    let relative = text.strip_prefix("//");
    let text = relative.unwrap_or(text);
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let (front, after) = text.split_at(end);
    // `http:/api` and `http//api` are URLs that went wrong.
    if front.ends_with(':') || (relative.is_none() && after.starts_with("//")) {
        return None;
    }
    let login = front.rsplit_once('@');
    // `sip:100@pbx:5060` is no login, and calls nobody over TCP alone.
    if login.is_some_and(|(user, _)| user.split_once(':').is_some_and(|(word, _)| CALLS.has(word)))
    {
        return None;
    }
    let authority = host::authority(login.map_or(front, |(_, host)| host))?;
    let ported = authority.port.is_some() || (variable::is_in(front) && front.contains(':'));
    // With a port behind it even such a word is a name.
    if host::is_flag(&authority.host) && !ported {
        return None;
    }
    if authority.host.is_empty() || !host::is_wordy(&authority.host) || (login.is_some() && !ported)
    {
        return None;
    }
    let unsound = authority.trouble.as_ref().is_some_and(|_| !variable::is_in(front));
    if unsound
        && !front
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.len() <= 6 && port.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let (path, masked) = path::clean(after.split(['?', '#']).next().unwrap_or_default());
    let shape = if ported || unsound { Shape::HostPort } else { Shape::Host };
    Some(Address {
        host: authority.host,
        port: authority.port,
        path,
        trouble: authority.trouble,
        shown: authority.shown.map(|shown| format!("tcp://{shown}")),
        secret: login.is_some() || masked || after.contains(['?', '#']),
        ..Address::blank(shape)
    })
}
