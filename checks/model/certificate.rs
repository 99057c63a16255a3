//! The certificate that a server showed to a client.

use serde::{Deserialize, Serialize};

/// What of a certificate is the same for every client that verifies it. Who trusts its issuer is not.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Certificate {
    /// The names and addresses that it is for (its subject alternative names), as it writes them; not all of a long list.
    pub names: Vec<String>,
    /// Whether they cover the host that the client dials, by the rules of TLS clients.
    pub covers: bool,
    /// Whether it is valid at the moment of the look.
    pub validity: Validity,
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
