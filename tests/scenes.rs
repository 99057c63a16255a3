//! Every scene of `tests/scenes`, on every engine that it names: set up with the engine's own command line, seen
//! once with the client's own eyes, diagnosed by the real binary, compared with the verdict that the scene expects.
//!
//! `cargo test --test scenes -- NAME` runs those whose name contains NAME; `-- --lab NAME` sets one up to play with,
//! `-- --bench` measures, `-- --matrix [SERVER]` prints the table of the real servers.
//! The tests need both engines (`tests/lab/engines.sh start`, `tests/lab/images.sh build`, or simply `make test`).
//! `ECONN_TEST_ENGINES=docker` leaves the other engine out, and says so. A whole run is counted and compared with
//! `docs/accuracy.md`; `UPDATE_ACCURACY=1` writes that.

mod harness;

use harness::{
    Accuracy, Cast, Engine, Trials, bench, failed, further, lab, matrix, settle, sweep, tidy,
    times, tried_again,
};
use libtest_mimic::Arguments;
use std::process::ExitCode;

/// Tests at once: most of them wait for something, so two processors are just busy with these. How many of them set up or take
/// down at once is the stage's matter.
const THREADS: usize = 6;

fn main() -> ExitCode {
    run().unwrap_or_else(|trouble| {
        eprintln!("scenes: {trouble}");
        ExitCode::from(2)
    })
}

fn run() -> Result<ExitCode, String> {
    let cast = Cast::load()?;
    let engines = Engine::asked_for();
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words[..] {
        [flag, rest @ ..] if flag == "--lab" => return Ok(lab(&cast, rest)),
        [flag] if flag == "--bench" => return Ok(bench(&cast, &engines)),
        [flag, rest @ ..] if flag == "--matrix" => return Ok(matrix(&engines, rest)),
        _ => {}
    }

    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(THREADS));
    if !arguments.list {
        for left_out in Engine::ALL.into_iter().filter(|engine| !engines.contains(engine)) {
            eprintln!("scenes: ECONN_TEST_ENGINES LEAVES OUT every scene on {left_out}");
        }
        sweep();
    }
    let further = further()?;
    let accuracy = Accuracy::default();
    let trials = Trials::of(&cast, &engines, &further, &accuracy)?;
    let conclusion = libtest_mimic::run(&arguments, trials);
    tidy();
    if !arguments.list {
        let settled = [accuracy.settle(&cast), settle(&cast, &further)];
        let troubles: Vec<String> = settled.into_iter().filter_map(Result::err).collect();
        for line in times() {
            eprintln!("scenes: {line}");
        }
        for account in tried_again() {
            eprintln!("scenes: needed a further try: {account}");
        }
        for trouble in failed().into_iter().chain(troubles.iter().cloned()) {
            eprintln!("scenes: FAILED {trouble}");
        }
        let (passed, red) = (conclusion.num_passed, conclusion.num_failed);
        eprintln!("scenes: {passed} passed, {red} failed, {} other troubles", troubles.len());
        if !troubles.is_empty() {
            return Ok(ExitCode::from(101));
        }
    }
    Ok(conclusion.exit_code())
}
