//! How often econn was right, folded from a whole run of all scenes on both engines: `docs/accuracy.md`.
//!
//! Only what an expectation demands or rules out is counted. What it leaves open (`["pass", "warn"]`) may come out one way
//! today and the other tomorrow, so it is counted as permitted, and the same scenes always give the same counts.

use super::Result;
use super::cast::{Cast, Play};
use super::engine::Engine;
use super::explained::Explanations;
use super::tally::{Tally, UNKNOWNS};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What came out of the scenes that were played, by name and engine; of one that was tried twice, the last time.
#[derive(Clone, Default)]
pub(crate) struct Accuracy(Arc<Mutex<Played>>);

impl Accuracy {
    pub(crate) fn note(&self, play: &Play, engine: Engine, tally: Tally) {
        let mut played = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        played.insert((play.name.clone(), engine), tally);
    }

    /// Compares a whole run with the page, or writes it (`UPDATE_ACCURACY=1`). A run that left something out says so. Of
    /// any run, each unknown must be explained.
    pub(crate) fn settle(&self, cast: &Cast) -> Result<()> {
        let played = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let explanations = Explanations::load()?;
        let mut whole = Tally::default();
        for tally in played.values() {
            whole.add(tally);
        }
        let counted = counted(&played, &whole, cast, &explanations);
        let lacking = explanations.lacking(whole.unknowns().iter());
        if lacking.is_empty() {
            return counted;
        }
        let told = format!("tests/unknowns.toml does not explain:\n{}", lacking.join("\n"));
        // What could not be seen differs from machine to machine; a new reason is explained before the next soak at the latest.
        if std::env::var_os("ECONN_TEST_STRICT").is_none() {
            eprintln!("scenes: NOT EXPLAINED YET: {told}");
            return counted;
        }
        let more = counted.err().map(|why| format!("\nand {why}")).unwrap_or_default();
        Err(told + &more)
    }
}

/// Where the counts are kept.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy.md")
}

/// The tallies of the scenes that gave a report.
type Played = BTreeMap<(String, Engine), Tally>;

/// Compares with the page, or writes it; of a run that left something out, only the explanations.
fn counted(played: &Played, whole: &Tally, cast: &Cast, why: &Explanations) -> Result<()> {
    let update = std::env::var_os("UPDATE_ACCURACY").is_some();
    let path = page();
    let all = cast
        .plays
        .iter()
        .flat_map(|play| play.scene.engines.iter().map(|engine| (play.name.clone(), *engine)))
        .filter(|(_, engine)| Engine::ALL.contains(engine));
    let (there, missing): (Vec<_>, Vec<_>) = all.partition(|one| played.contains_key(one));
    if let Some((name, engine)) = missing.first() {
        let told = format!(
            "docs/accuracy.md is not compared with this run: {} of {} scenes gave no report, such as {name} {engine}",
            missing.len(),
            missing.len() + there.len(),
        );
        if update {
            explain_again(&path, why)?;
            return Err(format!("{told}; only its explanations are written"));
        }
        eprintln!("scenes: {told}");
        return Ok(());
    }
    compare(&path, whole, played.len(), why, update)
}

/// A wrong verdict is never written down: it is an error, whatever the page says.
fn compare(
    path: &Path,
    whole: &Tally,
    played: usize,
    why: &Explanations,
    update: bool,
) -> Result<()> {
    let wrong = whole.wrong();
    if !wrong.is_empty() {
        return Err(format!("wrong verdicts, of which there must be none:\n{}", wrong.join("\n")));
    }
    let before = fs::read_to_string(path).unwrap_or_default();
    // Reasons of unknowns that come up now and then stay on the page; deleting it first forgets them.
    let page = whole.page(played, &reasons(&before), why);
    if update {
        return fs::write(path, page).map_err(|e| format!("{}: {e}", path.display()));
    }
    if before.is_empty() {
        eprintln!(
            "scenes: THERE IS NO docs/accuracy.md TO COMPARE WITH: UPDATE_ACCURACY=1 writes it after a green run"
        );
        return Ok(());
    }
    let known = reasons(&before);
    for new in reasons(&page).iter().filter(|reason| !known.contains(reason)) {
        eprintln!("scenes: AN UNKNOWN THAT docs/accuracy.md DOES NOT LIST: {new}");
    }
    if explained(&before, why) != before {
        return Err("docs/accuracy.md explains otherwise than tests/unknowns.toml (UPDATE_ACCURACY=1 with any scene writes it)".into());
    }
    let (was, now) = (counts(&before), counts(&page));
    let old: Vec<&str> = was.lines().collect();
    let new: Vec<&str> = now.lines().filter(|line| !old.contains(line)).collect();
    if was == now {
        return Ok(());
    }
    Err(format!(
        "docs/accuracy.md counts otherwise than this run (UPDATE_ACCURACY=1 cargo test --test scenes writes it):\n{}",
        new.join("\n")
    ))
}

/// The page with its reasons explained as they are now.
fn explained(page: &str, why: &Explanations) -> String {
    let head = page.find("\n- ").map_or(page, |at| &page[..=at]);
    format!("{head}{}", why.list(reasons(page).iter()))
}

fn explain_again(path: &Path, why: &Explanations) -> Result<()> {
    let Ok(page) = fs::read_to_string(path) else { return Ok(()) };
    fs::write(path, explained(&page, why)).map_err(|e| format!("{}: {e}", path.display()))
}

/// What of the page has to be the same.
fn counts(page: &str) -> &str {
    page.split_once(UNKNOWNS).map_or(page, |(counts, _)| counts)
}

fn reasons(page: &str) -> Vec<String> {
    let list = page.split_once(UNKNOWNS).map_or("", |(_, list)| list);
    list.lines().filter(|line| line.starts_with("- ")).map(str::to_owned).collect()
}
