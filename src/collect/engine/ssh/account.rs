//! How an account on another machine is written: `ssh://user@host:port/path`.

use super::{Ssh, Tool};
use std::fmt;

impl Ssh {
    /// Reads what stands behind `ssh://`. What goes on to `ssh` and to a shell on the far side is plain by its letters.
    pub(crate) fn parse(rest: &str) -> Result<Self, String> {
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..]).filter(|path| *path != "/")),
            None => (rest, None),
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let shown = || format!("ssh://{place}");
        if user.is_some_and(|user| user.contains(':')) {
            return Err(format!(
                "{} has a password in it, which ssh does not take; use a key and give ssh://user@host",
                shown()
            ));
        }
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                let port = port.parse::<u16>().ok().filter(|port| *port > 0);
                (
                    host,
                    Some(port.ok_or_else(|| {
                        format!("the port of {} is none; give ssh://user@host:22", shown())
                    })?),
                )
            }
            _ => (place, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_plain = |text: &str, also: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        if !is_plain(host, "._-:%") || user.is_some_and(|user| !is_plain(user, "._-+@")) {
            return Err(format!("{} names no machine or user; give ssh://user@host", shown()));
        }
        if path.is_some_and(|path| !is_plain(path, "/._-+@:=")) {
            return Err(format!(
                "the path behind {} has signs that no socket's path needs; give ssh://user@host/path/to.sock",
                shown()
            ));
        }
        Ok(Self {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
            path: path.map(str::to_owned),
            identity: None,
            tool: Tool::Either,
        })
    }
}

impl fmt::Display for Ssh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(self.path.as_deref().unwrap_or_default())
    }
}
