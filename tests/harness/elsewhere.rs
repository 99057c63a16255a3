//! The same scenes on further engines, and on other ways to the machine's own: the same verdicts, or `unknown` with its reason,
//! and never another one. What came out of the sample is the table in `docs/engines.md`.
//!
//! `UPDATE_ACCURACY=1` writes the table after a run of the whole sample on all of them; else the run is compared with it.

use super::cast::{Cast, Play};
use super::scene::{Expect, OneOf};
use super::verdict::{Met, findings, list, text};
use super::words::Words;
use super::{Engine, Result};
use checks::ALL;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::ops::AddAssign;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

const BEGIN: &str = "<!-- from a run of the tests -->\n";
const END: &str = "<!-- end of what is from a run -->\n";

/// How often a scene's word on a check came true on an engine.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Marks {
    right: usize,
    unknown: usize,
    wrong: usize,
    not_run: usize,
}

/// What came out of one scene: the marks of each check, and why something stayed unknown.
#[derive(Clone, Default)]
pub(crate) struct Outcome {
    marks: BTreeMap<&'static str, Marks>,
    unknowns: BTreeSet<String>,
}

/// What came out, by what it was played on and the scene's name.
type Played = BTreeMap<(String, String), Outcome>;

static PLAYED: Mutex<Played> = Mutex::new(BTreeMap::new());

/// A way to one of the machine's own engines.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// By TCP with TLS and certificates of both ends.
    Tls,
    /// By ssh.
    Ssh,
    /// Through its socket, with all probes in sidecars.
    Sidecars,
}

impl Way {
    const ALL: [Self; 3] = [Self::Sidecars, Self::Tls, Self::Ssh];

    fn to(self, engine: Engine) -> String {
        let by = match self {
            Self::Tls => "over TLS",
            Self::Ssh => "over ssh",
            Self::Sidecars => "by sidecars",
        };
        format!("{engine} {by}")
    }
}

/// What two nodes of Docker make.
const SWARM: &str = "swarm of two nodes";

/// Whether this engine can show the scene: not one that needs another engine, or rules of a firewall that we can't get at.
pub(crate) fn shows(engine: Engine, play: &Play) -> bool {
    let alien = |other: Option<Engine>| other.is_some_and(|other| !other.covers(engine));
    play.scene.engines.iter().any(|one| one.covers(engine))
        && !play.scene.not_on.contains(&engine)
        && (play.scene.firewall.is_empty() || engine.is_of_the_lab())
        && !play.scene.container.iter().any(|container| alien(container.engine))
}

/// Whether the scene belongs to the sample.
pub(crate) fn in_sample(play: &Play) -> bool {
    sample().contains(&play.name)
}

/// The names of the scenes that `make test` takes: the incident, pairs that work, and some faults of each check.
fn sample() -> &'static [String] {
    static SAMPLE: LazyLock<Vec<String>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/sample.txt");
        fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
    });
    &SAMPLE
}

/// Whether all scenes are wanted on further engines, and not only the sample: `ECONN_TEST_MORE_SCENES=all`.
pub(crate) fn all_are_wanted() -> bool {
    std::env::var("ECONN_TEST_MORE_SCENES").is_ok_and(|wanted| wanted == "all")
}

/// What is expected of this report where `unknown` is as good as the scene's own word: what an unknown check would have
/// said is not demanded.
pub(crate) fn or_unknown(
    engine: Engine,
    expected: &[Expect],
    report: &Value,
    words: &Words,
) -> Result<Vec<Expect>> {
    let met = Met::of(report, expected, words)?;
    let relaxed = met.expected.iter().map(|(expect, found)| {
        let mut expect = (*expect).clone();
        // An unprivileged user's default network can't be left by a command: the same fault, repaired otherwise.
        if engine.name().ends_with("-rootless") {
            expect.fix.clear();
        }
        let [link] = found[..] else { return expect };
        for (check, _) in unforeseen(&expect, link) {
            relax(&mut expect, check);
        }
        expect
    });
    Ok(relaxed.collect())
}

/// The rows that are unknown without the scene having said so, with their reasons.
fn unforeseen<'a>(expect: &Expect, link: &'a Value) -> Vec<(&'static str, &'a str)> {
    let row = |check: &str| list(link, "checks").iter().find(|row| text(row, "check") == check);
    let unknown = |check: &checks::model::Check| {
        let row = row(check.id).filter(|row| text(row, "outcome") == "unknown")?;
        let foreseen = expect.checks.get(check.id).is_some_and(|wanted| wanted.holds("unknown"));
        (!foreseen).then(|| (check.id, text(row, "reason")))
    };
    ALL.iter().filter_map(|check| unknown(check)).collect()
}

