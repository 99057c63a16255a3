//! Where an engine is reached, as its own tools write it down.

use super::ssh::Ssh;
use super::tls::Tls;
use crate::redact::shown;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where an engine is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// `host:port`, and how the connection is secured.
    Tcp(String, Option<Arc<Tls>>),
    /// An account on another machine, from where the engine is reached.
    Ssh(Ssh),
}

/// The forms that are understood.
const FORMS: &str = "give unix:///path/to.sock, tcp://host:port or ssh://user@host";

impl Address {
    /// Reads a `unix://`, `tcp://` or `ssh://` address. A TCP connection is secured as `tls` says, where it says so.
    pub(crate) fn parse(text: &str, tls: Option<Tls>) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            // Docker's own tools take `host:port` for TCP.
            if text.contains(':') && !text.contains('/') {
                return tcp(text, text, tls);
            }
            return Err(format!(
                "{} is not an engine's address that can be used: {FORMS}",
                shown(text)
            ));
        };
        match scheme {
            "unix" if rest.is_empty() => Ok(Self::Unix("/var/run/docker.sock".into())),
            "unix" => Ok(Self::Unix(rest.into())),
            "ssh" => Ssh::parse(rest).map(Self::Ssh),
            "tcp" => tcp(text, rest, tls),
            "http" => tcp(text, rest, None),
            "https" => tcp(text, rest, Some(tls.unwrap_or_else(|| Tls::of_everyone("https://")))),
            _ => {
                Err(format!("{} is not an engine's address that can be used: {FORMS}", shown(text)))
            }
        }
    }

    /// Whether it is a socket of this machine.
    pub(crate) fn is_socket(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    /// The process that listens on a socket of this machine, as the kernel tells it.
    pub(crate) async fn listener(&self) -> Option<i32> {
        let Self::Unix(path) = self else { return None };
        tokio::net::UnixStream::connect(path).await.ok()?.peer_cred().ok()?.pid()
    }

    /// Whether something stands at that place, as far as it can be seen from here.
    pub(crate) fn is_there(&self) -> bool {
        matches!(self, Self::Unix(path) if path.exists())
    }

    /// Whether two addresses lead to one place, as far as the names tell.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match (self, other) {
            (Self::Unix(a), Self::Unix(b)) => real(a) == real(b),
            (a, b) => a == b,
        }
    }
}

/// Reads `host:port`; without a port it is the one that Docker's own tools take.
fn tcp(text: &str, rest: &str, tls: Option<Tls>) -> Result<Address, String> {
    let authority = rest.trim_end_matches('/');
    if authority.contains('@') {
        return Err(format!("{} names a user, which an engine's address can't", shown(text)));
    }
    let wrong = || format!("{} is not an engine's address that can be used: {FORMS}", shown(text));
    let parsed: hyper::http::uri::Authority = authority.parse().map_err(|_| wrong())?;
    if parsed.host().is_empty() {
        return Err(wrong());
    }
    let port = match parsed.port() {
        Some(port) => port.as_str().parse::<u16>().map_err(|_| wrong())?,
        // A colon without a number that is a port.
        None if authority != parsed.host() => return Err(wrong()),
        None if tls.is_some() => 2376,
        None => 2375,
    };
    Ok(Address::Tcp(format!("{}:{port}", parsed.host()), tls.map(Arc::new)))
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority, _) => write!(f, "tcp://{authority}"),
            Self::Ssh(ssh) => write!(f, "{ssh}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;
    use crate::collect::engine::tls::Tls;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<String, String> {
        Address::parse(text, None).map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_read_as_the_engines_tools_read_them() {
        for (text, shown) in [
            ("unix:///run/x.sock", "unix:///run/x.sock"),
            ("unix://", "unix:///var/run/docker.sock"),
            ("tcp://ci:2375", "tcp://ci:2375"),
            ("tcp://ci", "tcp://ci:2375"),
            ("tcp://[::1]:2376/", "tcp://[::1]:2376"),
            ("http://ci:80", "tcp://ci:80"),
            ("https://ci", "tcp://ci:2376"),
            (
                "ssh://me@far:2222/run/podman/podman.sock",
                "ssh://me@far:2222/run/podman/podman.sock",
            ),
            ("ssh://far", "ssh://far"),
            ("ci:2375", "tcp://ci:2375"),
            ("127.0.0.1:2376", "tcp://127.0.0.1:2376"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(shown), "{text}");
        }
        let secured = Address::parse("tcp://ci", Some(Tls::of_everyone("test"))).unwrap();
        assert_eq!(secured.to_string(), "tcp://ci:2376");
    }

    #[test]
    fn what_is_no_address_is_told_without_its_secrets() {
        for text in [
            "nonsense",
            "/run/docker.sock",
            "tcp://",
            "tcp://:2375",
            "tcp://ci:",
            "tcp://ci:99999",
            "tcp://127.0.0.1:notaport",
            "tcp://ci:2375/path",
            "npipe:////./pipe/docker",
            "tcp://me:secret@ci:2375",
            "ssh://me:secret@far",
            "ssh://",
            "ssh://-oProxyCommand=x",
            "ssh://-l@far",
            "ssh://far/run/a b.sock",
            "ssh://far/run/$(id).sock",
            "ssh://far:port",
        ] {
            let said = read(text).unwrap_err();
            assert!(!said.contains("secret"), "{said}");
            assert!(
                said.contains("give ") || said.contains("user") || said.contains("password"),
                "{text}: {said}"
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_is_given_is_an_address_or_an_error(text in "(unix|tcp|ssh|http|https)://\\PC{0,40}") {
            if let Ok(address) = Address::parse(&text, None) {
                prop_assert!(!address.to_string().contains(char::is_control));
                prop_assert!(read(&address.to_string()).is_ok(), "{address}");
            }
        }
    }
}
