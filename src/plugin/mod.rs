//! Checks of one's own as programs: `econn-check-NAME`, which reads one redacted snapshot and prints findings. What such a
//! program does wrong becomes an `unknown` with a reason; never a crash, never a pass, and never more than its time.

mod answer;
mod find;
mod metadata;
mod process;
mod settings;
mod stderr;
mod text;

use checks::Wanted;
use checks::model::{Outcome, OwnRow, Row, Snapshot};
use metadata::Metadata;
pub(crate) use metadata::{is_code, is_id};
use process::Run;
pub(crate) use process::{Limits, run};
pub(crate) use settings::Plugins;
use std::path::{Path, PathBuf};
pub(crate) use text::shown;

/// What a program prints: what it is, or what it found.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the two documents are read apart; together they are the schema")]
pub(crate) enum Printed {
    /// For `metadata`.
    Metadata(Metadata),
    /// For `run`.
    Findings(Vec<answer::Entry>),
}

/// The programs that take part in this run.
#[derive(Default)]
pub(crate) struct Plugged {
    plugins: Vec<Plugin>,
    limits: Limits,
}

/// One program.
pub(crate) struct Plugin {
    /// The part of its file's name behind `econn-check-`.
    pub(crate) name: String,
    path: PathBuf,
    /// What it says of itself, or why that can't be used.
    pub(crate) metadata: Result<Metadata, String>,
}

impl Plugged {
    /// Finds the programs and asks each what it is. `folder` is the one of `econn.toml`, in which they run.
    ///
    /// # Errors
    ///
    /// A configured folder that can't be read.
    pub(crate) fn find(settings: &Plugins, folder: &Path) -> Result<Self, String> {
        let limits = settings.limits(folder);
        let found = find::find(settings, folder)?;
        let mut plugins: Vec<Plugin> = std::thread::scope(|scope| {
            let asked: Vec<_> = found
                .into_iter()
                .map(|(name, path)| {
                    let limits = &limits;
                    scope.spawn(move || {
                        let metadata = metadata::ask(&name, &path, limits);
                        Plugin { name, path, metadata }
                    })
                })
                .collect();
            asked.into_iter().filter_map(|one| one.join().ok()).collect()
        });
        metadata::apart(&mut plugins);
        Ok(Self { plugins, limits })
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The ids of their checks; that of a program which can't say them is its name.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.plugins.iter().flat_map(Plugin::ids).collect()
    }

    /// Runs every program that has a check to answer, all at once, and gives their rows on the links that are judged.
    pub(crate) fn judge(&self, facts: &Snapshot, wanted: &Wanted) -> Vec<OwnRow> {
        // It may speak of each link that it was shown, whether or not that one is judged here.
        let links: Vec<&str> = facts.links.iter().map(|link| link.id.as_str()).collect();
        if self.plugins.is_empty() || !facts.links.iter().any(|link| wanted.keeps(link)) {
            return Vec::new();
        }
        let input = serde_json::to_vec(facts).unwrap_or_default();
        let mut rows: Vec<OwnRow> = std::thread::scope(|scope| {
            let asked: Vec<_> = self
                .plugins
                .iter()
                .map(|plugin| {
                    let (input, links) = (&input, &links);
                    let ids = plugin.ids();
                    let broken = (ids.clone(), links.clone());
                    let thread = scope.spawn(move || {
                        // What is left out by choice is not even started; its rows say so.
                        if ids.iter().all(|id| wanted.is_left_out(id)) {
                            return unknown(&ids, links, "it was left out");
                        }
                        plugin.answers(input, links, &self.limits)
                    });
                    (broken, thread)
                })
                .collect();
            asked
                .into_iter()
                .flat_map(|((ids, links), thread)| {
                    thread
                        .join()
                        .unwrap_or_else(|_| unknown(&ids, &links, "its answer broke econn"))
                })
                .collect()
        });
        rows.sort_by(|a, b| (&a.link, &a.row.check).cmp(&(&b.link, &b.row.check)));
        rows
    }
}

impl Plugin {
    fn ids(&self) -> Vec<String> {
        match &self.metadata {
            Ok(metadata) => metadata.checks.iter().map(|check| check.id.clone()).collect(),
            // The name of a check of econn's own would stand twice.
            Err(_) if checks::ALL.iter().any(|check| check.id == self.name) => {
                vec![format!("econn-check-{}", self.name)]
            }
            Err(_) => vec![self.name.clone()],
        }
    }

    fn answers(&self, input: &[u8], links: &[&str], limits: &Limits) -> Vec<OwnRow> {
        let ids = self.ids();
        let metadata = match &self.metadata {
            Ok(metadata) => metadata,
            Err(why) => return unknown(&ids, links, why),
        };
        let said = run(&self.path, &["run".into()], input, limits);
        match said.and_then(Run::output) {
            Ok(output) => answer::rows(metadata, &output, links),
            Err(why) => unknown(&ids, links, &format!("econn-check-{} {why}", self.name)),
        }
    }
}

/// The rows of checks of which nothing is known.
fn unknown(ids: &[String], links: &[&str], why: &str) -> Vec<OwnRow> {
    let row = |id: &String| Row {
        check: id.clone(),
        layer: None,
        outcome: Outcome::Unknown,
        reason: Some(why.to_owned()),
        findings: Vec::new(),
    };
    let pairs = links.iter().flat_map(|link| ids.iter().map(move |id| (*link, id)));
    pairs.map(|(link, id)| OwnRow { link: link.to_owned(), row: row(id) }).collect()
}
