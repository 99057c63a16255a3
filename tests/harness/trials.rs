//! One test for each play and engine.

use super::accuracy::Accuracy;
use super::busy;
use super::cast::{Cast, Play};
use super::diagnosis::Diagnosis;
use super::elsewhere::{self, Outcome};
use super::stage::Stage;
use super::tally::Tally;
use super::verdict::{Met, list, text, told};
use super::{Engine, Result, conduct, figures, promises, servers, symptom};
use libtest_mimic::Trial;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Scenes share the machine, also with those of another run; one that must be alone takes it for itself until this
/// is dropped. Who wants it alone keeps the door shut meanwhile, so that those that come later cannot starve it.
fn machine(alone: bool) -> Result<File> {
    let folder = std::env::temp_dir();
    let lock = || {
        let door = File::create(folder.join("econn-lab.door"))?;
        let machine = File::create(folder.join("econn-lab.lock"))?;
        door.lock()?;
        if alone { machine.lock() } else { machine.lock_shared() }.map(|()| machine)
    };
    lock().map_err(|e: std::io::Error| format!("the scenes' lock in {}: {e}", folder.display()))
}

/// A test, and whether it must be alone.
pub(crate) type Test = (bool, Trial);

pub(crate) struct Trials;

impl Trials {
    /// The tests in the order in which they are begun: those that must be alone last, so that they do not make the others wait in
    /// between, and before them those that look at everybody's containers: they ask the servers of others, and stand beside their
    /// clients. The rest is mixed, since neighbours in the alphabet need the same: scenes need processors,
    /// promises time. What comes out of the scenes is noted in `accuracy`.
    pub(crate) fn of(
        cast: &Cast,
        engines: &[Engine],
        further: &[Engine],
        accuracy: &Accuracy,
    ) -> Result<Vec<Trial>> {
        let on_engines = |play: &Play| {
            engines.iter().copied().filter(|e| play.scene.engines.contains(e)).collect()
        };
        let of_scene = |play: &Play, engine: Engine| {
            let (play, accuracy) = (play.clone(), accuracy.clone());
            let name = format!("{} {engine}", play.name);
            trial(name, play.scene.alone, move || perform(&play, engine, &accuracy))
        };
        let mut scenes = vec![];
        for play in &cast.plays {
            let engines: Vec<Engine> = on_engines(play);
            scenes.extend(engines.into_iter().map(|engine| of_scene(play, engine)));
            let of_its_own = play.scene.engines.iter().all(|engine| !Engine::ALL.contains(engine));
            let wanted = of_its_own || elsewhere::all_are_wanted() || elsewhere::in_sample(play);
            let shown = further.iter().filter(|engine| elsewhere::shows(**engine, play));
            scenes.extend(shown.filter(|_| wanted).map(|engine| of_scene(play, *engine)));
        }
        let measured = engines.iter().map(|engine| {
            let (cast, engine) = (cast.clone(), *engine);
            trial(format!("performance {engine}"), true, move || measure(&cast, engine))
        });
        let kept = conduct::trials(cast, engines, further);
        let servers = servers::trials(engines)?;
        let mut all: Vec<Test> =
            scenes.into_iter().chain(servers).chain(kept).chain(measured).collect();
        all.sort_by_cached_key(|(alone, trial)| {
            let mut mixed = DefaultHasher::new();
            trial.name().hash(&mut mixed);
            let looks_at_all = ["promise/recorder-", "promise/secrets-"];
            let looks_at_all = looks_at_all.iter().any(|family| trial.name().starts_with(family));
            (*alone, looks_at_all, mixed.finish())
        });
        Ok(all.into_iter().map(|(_, trial)| trial).collect())
    }
}

/// The figures may be twice their bounds, and get further tries as every test does, because tests run on busy machines.
fn measure(cast: &Cast, engine: Engine) -> Result<()> {
    let figures = figures::of(cast, engine, figures::Suite::Short)?;
    if figures.iter().any(|figure| figure.beyond(2.0)) {
        let lines: Vec<String> = figures.iter().map(ToString::to_string).collect();
        return Err(format!("beyond twice the bound (what, seen, bound):\n{}", lines.join("\n")));
    }
    Ok(())
}

