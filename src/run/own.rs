//! The checks of one's own in a run: found before anything is looked at, so that a wrong name is said at once.

use crate::cli::{Judging, known_check};
use crate::config::Config;
use crate::declared::{self, Declared};
use crate::exit::Failure;
use crate::plugin::Plugged;
use checks::Wanted;
use checks::model::{OwnRow, Snapshot};
use std::path::{Path, PathBuf};

/// The checks of one's own.
#[derive(Default)]
pub(super) struct OwnChecks<'a> {
    plugged: Plugged,
    config: Option<&'a Config>,
}

impl<'a> OwnChecks<'a> {
    /// Finds them, and asks the programs what they are.
    pub(super) fn find(config: &'a Config) -> Result<Self, Failure> {
        let plugged = if config.plugins.is_any() {
            Plugged::find(&config.plugins, &folder(config)).map_err(Failure::usage)?
        } else {
            Plugged::default()
        };
        let declared = config.check.iter().map(|check| (&check.id, Some(&check.code)));
        for (id, _) in declared {
            if plugged.ids().contains(id) {
                return Err(Failure::usage(format!(
                    "econn.toml: a plug-in has a check {id} already; give this one another id"
                )));
            }
        }
        Ok(Self { plugged, config: Some(config) })
    }

    /// Those that need no program: what programs have is not asked for.
    pub(super) fn declared(config: &'a Config) -> Self {
        Self { plugged: Plugged::default(), config: Some(config) }
    }

    /// Refuses names of checks that there are not.
    pub(super) fn know(&self, judging: &Judging, saved: Option<&Snapshot>) -> Result<(), Failure> {
        let mut own = self.plugged.ids();
        own.extend(self.config.iter().flat_map(|config| &config.check).map(|c| c.id.clone()));
        own.extend(saved.iter().flat_map(|facts| &facts.own).map(|own| own.id.clone()));
        let may_warn = self.config.iter().flat_map(|config| &config.may_warn);
        let named = judging.only.iter().map(|id| ("--only", id));
        let named = named.chain(judging.skip.iter().map(|id| ("--skip", id)));
        for (flag, id) in named.chain(may_warn.map(|id| ("econn.toml: may_warn", id))) {
            known_check(id, &own).map_err(|why| Failure::usage(format!("{flag}: {why}")))?;
        }
        Ok(())
    }

    /// Adds the answers of the declared checks to what was just looked at.
    pub(super) fn answer(&self, facts: &mut Snapshot) {
        if let Some(config) = self.config.filter(|config| !config.check.is_empty()) {
            let limits = config.plugins.limits(&folder(config));
            declared::answered(&config.check, facts, &limits);
        }
    }

    /// What a declared check that counts may still bring.
    pub(super) fn awaits(&self, facts: &Snapshot, wanted: &Wanted) -> Option<String> {
        let counts = |check: &&Declared| {
            (wanted.only.is_empty() || wanted.only.contains(&check.id))
                && !wanted.skip.contains(&check.id)
                && !wanted.may_warn.contains(&check.id)
                && !wanted.suppressions.iter().any(|one| one.code == check.code)
        };
        let mut declared = self.config.iter().flat_map(|config| &config.check).filter(counts);
        declared.find_map(|check| {
            let mut links = facts.links.iter().filter(|link| wanted.keeps(link));
            links.find_map(|link| check.awaits(link))
        })
    }

    /// Adds the answers of the declared checks to what was recorded.
    pub(super) fn recall(&self, record: &mut Snapshot) {
        if let Some(config) = self.config.filter(|config| !config.check.is_empty()) {
            declared::recalled(&config.check, record);
        }
    }

    /// Says of a saved snapshot what it holds no answer to.
    pub(super) fn miss(&self, facts: &mut Snapshot) {
        if let Some(config) = self.config {
            declared::unanswered(&config.check, facts);
        }
    }

    /// The rows of the plug-ins.
    pub(super) fn rows(&self, facts: &Snapshot, wanted: &Wanted) -> Vec<OwnRow> {
        self.plugged.judge(facts, wanted)
    }

    /// What is known of one of them.
    pub(super) fn explained(&self, subject: &str) -> Option<String> {
        let declared = self.config.map_or(&[][..], |config| &config.check);
        crate::render::manual::explain_own(self.plugged.all(), declared, subject)
    }

    /// The list of them, as `econn checks` prints it.
    pub(super) fn listed(&self) -> String {
        let declared = self.config.iter().flat_map(|config| &config.check);
        crate::render::manual::own(self.plugged.all(), declared)
    }
}

fn folder(config: &Config) -> PathBuf {
    config.path.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default()
}
