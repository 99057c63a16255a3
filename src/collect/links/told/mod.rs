//! Who is told which address: endpoints in a container's environment, command line and configuration files.
//!
//! Everything here is pure: text in, [`Told`] out; no engine, no file. A text becomes named values ([`entry`]), a value
//! becomes addresses ([`value`]), and the key, the shape of the value and what the engine knows decide which of them
//! are links ([`judge`]). Of a value nothing is kept but scheme, host, port and path.

mod address;
mod args;
mod bare;
mod broken;
mod command;
mod dsn;
mod entry;
mod env;
mod format;
mod host;
mod judge;
mod pairs;
mod path;
mod proxy;
mod role;
mod scheme;
mod shell;
mod switch;
mod unverified;
mod url;
mod value;
mod variable;
mod vocabulary;
mod words;

#[cfg(test)]
mod spec;

pub(crate) use args::from_args;
pub(crate) use env::from_env;
pub(crate) use format::{
    from_file, groups, includes, is_config_name, is_folder_of_others, is_of_another_environment,
    is_of_another_profile, profiles,
};
pub(crate) use path::holds_secret;
pub(crate) use proxy::{NoProxy, Proxy, no_proxy, proxies};
pub(crate) use unverified::{unverified, unverified_in};

use scheme::Kind;

/// One address that a client is told, as it is written there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Told {
    /// In lower case, without `jdbc:` and drivers; `None` if none is written.
    pub(crate) scheme: Option<String>,
    /// In lower case and without brackets; as written when it holds an unexpanded variable; empty when there is none.
    pub(crate) host: String,
    /// As written, else what the scheme or a well known name before `HOST` means.
    pub(crate) port: Option<u16>,
    /// Is the port written down?
    pub(crate) port_written: bool,
    /// Does only the name of the place suggest the port, or may another one be meant that is written beside it?
    pub(crate) port_assumed: bool,
    /// Empty, or like `/v1`: no slash at the end, no query, secrets masked.
    pub(crate) path: String,
    /// Where it is written.
    pub(crate) place: Place,
    /// What is malformed about it.
    pub(crate) trouble: Option<Trouble>,
    /// The whole of what can't be read, as far as it can be shown; host and port are then what it most likely means.
    pub(crate) shown: Option<String>,
    /// The value or its line holds something that must not be shown.
    pub(crate) secret_line: bool,
}

/// Where an address is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// A variable; of a host/port pair, the host's.
    Env {
        /// Its name.
        name: String,
    },
    /// An argument.
    Arg {
        /// Its position; the program itself is 0.
        index: usize,
    },
    /// A line of a file.
    Line {
        /// The dotted path of the key; list items by index.
        key: String,
        /// The line, from 1.
        line: usize,
    },
    /// The user named it.
    Flag,
}

/// What is malformed about an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// The key is named URL or URI, and no scheme is written.
    NoScheme,
    /// A variable stands in it that nobody expanded.
    Unexpanded,
    /// The same where these are set beside it: the program may expand them by itself.
    Expandable(Vec<String>),
    /// Nothing stands where the host belongs.
    EmptyHost,
    /// It cannot be read; says what is wrong, without the text.
    Unparsable(&'static str),
}

/// What is known beside the text.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Is this (in lower case) the name, an alias or the Compose service of a container other than the client?
    pub(crate) is_name: &'a dyn Fn(&str) -> bool,
    /// The client's environment: files and shell commands refer to it.
    pub(crate) vars: &'a [(String, String)],
    /// What the client's program has in its environment beside that: an entrypoint has exported it.
    pub(crate) exported: &'a [(String, String)],
    /// What the client's files say together.
    pub(crate) joint: Joint<'a>,
}

/// What the client's files say together, and no one of them alone.
#[derive(Clone, Copy, Default)]
pub(crate) struct Joint<'a> {
    /// Names of groups of servers that any of them defines, in lower case.
    pub(crate) groups: &'a [String],
    /// Some of them include others that could not be read.
    pub(crate) is_partial: bool,
    /// The profiles that the client is told to run with, by whatever place.
    pub(crate) profiles: &'a [String],
}

impl Told {
    /// The normalized URL: `scheme://host[:port][/path]` without the default port; `tcp://host:port` without a known scheme;
    /// of what can't be read, what can be shown of it.
    pub(crate) fn url(&self) -> String {
        if let Some(shown) = &self.shown {
            return shown.clone();
        }
        let known = self.scheme.as_deref().filter(|scheme| {
            matches!(scheme::kind(scheme), Kind::Network(_))
                && !matches!(*scheme, "plaintext" | "sasl_plaintext" | "sasl_ssl")
        });
        let scheme = known.unwrap_or("tcp");
        // What a path means is the scheme's affair.
        let path = known.map_or("", |_| self.path.as_str());
        let host = if self.host.contains(':') && host::is_ip(&self.host) {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let port = self.port.filter(|port| scheme::default_port(scheme) != Some(*port));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{host}{port}{path}")
    }
}

/// Reads the endpoint that the user names. The error is one clear line that quotes nothing.
pub(crate) fn from_text(endpoint: &str) -> Result<Told, String> {
    let text = endpoint.trim();
    let fail =
        |what: &str| Err(format!("{what}; an endpoint looks like http://api:8080 or db:5432"));
    if text.is_empty() {
        return fail("the endpoint is empty");
    }
    let mut addresses = value::read(text, variable::NOBODY).addresses.into_iter();
    let (Some(address), None) = (addresses.next(), addresses.next()) else {
        return fail("the endpoint is not one address of a machine");
    };
    let told = address.told(Place::Flag, path::holds_secret(text));
    match told.trouble {
        Some(Trouble::Unexpanded | Trouble::Expandable(_)) => {
            return fail("the endpoint holds a variable that nobody expanded");
        }
        Some(Trouble::EmptyHost) => return fail("the endpoint has no host"),
        Some(Trouble::Unparsable(what)) => {
            return fail(&format!("the endpoint cannot be read: {what}"));
        }
        Some(Trouble::NoScheme) | None => {}
    }
    if host::is_wildcard(&told.host) {
        return fail("the endpoint is an address to listen on, which nobody can reach");
    }
    if told.port.is_none() {
        return fail("the endpoint has no port, and its scheme has none of its own");
    }
    Ok(told)
}
