//! What a program prints, as one document: the schema is made from it.

use super::answer::Entry;
use super::metadata::Metadata;

/// Either answer of a program.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "the schema is made from it; each answer is read where it is asked for"
)]
pub(crate) enum Printed {
    /// To `metadata`.
    Metadata(Metadata),
    /// To `run`: an empty list is a pass.
    Findings(Vec<Entry>),
}
