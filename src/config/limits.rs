//! Values that have a limit of their own.

use crate::cli::{Limit, MOST_CLIENTS};
use serde::de::{Deserialize, Deserializer, Error};

/// How long to wait; no time at all is allowed.
pub(super) fn wait<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Limit>, D::Error> {
    let text = String::deserialize(from)?;
    Limit::parse_wait(&text).map(Some).map_err(D::Error::custom)
}

/// How many clients come at once.
pub(super) fn clients<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let clients = u32::deserialize(from)?;
    if clients > MOST_CLIENTS {
        return Err(D::Error::custom(format!(
            "{clients} clients at once are a load and no test of a link; give {MOST_CLIENTS} at most"
        )));
    }
    Ok(Some(clients))
}
