//! One test for each play and engine.

use super::accuracy::Accuracy;
use super::cast::{Cast, Play};
use super::diagnosis::Diagnosis;
use super::elsewhere::{self, Elsewhere, Outcome};
use super::stage::Stage;
use super::tally::Tally;
use super::verdict::{Met, list, text, told};
use super::{Engine, Result, conduct, figures, promises, servers, symptom};
use libtest_mimic::Trial;
use std::fmt::Write;
use std::fs::File;

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

/// Where it is noted what came out: of the machine's own engines, and of further ones.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    pub(crate) accuracy: Accuracy,
    pub(crate) elsewhere: Elsewhere,
}

pub(crate) struct Trials;

impl Trials {
    /// The tests, those that must be alone last, so that they do not make the others wait in between. What comes out of
    /// the scenes is noted in `notes`.
    pub(crate) fn of(
        cast: &Cast,
        engines: &[Engine],
        further: &[Engine],
        notes: &Notes,
    ) -> Result<Vec<Trial>> {
        let mut plays: Vec<&Play> = cast.plays.iter().collect();
        plays.sort_by_key(|play| play.scene.alone);
        let on_engines = |play: &Play| {
            engines.iter().copied().filter(|e| play.scene.engines.contains(e)).collect()
        };
        let trial = |play: &Play, engine: Engine| {
            let (play, notes) = (play.clone(), notes.clone());
            Trial::test(format!("{} {engine}", play.name), move || {
                Ok(on_machine(play.scene.alone, || perform(&play, engine, &notes))?)
            })
        };
        let mut scenes = vec![];
        for play in plays {
            let engines: Vec<Engine> = on_engines(play);
            scenes.extend(engines.into_iter().map(|engine| trial(play, engine)));
            let of_its_own = play.scene.engines.iter().all(|engine| !Engine::ALL.contains(engine));
            let wanted = of_its_own || elsewhere::all_are_wanted() || elsewhere::in_sample(play);
            let shown = further.iter().filter(|engine| elsewhere::shows(**engine, play));
            scenes.extend(shown.filter(|_| wanted).map(|engine| trial(play, *engine)));
        }
        let measured = engines.iter().map(|engine| {
            let (cast, engine) = (cast.clone(), *engine);
            Trial::test(format!("performance {engine}"), move || Ok(measure(&cast, engine)?))
        });
        let kept = conduct::trials(cast, engines, further);
        let servers = servers::trials(engines)?;
        Ok(scenes.into_iter().chain(servers).chain(kept).chain(measured).collect())
    }
}

/// The figures may be twice their bounds, because tests run on busy machines.
fn measure(cast: &Cast, engine: Engine) -> Result<()> {
    let _alone = machine(true)?;
    let figures = figures::of(cast, engine)?;
    if figures.iter().any(|figure| figure.beyond(2.0)) {
        let lines: Vec<String> = figures.iter().map(ToString::to_string).collect();
        return Err(format!("beyond twice the bound (what, seen, bound):\n{}", lines.join("\n")));
    }
    Ok(())
}

/// How often a test that failed is tried again, alone.
const AGAIN: usize = 2;

/// Runs a test beside others, or with the machine for itself. What fails is said loudly and tried again alone: a thousand
/// set-ups of containers, some at a time, are more than some engines stand. `ECONN_TEST_STRICT` (and so `make soak`) gives no
/// second try.
pub(crate) fn on_machine(alone: bool, test: impl Fn() -> Result<()>) -> Result<()> {
    let try_on = |alone: bool| {
        let _machine = machine(alone)?;
        test()
    };
    let mut outcome = try_on(alone);
    if std::env::var_os("ECONN_TEST_STRICT").is_some() {
        return outcome;
    }
    for _ in 0..AGAIN {
        let Err(trouble) = &outcome else { break };
        let first: Vec<&str> = trouble.lines().take(12).collect();
        eprintln!("scenes: FAILED, tried again alone: {}", first.join(" | "));
        outcome = try_on(true);
    }
    outcome
}

/// How often a scene is diagnosed in a row: `ECONN_TEST_ROUNDS`, which `make soak` sets, else once.
fn rounds() -> usize {
    std::env::var("ECONN_TEST_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn perform(play: &Play, engine: Engine, notes: &Notes) -> Result<()> {
    let (stages, rounds) = if play.scene.once { (rounds(), 1) } else { (1, rounds()) };
    (0..stages).try_for_each(|_| on_stage(play, engine, rounds, notes))
}

/// Sets the scene up, and diagnoses it so often.
fn on_stage(play: &Play, engine: Engine, rounds: usize, notes: &Notes) -> Result<()> {
    let stage = Stage::set(&play.scene, engine, &play.on, play.scene.alone)?;
    for symptom in
        play.scene.symptom.iter().filter(|s| s.engine.is_none_or(|only| only.covers(engine)))
    {
        symptom::verify(&stage, symptom, play.sees(symptom))?;
    }
    for round in 1..=rounds {
        let (wrong, diagnosis) = diagnose(play, engine, &stage, notes)?;
        if !wrong.is_empty() {
            let round =
                if rounds > 1 { format!("round {round} of {rounds}: ") } else { String::new() };
            return Err(format!("{round}{}", account(play, &wrong, &diagnosis)));
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
    notes: &Notes,
) -> Result<(Vec<String>, Diagnosis)> {
    let diagnosis = Diagnosis::of(stage, play)?;
    let mut expected = play.expected(engine);
    if matches!(engine, Engine::Further(_)) {
        let outcome = Outcome::of(&diagnosis.report, &expected, &stage.words)?;
        notes.elsewhere.note(play, engine, outcome);
        expected = elsewhere::or_unknown(engine, &expected, &diagnosis.report, &stage.words)?;
    }
    let met = Met::of(&diagnosis.report, &expected, &stage.words)?;
    if Engine::ALL.contains(&engine) {
        notes.accuracy.note(play, engine, Tally::of(&met, &stage.words));
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
