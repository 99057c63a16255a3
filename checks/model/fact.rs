//! One fact: what was seen, or why it was not.

use serde::{Deserialize, Serialize};

/// One fact: what was seen, or why it was not. A probe cannot fail; it can only not know.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    /// The value that was seen.
    Known(T),
    /// Why it could not be seen.
    Unknown(String),
    /// Why nobody looked: left out by choice, or it does not apply.
    Skipped(String),
}

/// Why a judgement could not be made. It can never become a pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Undecided {
    /// It could not be determined.
    Unknown(String),
    /// It does not apply, or was left out by choice.
    Skip(String),
}

impl<T> Fact<T> {
    /// The value, or why it is missing. Meant for `?` in a check.
    ///
    /// # Errors
    ///
    /// Returns [`Undecided`] with the fact's own reason.
    pub fn known(&self) -> Result<&T, Undecided> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown(why) => Err(Undecided::Unknown(why.clone())),
            Self::Skipped(why) => Err(Undecided::Skip(why.clone())),
        }
    }

    /// The value, if it was seen. For evidence that may be missing without harm.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) | Self::Skipped(_) => None,
        }
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Fact<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(why) => Self::Unknown(why.to_string()),
        }
    }
}
