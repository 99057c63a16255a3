//! Addresses that nobody can dial as they stand: what of them can be shown without a secret, and what they most likely mean.
//!
//! Text that cannot be read may be cut in the wrong place, and a piece of a password would look like a host or a port. So
//! only what has the form of a host and of a port is kept, and nothing where a login may stand.

use super::Trouble;
use super::address::{Address, Shape};
use super::host;
use super::scheme::{self, Kind};

/// What stands for a text that may be a piece of a password.
const HIDDEN: &str = "***";

/// A host and a port that is none, as they may be shown.
pub(super) fn ported(host: &str, port: &str) -> String {
    let plain = port.len() <= 8
        && port.starts_with(|c: char| c.is_ascii_digit())
        && port.bytes().all(|b| b.is_ascii_alphanumeric());
    format!("{host}:{}", if plain { port } else { HIDDEN })
}

/// A host and a port in which nothing is wrong; nothing where the host is missing.
pub(super) fn authority(address: &Address) -> Option<String> {
    (!address.host.is_empty()).then(|| whole(&address.host, address.port))
}

/// An authority with too many colons, where it may be shown: an IPv6 address without its brackets.
pub(super) fn colons(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    plain.then(|| text.to_owned())
}

/// `http:/api:8080`, `http//api:8080`, `http:api:8080`: a scheme, but not what belongs behind it.
pub(super) fn slashes(text: &str) -> Option<Address> {
    let (written, rest) = text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric())?);
    let behind = rest.strip_prefix(':').or_else(|| rest.starts_with("//").then_some(rest))?;
    let name = written.to_ascii_lowercase();
    let known = matches!(scheme::kind(&name), Kind::Network(_));
    if !known || behind.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    let trouble = Some(Trouble::Unparsable("the scheme is not followed by ://"));
    let secret = text.contains('@');
    let model = Address { trouble, secret, ..Address::blank(Shape::Url) };
    let target = behind.trim_start_matches(['/', '\\']);
    let marks = &rest[..rest.len() - target.len()];
    let shown =
        |host: &str, port: Option<u16>| Some(format!("{written}{marks}{}", whole(host, port)));
    match (target_of(target), marks) {
        // `redis:alpine` is an image, `http:web:80` may be a table's row: only the key tells an address there.
        (Some((host, port @ Some(_))), ":") => Some(Address { shown: shown(&host, port), ..model }),
        (_, ":") => None,
        (Some((host, port)), _) => {
            // `redis:/data` may be a volume; what begins with the web's own schemes is always meant as an address.
            let web = matches!(name.as_str(), "http" | "https" | "ws" | "wss");
            let scheme = (web || port.is_some()).then_some(name);
            let shown = shown(&host, port);
            Some(Address { scheme, host, port, shown, ..model })
        }
        (None, _) => Some(model),
    }
}

/// `http://api :8080`, `http:// api:8080`, `http://ap i:8080`: a space within the host or beside it.
pub(super) fn spaced(text: &str) -> Option<Address> {
    let (written, rest) = text.split_once("://")?;
    let name = written.to_ascii_lowercase();
    let known = matches!(scheme::kind(&name), Kind::Network(_));
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let (front, back) = authority.split_once(' ')?;
    let back = back.trim();
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let belongs = if front.is_empty() {
        target_of(back).is_some()
    } else if let Some(host) = front.strip_suffix(':') {
        host::is_name(host) && is_port(back)
    } else {
        let (host, port) = back.split_once(':').unwrap_or((back, ""));
        host::is_name(front)
            && ((back.is_empty() && rest.len() > authority.len())
                || (is_port(port) && (host.is_empty() || host::is_name(host))))
    };
    if !known || !belongs {
        return None;
    }
    let joined: String = authority.chars().filter(|c| *c != ' ').collect();
    let (host, port) = target_of(&joined)?;
    Some(Address {
        shown: Some(format!("{written}://{front} {back}").trim_end().to_owned()),
        trouble: Some(Trouble::Unparsable("a space stands in its host or beside it")),
        secret: true,
        scheme: Some(name),
        host,
        port,
        ..Address::blank(Shape::Url)
    })
}

/// `http://http://api:8080`: the inner address is meant.
pub(super) fn doubled(written: &str, inner: Option<Address>) -> Address {
    let trouble = Some(Trouble::Unparsable("it has two schemes"));
    let scheme = scheme::plain(written);
    let model = Address { trouble, secret: true, ..Address::blank(Shape::Url) };
    let Some(inner) = inner.filter(|inner| !inner.secret && inner.trouble.is_none()) else {
        return Address { scheme: Some(scheme), ..model };
    };
    let own = inner.scheme.as_deref().unwrap_or_default();
    Address {
        shown: Some(format!("{written}://{own}://{}", whole(&inner.host, inner.port))),
        port: inner.port.or_else(|| scheme::default_port(own)),
        scheme: inner.scheme,
        host: inner.host,
        ..model
    }
}

/// The host and the port of a text that has nothing else in it but a path.
fn target_of(text: &str) -> Option<(String, Option<u16>)> {
    if text.contains(['@', '?', '#', ';', ',']) {
        return None;
    }
    let read = host::authority(text.split(['/', '\\']).next()?)?;
    (read.trouble.is_none() && host::is_wordy(&read.host)).then_some((read.host, read.port))
}

fn whole(host: &str, port: Option<u16>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}
