//! The certificate that a server showed to a client, and what that client holds to verify it.

use super::Fact;
use serde::{Deserialize, Serialize};

/// What of a certificate is the same for every client that verifies it; and whether this one trusts who signed it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Certificate {
    /// The names and addresses that it is for (its subject alternative names), as it writes them; not all of a long list.
    pub names: Vec<String>,
    /// Whether they cover the host that the client dials, by the rules of TLS clients.
    pub covers: bool,
    /// Whether it is valid at the moment of the look.
    pub validity: Validity,
    /// The common name of who signed it, as far as it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Whether it says that it signed itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_signed: bool,
    /// What vouches for it among what the client holds; `None` where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Fact<Trust>>,
    /// Whether the server asks the client for one, too, and turns it away without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demands: bool,
}

/// What a client's own certificates say of the one that it is shown. What a program carries inside itself is not seen.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trust {
    /// The file of the client that holds what vouches for it; `None` where none does.
    pub by: Option<String>,
    /// Whether neither the system nor a variable, an argument or a file of the client leads to that file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unnamed: bool,
    /// A file that would, if what programs read were made from it (`update-ca-certificates`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    /// The files of certificates that were looked at.
    pub looked: Vec<String>,
    /// Whether the client holds a private key of its own, to show a certificate with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key: bool,
}

/// Whether a certificate is valid at a moment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// It is.
    Now,
    /// It has ended then, RFC 3339 in UTC.
    Ended(String),
    /// It begins only then, RFC 3339 in UTC.
    Begins(String),
}
