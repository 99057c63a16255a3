//! `[plugins]` in `econn.toml`. Naming a folder there is the consent to run what lies in it.

use super::process::Limits;
use crate::cli::Limit;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a program may take where nobody says.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The variables that a program is given.
const VARIABLES: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

/// Which programs take part.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Plugins {
    /// Folders with `econn-check-NAME`, relative to the file's.
    pub(crate) folders: Vec<PathBuf>,
    /// Whether those on `PATH` take part, too.
    pub(crate) path: bool,
    /// How long each may take; 10s by default.
    pub(crate) timeout: Option<Limit>,
    /// Names of variables that they are given besides the usual ones.
    pub(crate) env: Vec<String>,
}

impl Plugins {
    /// Whether any program may take part.
    pub(crate) fn is_any(&self) -> bool {
        self.path || !self.folders.is_empty()
    }

    /// What each program is given and allowed.
    pub(crate) fn limits(&self, folder: &Path) -> Limits {
        Limits {
            time: self.timeout.as_ref().map_or(TIMEOUT, |limit| limit.duration),
            folder: if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() },
            variables: VARIABLES.map(str::to_owned).into_iter().chain(self.env.clone()).collect(),
        }
    }
}
