//! `econn.toml`, what a project holds of its links: which must work and which must not, how many clients come at once, which
//! faults are known and until when, and what flags would say otherwise. Flags win over the file.

mod date;
mod find;
mod flags;
mod limits;
mod link;
mod suppress;
mod trouble;
mod write;

use crate::cli::{FailOn, Limit};
use crate::declared::Declared;
use crate::plugin::Plugins;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) use find::{FILE, find};
pub(crate) use link::Demanded;
pub(crate) use suppress::Suppress;
pub(crate) use write::written;

/// Everything that `econn.toml` may say. The book's page on it has every key with unit and default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The file itself; `None` where there is none.
    #[serde(skip)]
    pub(crate) path: Option<PathBuf>,
    /// As `--timeout`.
    pub(crate) timeout: Option<Limit>,
    /// As `--wait` of preflight.
    #[serde(deserialize_with = "limits::wait")]
    pub(crate) wait: Option<Limit>,
    /// As `--fail-on`.
    pub(crate) fail_on: Option<FailOn>,
    /// As `--allow-unknown`.
    pub(crate) allow_unknown: bool,
    /// Checks whose faults count as warnings.
    pub(crate) may_warn: Vec<String>,
    /// As `--source`; folders are relative to the file's.
    pub(crate) source: BTreeMap<String, PathBuf>,
    /// As `--probe`.
    pub(crate) probe: BTreeMap<String, String>,
    /// The clients that come at once.
    pub(crate) parallel: Parallel,
    /// Links that must work.
    pub(crate) expect: Vec<Demanded>,
    /// Links that must not work.
    pub(crate) forbid: Vec<Demanded>,
    /// Findings that are known and do not count for a time.
    pub(crate) suppress: Vec<Suppress>,
    /// Which programs of one's own take part.
    pub(crate) plugins: Plugins,
    /// Checks of one's own that need no program.
    pub(crate) check: Vec<Declared>,
}

/// The clients that come at once.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Parallel {
    /// How many; 12 by default, none for 0.
    #[serde(deserialize_with = "limits::clients")]
    pub(crate) clients: Option<u32>,
    /// How long each waits for its answer, 5s by default.
    pub(crate) timeout: Option<Limit>,
}
