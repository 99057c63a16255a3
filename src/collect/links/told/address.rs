//! What one value says, before its key and its place decide whether it makes a link.

use super::Trouble;

/// How an address was written: what shape alone tells about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    /// With a scheme: `http://api:8080`.
    Url,
    /// In the form of one database driver: `host=db port=5432`, `user@tcp(db:3306)/x`.
    Dsn,
    /// `api:8080`, with or without a path.
    HostPort,
    /// A name or an IP address alone.
    Host,
}

/// One address as one value writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Address {
    pub(super) shape: Shape,
    pub(super) scheme: Option<String>,
    pub(super) host: String,
    /// As written; defaults are not filled in here.
    pub(super) port: Option<u16>,
    pub(super) path: String,
    pub(super) trouble: Option<Trouble>,
    /// What can't be read, as far as it can be shown.
    pub(super) shown: Option<String>,
    /// The value holds user info, a query or a token.
    pub(super) secret: bool,
}

impl Address {
    /// An address of this shape with nothing in it yet.
    pub(super) fn blank(shape: Shape) -> Self {
        Self {
            shape,
            scheme: None,
            host: String::new(),
            port: None,
            path: String::new(),
            trouble: None,
            shown: None,
            secret: false,
        }
    }
}

/// The host and the port at the head of an authority such as `db:5432` or `[::1]:80`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Authority {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) trouble: Option<Trouble>,
    /// What can't be read, as far as it can be shown.
    pub(super) shown: Option<String>,
}
