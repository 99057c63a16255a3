//! Hosts: which text can name a machine, and which name nobody in particular.

pub(super) use checks::model::is_loopback;
use std::net::{IpAddr, Ipv6Addr};

use super::address::Authority;
use super::words::List;
use super::{Trouble, broken, variable};

/// Addresses that a program listens on and nobody can be told to reach.
const WILDCARDS: List = List("0.0.0.0 :: 0:0:0:0:0:0:0:0 * + 0");

/// Words that say whether something is on, or that there is nothing: `HTTP_SERVER=on` beside `HTTP_PORT=2020`.
const FLAGS: List =
    List("on off yes no true false enable enabled disable disabled none null nil undefined unset");

/// Programs that serve a web application. Where a key asks for a server, one of these is the kind of it.
const KINDS: List = List(
    "\
    nginx openresty angie apache apache2 httpd lighttpd caddy iis kestrel \
    gunicorn uvicorn uwsgi hypercorn daphne waitress werkzeug granian gevent tornado twisted \
    cherrypy puma unicorn thin webrick passenger falcon tomcat jetty undertow netty glassfish \
    wildfly jboss payara swoole roadrunner frankenphp cowboy bandit",
);

/// Endings of file names: `data.db` is no host.
const FILE_ENDINGS: List = List(
    "\
    cert cfg conf crt csv db gz html ini jar js json key lock log md pem php pid properties py \
    rb sh sock sql sqlite sqlite3 svg tar tgz toml ts txt xml yaml yml zip",
);

/// `0.0.0.0`, `[::]`, `*`: where a program listens, never a destination.
pub(super) fn is_wildcard(host: &str) -> bool {
    WILDCARDS.has(host) || host.starts_with("*.")
}

/// `on`, `disabled`, `none`: never a host, whatever asks for one.
pub(super) fn is_flag(word: &str) -> bool {
    FLAGS.has(&word.to_ascii_lowercase())
}

/// `nginx`, `gunicorn`: which kind of server it is, where a key does not say whether that or its host is meant.
pub(super) fn is_kind(word: &str) -> bool {
    KINDS.has(word)
}

/// An IPv4 or IPv6 address as it is usually written.
pub(super) fn is_ip(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

/// Could this be the name of a machine? Underscores are allowed: container names have them.
pub(super) fn is_name(host: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let bare = host.strip_suffix('.').unwrap_or(host);
    host.len() <= 253 && bare.split('.').all(fits)
}

/// A name that stands without a port and still reads as a host: `db.internal`, not `data.db` or `v1.2`.
pub(super) fn is_dotted(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(head, end)| {
        !head.is_empty()
            && end.len() >= 2
            && end.chars().all(char::is_alphabetic)
            && !FILE_ENDINGS.has(end)
    }) && is_name(host)
}

/// `data.db`: a file, not a host.
pub(super) fn is_file(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(_, end)| FILE_ENDINGS.has(end))
}

/// A name that cannot be mistaken for a number or a version.
pub(super) fn is_wordy(host: &str) -> bool {
    is_ip(host)
        || variable::is_in(host)
        || (host.contains('.') && is_loopback(host))
        || (is_name(host) && host.chars().any(char::is_alphabetic))
}

/// Reads `host`, `host:port`, `[v6]` or `[v6]:port`. `None` when the text is no address of the network at all: a path to
/// a socket, a pattern, a template that the program fills by itself.
pub(super) fn authority(text: &str) -> Option<Authority> {
    if text.contains(['%', '{', '}', '<', '>', '(', ')', '*', '+', '"', '\'']) {
        return None;
    }
    let Some(inner) = text.strip_prefix('[') else {
        let (host, port) = text.split_once(':').unwrap_or((text, ""));
        if port.contains(':') {
            let what = "it has more than one port, or an IPv6 address without brackets";
            return Some(Authority { shown: broken::colons(text), ..unparsable(what) });
        }
        return Some(checked(variable::lower(host), port));
    };
    let Some((host, rest)) = inner.split_once(']') else {
        return Some(unparsable("a bracket is not closed"));
    };
    let Ok(ip) = host.parse::<Ipv6Addr>() else {
        return Some(unparsable("what stands in brackets is no IPv6 address"));
    };
    match rest.strip_prefix(':') {
        Some(port) => Some(checked(ip.to_string(), port)),
        None if rest.is_empty() => Some(checked(ip.to_string(), "")),
        None => Some(unparsable("something stands between the bracket and the port")),
    }
}

fn checked(host: String, port: &str) -> Authority {
    let number = port.parse::<u16>().ok().filter(|port| *port > 0);
    let trouble = if variable::is_in(&host) || variable::is_in(port) {
        Some(Trouble::Unexpanded)
    } else if host.is_empty() {
        Some(Trouble::EmptyHost)
    } else if !is_ip(&host) && !is_name(&host) {
        return unparsable("the host holds what no name has");
    } else if port.is_empty() || number.is_some() {
        None
    } else if port.bytes().all(|b| b.is_ascii_digit()) {
        Some(Trouble::Unparsable("the port is out of range"))
    } else {
        Some(Trouble::Unparsable("the port is not a number"))
    };
    let wrong_port = matches!(trouble, Some(Trouble::Unparsable(_)));
    let shown = wrong_port.then(|| broken::ported(&host, port));
    Authority { host, port: number, trouble, shown }
}

/// Nothing of the text is kept: it may be a piece of a password.
fn unparsable(what: &'static str) -> Authority {
    let trouble = Some(Trouble::Unparsable(what));
    Authority { host: String::new(), port: None, trouble, shown: None }
}