fn relax(expect: &mut Expect, check: &str) {
    let of_check = |code: &String| {
        ALL.iter().any(|one| one.id == check && one.rules.iter().any(|rule| rule.code == *code))
    };
    let or_unknown = |one: &OneOf| match one {
        OneOf::One(one) => OneOf::Any(vec![one.clone(), "unknown".to_owned()]),
        OneOf::Any(any) => OneOf::Any(any.iter().cloned().chain(["unknown".to_owned()]).collect()),
    };
    if let Some(wanted) = expect.checks.get_mut(check) {
        *wanted = or_unknown(wanted);
    }
    expect.outcome = expect.outcome.as_ref().map(or_unknown);
    expect.codes.retain(|code| !of_check(code));
    if let Some(chain) = &mut expect.chain {
        chain.retain(|code| !of_check(code));
    }
    if expect.root_cause.as_ref().is_some_and(of_check) {
        expect.root_cause = expect.chain.as_ref().and_then(|chain| chain.first().cloned());
    }
    // The symptom is seen by the same looks, and a fix belongs to what is no longer demanded.
    expect.symptom = None;
    expect.fix.clear();
}

impl Outcome {
    /// The marks of one report; of what the scene says explicitly, and of nothing else.
    pub(crate) fn of(report: &Value, expected: &[Expect], words: &Words) -> Result<Self> {
        let mut outcome = Self::default();
        let ns = words.fill("{{ns}}")?;
        for (expect, found) in Met::of(report, expected, words)?.expected {
            let link = if let [link] = found[..] { link } else { &Value::Null };
            let unknown = unforeseen(expect, link);
            let told = demanded(expect);
            for (check, why) in unknown.iter().filter(|(check, _)| told.contains(check)) {
                let why = super::tally::nameless(why, link, &ns);
                outcome.unknowns.insert(format!("`{check}`: {why}"));
            }
            for check in told {
                let marks = outcome.marks.entry(check).or_default();
                let row = list(link, "checks").iter().find(|row| text(row, "check") == check);
                let seen = row.map_or("", |row| text(row, "outcome"));
                let holds = expect.checks.get(check).is_none_or(|wanted| wanted.holds(seen))
                    && codes_of(expect, check).all(|code| names(link, code));
                if unknown.iter().any(|(one, _)| *one == check) {
                    marks.unknown += 1;
                } else if holds {
                    marks.right += 1;
                } else {
                    marks.wrong += 1;
                }
            }
        }
        Ok(outcome)
    }

    /// One check that came out as it should.
    pub(crate) fn right(checks: &[&'static str]) -> Self {
        let mark = |check: &&'static str| (*check, Marks { right: 1, ..Marks::default() });
        Self { marks: checks.iter().map(mark).collect(), ..Self::default() }
    }

    fn not_run(play: &Play, engine: Engine) -> Self {
        let mut outcome = Self::default();
        for check in play.expected(engine.kind()).iter().flat_map(demanded) {
            outcome.marks.entry(check).or_default().not_run += 1;
        }
        outcome
    }
}

/// The checks of which an expectation says something.
fn demanded(expect: &Expect) -> Vec<&'static str> {
    let says = |id: &str| expect.checks.contains_key(id) || codes_of(expect, id).next().is_some();
    ALL.iter().map(|check| check.id).filter(|id| says(id)).collect()
}

/// The codes of a check that an expectation demands.
fn codes_of<'a>(expect: &'a Expect, check: &str) -> impl Iterator<Item = &'a String> {
    let rules = ALL.iter().find(|one| one.id == check).map_or(&[][..], |one| one.rules);
    let codes = expect.codes.iter().chain(expect.chain.iter().flatten());
    codes.filter(move |code| rules.iter().any(|rule| rule.code == **code))
}

fn names(link: &Value, code: &str) -> bool {
    findings(link).any(|finding| text(finding, "code") == code)
}

/// Notes what came out of a scene on a further engine.
pub(crate) fn note(play: &Play, engine: Engine, outcome: Outcome) {
    if in_sample(play) {
        keep(engine.to_string(), &play.name, outcome);
    }
}

/// The same of a way to one of the machine's own.
pub(crate) fn note_by(
    way: Way,
    play: &Play,
    engine: Engine,
    report: &Value,
    words: &Words,
) -> Result<()> {
    let outcome = Outcome::of(report, &play.expected(engine), words)?;
    keep(way.to(engine), &play.name, outcome);
    Ok(())
}

/// The same of what a Swarm shows.
pub(crate) fn note_of_swarm(what: &str, outcome: Outcome) {
    keep(SWARM.to_owned(), what, outcome);
}

