//! Which address a line names: host and port, and nothing else of it.

use super::shape::Found;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Host and port, as far as the log has them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Address {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
}

/// User info may hold anything but a slash; it is passed over up to its last `@`.
static URL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?P<scheme>[a-z][a-z0-9+.-]{0,20})://(?:[^\s/"'<>]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_][0-9A-Za-z_.-]*)(?::(?P<port>\d{1,5}))?(?:[/?#\s"'`)\]}>,;\\]|:\s|:?$)"#,
    )
});
/// Before a URL at which a reader finds more: nobody connected to it.
static READ_MORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bsee(?: also)?|\bread more|\brefer to|\bmore (?:info|information|details)(?: check| see| visit)?|\bdocumentation|\bthis error)(?: at| on| in| is)*:?\s*[(<\[]?$",
    )
});
/// Other ways to say an address, on the line of a failure or below it.
static OTHERS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\bhost='(?P<host>[^']+)', port=(?P<port>\d+)",
        r#"running on host "(?P<host>[^"]+)""#,
        r"\{address=(?P<host>[^\s,:]+):(?P<port>\d+)",
        r"TCP/IP connections on port (?P<port>\d+)",
        r"^\s*(?:address|host|hostname|remoteAddress): '(?P<host>[^']+)',?$",
        r"^\s*(?:port|remotePort): '?(?P<port>\d+)'?,?$",
    ]
    .map(regex)
    .into()
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the program itself")
}

impl Address {
    /// What the groups `host` and `port` matched.
    pub(super) fn of(found: &Captures<'_>) -> Self {
        Self {
            host: found.name("host").and_then(|host| self::host(host.as_str())),
            port: found.name("port").and_then(|port| self::port(port.as_str())),
        }
    }

    /// The address on the line of a failure: as the client was told it, else as it dialled it.
    pub(super) fn on(line: &str, found: &Found) -> Self {
        if found.is_proxy {
            return found.address.clone();
        }
        let mut urls = Self::urls(line).take(8);
        let dialled = &found.address;
        match (&dialled.host, dialled.port) {
            (None, None) => urls.next().unwrap_or_else(|| Self::beside(line)),
            // A dialled address is what the name in the URL was resolved to.
            (Some(_), Some(port)) => {
                urls.find(|url| url.port == Some(port)).unwrap_or_else(|| dialled.clone())
            }
            _ => urls
                .chain(std::iter::once_with(|| Self::beside(line)))
                .find(|other| other.host == dialled.host)
                .unwrap_or_else(|| dialled.clone()),
        }
    }

    /// The addresses of the URLs in a line, except those of documentation.
    fn urls(line: &str) -> impl Iterator<Item = Self> {
        let all = URL.captures_iter(line);
        let tried = all.filter(|url| !READ_MORE.is_match(&line[..url.get_match().start()]));
        tried.map(|url| Self::of_url(&url))
    }

    /// An address in other words than a URL.
    pub(super) fn beside(line: &str) -> Self {
        let found = OTHERS.iter().filter_map(|other| other.captures(line)).map(|f| Self::of(&f));
        found.fold(Self::default(), |mut all, one| {
            all.learn(one);
            all
        })
    }

    /// Adds what another line of the same failure says.
    pub(super) fn learn(&mut self, other: Self) {
        let agrees = self.host.is_none() || other.host.is_none() || self.host == other.host;
        if agrees {
            self.host = self.host.take().or(other.host);
            self.port = self.port.or(other.port);
        }
    }

    fn of_url(found: &Captures<'_>) -> Self {
        let mut address = Self::of(found);
        if found.name("port").is_none() {
            address.port = match &found["scheme"] {
                "http" | "ws" => Some(80),
                "https" | "wss" => Some(443),
                "postgres" | "postgresql" => Some(5432),
                "redis" => Some(6379),
                "amqp" => Some(5672),
                _ => None,
            };
        }
        address
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// A host without brackets; `None` for what can be none, a secret in its place included.
fn host(text: &str) -> Option<String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let bare = bare.replace("%5B", "").replace("%5D", "");
    let is_address = bare.contains(':') && bare.parse::<std::net::Ipv6Addr>().is_ok();
    let is_name = !bare.is_empty()
        && bare.len() <= 253
        && bare.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        });
    (is_address || is_name).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::{Address, URL, host};

    #[test]
    fn nothing_but_host_and_port_is_taken_of_a_url() {
        let of = |text: &str| {
            let address = URL.captures(text).map(|found| Address::of_url(&found));
            address.map(|a| format!("{:?} {:?}", a.host.unwrap_or_default(), a.port.unwrap_or(0)))
        };
        for (text, expected) in [
            ("http://u:s3cret@mock:8080/v1?k=s3cret", r#""mock" 8080"#),
            ("postgres://u:p@ss@db/x", r#""db" 5432"#),
            ("https://[::1]:8443/", r#""::1" 8443"#),
            ("url: http://mock/v1", r#""mock" 80"#),
            ("\"http://127.0.0.1:18141/v1\": dial", r#""127.0.0.1" 18141"#),
        ] {
            assert_eq!(of(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(of("http://:8080"), None);
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for text in ["mock-llm", "db.svc.cluster.local", "10.0.0.1", "::1", "[fe80::1]", "a_b"] {
            assert!(host(text).is_some(), "{text}");
        }
        for text in ["", "a b", "u:pw", "a/b", "x@y", &"a".repeat(64), "..", "p\u{e4}ss"] {
            assert_eq!(host(text), None, "{text}");
        }
    }
}