/// How often a test that failed is tried again, alone.
const AGAIN: usize = 2;

/// How long each took, alone or beside others.
static TOOK: Mutex<Vec<(Duration, String)>> = Mutex::new(vec![]);

/// Where the time went: whoever waits for all tests wants to know for which.
pub(crate) fn times() -> Vec<String> {
    let mut took = TOOK.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut sums: BTreeMap<String, (usize, Duration)> = BTreeMap::new();
    for (time, name) in &took {
        let engine = name.rsplit(' ').next().unwrap_or_default();
        let family = name.split(['/', ' ']).next().unwrap_or_default();
        let family = if FAMILIES.contains(&family) { family } else { "scenes" };
        let sum = sums.entry(format!("{family} {engine}")).or_default();
        *sum = (sum.0 + 1, sum.1 + *time);
    }
    took.sort_by(|a, b| b.cmp(a));
    let sums = sums.into_iter().map(|(family, (count, time))| {
        format!("{count} times {family}: {:.0} s in all", time.as_secs_f64())
    });
    let longest =
        took.iter().take(SHOWN).map(|(time, name)| format!("{name}: {:.0} s", time.as_secs_f64()));
    sums.chain(longest).collect()
}

/// What is no scene, by the first word of its name.
const FAMILIES: [&str; 3] = ["promise", "server", "performance"];

/// So many of the longest are named.
const SHOWN: usize = 15;

/// A test that runs beside others, or with the machine for itself. What fails is said loudly and tried again alone: a thousand
/// set-ups of containers, some at a time, are more than some engines stand. `ECONN_TEST_STRICT` (and so `make soak`) gives no
/// second try.
pub(crate) fn trial(
    name: String,
    alone: bool,
    test: impl Fn() -> Result<()> + Send + 'static,
) -> Test {
    let told = name.clone();
    let test = move || {
        let outcome = on_machine(&told, alone, &test);
        if let Err(trouble) = &outcome {
            remember(&told, trouble);
        }
        Ok(outcome?)
    };
    (alone, Trial::test(name, test))
}

fn on_machine(name: &str, alone: bool, test: impl Fn() -> Result<()>) -> Result<()> {
    let try_on = |alone: bool| {
        let _machine = machine(alone)?;
        let begun = Instant::now();
        let outcome = test();
        TOOK.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((begun.elapsed(), name.to_owned()));
        outcome
    };
    let mut outcome = try_on(alone);
    if std::env::var_os("ECONN_TEST_STRICT").is_some() {
        return outcome;
    }
    for _ in 0..AGAIN {
        let Err(trouble) = &outcome else { break };
        eprintln!("scenes: {name} FAILED, tried again alone: {}", first_of(trouble));
        SLOW_TO_PASS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(format!("{name}: {}", first_of(trouble)));
        outcome = try_on(true);
    }
    outcome
}

/// What failed for good, a line each: the first of what is to be said about it.
static FAILED: Mutex<Vec<String>> = Mutex::new(vec![]);

