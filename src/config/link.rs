//! A link of which the project demands something.

use crate::collect::Named;
use serde::Deserialize;

/// A client and the address that it dials.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Demanded {
    /// The link.
    pub(crate) named: Named,
}

/// The same as the file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    client: String,
    url: String,
}

impl TryFrom<Written> for Demanded {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Ok(Self { named: format!("{}={}", written.client, written.url).parse()? })
    }
}
