//! Checks of one's own: what they found out, beside the facts that econn itself looked at.

use super::{Fact, Fix, Row};
use serde::{Deserialize, Serialize};

/// One check that the project declares, with its answer on each link that it is about.
///
/// What looks at the world is asked once, when the snapshot is taken; so a replay says the same.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Own {
    /// Its id, as in `--only`.
    pub id: String,
    /// The code of its finding; never one of econn's own.
    pub code: String,
    /// The finding's title.
    pub message: String,
    /// What to do when it does not hold.
    pub fix: Vec<Fix>,
    /// Its answers, by link.
    pub answers: Vec<OwnAnswer>,
}

/// What such a check says of one link.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OwnAnswer {
    /// The link's id.
    pub link: String,
    /// How it came out, or why that could not be seen.
    pub verdict: Fact<Verdict>,
    /// What was looked at.
    pub what: String,
    /// What was there.
    pub seen: String,
}

/// How a check of one's own came out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold, and that is a warning.
    Warn,
    /// It does not hold.
    Fail,
}

/// What a plug-in says of one link.
#[derive(Clone, Debug)]
pub struct OwnRow {
    /// The link's id.
    pub link: String,
    /// Its row in the report.
    pub row: Row,
}