fn keep(on: String, name: &str, outcome: Outcome) {
    PLAYED.lock().unwrap_or_else(PoisonError::into_inner).insert((on, name.to_owned()), outcome);
}

/// Compares a run of the sample on these further engines with the table, or writes it. A run that left something out says so.
pub(crate) fn settle(cast: &Cast, engines: &[Engine]) -> Result<()> {
    for name in sample() {
        cast.find(name).ok_or_else(|| format!("tests/scenes/sample.txt: no scene {name:?}"))?;
    }
    if engines.is_empty() {
        return Ok(());
    }
    let missing = |told: &str| {
        eprintln!("scenes: the table of docs/engines.md is not compared with this run: {told}");
        Ok(())
    };
    let mut all = PLAYED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for play in cast.plays.iter().filter(|play| in_sample(play)) {
        for engine in engines {
            let key = (engine.to_string(), play.name.clone());
            if !shows(*engine, play) {
                all.insert(key, Outcome::not_run(play, *engine));
            } else if !all.contains_key(&key) {
                return missing(&format!("{} {engine} gave no report", play.name));
            }
        }
    }
    let ways = Engine::ALL.into_iter().flat_map(|engine| Way::ALL.map(|way| way.to(engine)));
    let further = engines.iter().map(ToString::to_string);
    let rows: Vec<String> = further.chain(ways).chain([SWARM.to_owned()]).collect();
    match rows.iter().find(|row| !all.keys().any(|(on, _)| on == *row)) {
        Some(row) => missing(&format!("{row} gave no report")),
        None => compare(&table(&all, &rows)),
    }
}

fn table(played: &Played, rows: &[String]) -> String {
    let mut table =
        "| engine | check | right | unknown | wrong | not run |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let mut reasons = String::new();
    for row in rows {
        let of_row = || played.iter().filter(|((on, _), _)| on == row);
        for check in ALL {
            let mut sum = Marks::default();
            for (_, outcome) in of_row() {
                sum += outcome.marks.get(check.id).copied().unwrap_or_default();
            }
            if sum == Marks::default() {
                continue;
            }
            let Marks { right, unknown, wrong, not_run } = sum;
            let _ = writeln!(
                table,
                "| {row} | {} | {right} | {unknown} | {wrong} | {not_run} |",
                check.id
            );
        }
        let unknowns: BTreeSet<&String> = of_row().flat_map(|(_, o)| &o.unknowns).collect();
        for why in unknowns {
            let _ = writeln!(reasons, "- {row}, {why}");
        }
    }
    if reasons.is_empty() {
        reasons.push_str("No row was unknown that a scene demands.\n");
    }
    format!("{table}\n{reasons}")
}

fn compare(table: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/engines.md");
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let page = fs::read_to_string(&path).map_err(|trouble| told(&trouble))?;
    let parts = page
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(was, after)| (before, was, after)));
    let (before, was, after) = parts.ok_or_else(|| told(&"it has no place for the table"))?;
    if was == table {
        return Ok(());
    }
    // What a machine lets be seen differs: econn in a container may not stand on the engine's machine, say.
    if settled(was) == settled(table) && std::env::var_os("UPDATE_ACCURACY").is_none() {
        eprintln!("scenes: MORE OR LESS IS UNKNOWN HERE THAN docs/engines.md SAYS:\n{table}");
        return Ok(());
    }
    if std::env::var_os("UPDATE_ACCURACY").is_some() {
        return fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))
            .map_err(|trouble| told(&trouble));
    }
    let old: Vec<&str> = was.lines().collect();
    let new: Vec<&str> = table.lines().filter(|line| !old.contains(line)).collect();
    // Scenes that say more, or less, than before move the counts; only a wrong verdict is a fault.
    if settled(table).iter().all(|row| row.rsplit(' ').nth(1) == Some("0")) {
        eprintln!("scenes: docs/engines.md COUNTS OTHERWISE THAN THIS RUN:\n{}", new.join("\n"));
        return Ok(());
    }
    Err(format!(
        "docs/engines.md counts otherwise than this run (UPDATE_ACCURACY=1 cargo test --test scenes writes it):\n{}",
        new.join("\n")
    ))
}

/// The rows of a table with what was right and what was unknown in one count.
fn settled(table: &str) -> Vec<String> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, engine, check, right, unknown, wrong, not_run, _] = cells[..] else { return None };
        let told = right.parse::<usize>().ok()? + unknown.parse::<usize>().ok()?;
        Some(format!("{engine} {check} {told} {wrong} {not_run}"))
    };
    table.lines().filter_map(row).collect()
}

impl AddAssign for Marks {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.unknown += other.unknown;
        self.wrong += other.wrong;
        self.not_run += other.not_run;
    }
}