/// The tests that failed, for the end of the log, where one looks first and which is often all that is kept.
pub(crate) fn failed() -> Vec<String> {
    FAILED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The tries that failed and were followed by a further one, each with the beginning of why.
static SLOW_TO_PASS: Mutex<Vec<String>> = Mutex::new(vec![]);

/// What needed a further try, and why, for the end of the log, too.
pub(crate) fn tried_again() -> Vec<String> {
    SLOW_TO_PASS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn remember(name: &str, trouble: &str) {
    let told = format!("{name}: {}", first_of(trouble));
    FAILED.lock().unwrap_or_else(PoisonError::into_inner).push(told);
}

/// The beginning of what went wrong, in one line.
fn first_of(trouble: &str) -> String {
    let first: Vec<&str> = trouble.lines().filter(|line| !line.is_empty()).take(12).collect();
    first.join(" | ").chars().take(1000).collect()
}

/// How often a scene is diagnosed in a row: once; with `ECONN_TEST_ROUNDS`, which `make soak` sets, so often, and then once
/// more on busy processors.
fn rounds() -> Vec<Round> {
    let count = std::env::var("ECONN_TEST_ROUNDS").ok().and_then(|text| text.parse().ok());
    let plain = (1..=count.unwrap_or(1)).map(|number| Round { number, is_busy: false });
    plain.chain(count.map(|count| Round { number: count + 1, is_busy: true })).collect()
}

/// One diagnosis of a scene.
struct Round {
    number: usize,
    /// Whether two loops take the processors meanwhile.
    is_busy: bool,
}

fn perform(play: &Play, engine: Engine, accuracy: &Accuracy) -> Result<()> {
    let rounds = rounds();
    let in_a_row = if play.scene.once { 1 } else { rounds.len() };
    rounds.chunks(in_a_row).try_for_each(|rounds| on_stage(play, engine, rounds, accuracy))
}

/// Sets the scene up, and diagnoses it so often.
fn on_stage(play: &Play, engine: Engine, rounds: &[Round], accuracy: &Accuracy) -> Result<()> {
    let stage = Stage::set(&play.scene, engine, &play.on, play.scene.alone)?;
    for symptom in
        play.scene.symptom.iter().filter(|s| s.engine.is_none_or(|only| only.covers(engine)))
    {
        symptom::verify(&stage, symptom, play.sees(symptom))?;
    }
    for round in rounds {
        let _loops = round.is_busy.then(busy::loops).transpose()?;
        let (wrong, diagnosis) = diagnose(play, engine, &stage, accuracy)?;
        if !wrong.is_empty() {
            let Round { number, is_busy } = round;
            let account = account(play, &wrong, &diagnosis);
            return Err(format!("diagnosis {number} (busy: {is_busy}): {account}"));
        }
    }
    // What cannot be taken down is held by something that econn left behind.
    stage.strike()
}

/// One diagnosis of a scene that stands, and what is wrong with it.
fn diagnose(
    play: &Play,
    engine: Engine,
    stage: &Stage,
    accuracy: &Accuracy,
) -> Result<(Vec<String>, Diagnosis)> {
    let diagnosis = Diagnosis::of(stage, play)?;
    let mut expected = play.expected(engine);
    if matches!(engine, Engine::Further(_)) {
        let outcome = Outcome::of(&diagnosis.report, &expected, &stage.words)?;
        elsewhere::note(play, engine, outcome);
        expected = elsewhere::or_unknown(engine, &expected, &diagnosis.report, &stage.words)?;
    }
    let met = Met::of(&diagnosis.report, &expected, &stage.words)?;
    if Engine::ALL.contains(&engine) {
        accuracy.note(play, engine, Tally::of(&met, &stage.words));
    }
    let mut wrong = met.differences(&stage.words)?;
    if !play.exits(&expected, diagnosis.exit) {
        wrong.push(format!("the exit code {} is none that is expected", diagnosis.exit));
    }
    wrong.extend(promises::broken(&diagnosis.report, diagnosis.exit, &diagnosis.stderr));
    Ok((wrong, diagnosis))
}

/// Everything that somebody needs who reads only the log: what differs, the whole table, the report, the command.
fn account(play: &Play, wrong: &[String], diagnosis: &Diagnosis) -> String {
    let mut account = format!("{}\n\n", play.scene.about);
    for line in wrong {
        let _ = writeln!(account, "  * {line}");
    }
    for link in list(&diagnosis.report, "links") {
        let _ =
            writeln!(account, "\n{} {} {}", text(link, "id"), text(link, "outcome"), link["chain"]);
        for row in list(link, "checks") {
            let _ = writeln!(account, "  {:<20} {}", text(row, "check"), told(row));
        }
    }
    let report = serde_json::to_string_pretty(&diagnosis.report).unwrap_or_default();
    let _ = writeln!(
        account,
        "\n{}\nstderr:\n{}\nreport:\n{report}",
        diagnosis.command, diagnosis.stderr
    );
    account
}
