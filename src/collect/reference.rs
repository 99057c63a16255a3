//! Parsers and resolvers that others wrote, as the reference of ours: programs of `tests/reference` that answer a line of JSON
//! with a line of JSON.

use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

pub(crate) struct Reference {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Reference {
    /// Starts `command` and asks it a first question. `None` where this machine lacks it, which is said past the test's
    /// captured output; where `CI` is set, that is a failure.
    pub(crate) fn start(command: &[&str], first: &Value) -> Option<Self> {
        let started = Self::spawn(command).and_then(|reference| {
            let answer = reference.try_ask(first)?;
            answer.is_object().then_some(reference).ok_or_else(|| answer.to_string())
        });
        match started {
            Ok(reference) => Some(reference),
            Err(why) => {
                let told = format!(
                    "\nTHE REFERENCE IS MISSING, AND NOTHING WAS COMPARED: {}: {why}\n",
                    command.join(" ")
                );
                assert!(std::env::var_os("CI").is_none(), "{told}");
                let _ = std::io::stderr().write_all(told.as_bytes());
                None
            }
        }
    }

    fn spawn(command: &[&str]) -> Result<Self, String> {
        let (program, words) = command.split_first().ok_or("no command")?;
        let mut child = Command::new(program)
            .args(words)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("it has no pipes".into());
        };
        Ok(Self { child, pipes: Mutex::new((to, BufReader::new(from))) })
    }

    /// The answer to a question.
    pub(crate) fn ask(&self, question: &Value) -> Value {
        self.try_ask(question).unwrap_or_else(|why| panic!("the reference, to {question}: {why}"))
    }

    fn try_ask(&self, question: &Value) -> Result<Value, String> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (to, from) = &mut *pipes;
        let mut line = String::new();
        writeln!(to, "{question}").map_err(|e| e.to_string())?;
        from.read_line(&mut line).map_err(|e| e.to_string())?;
        serde_json::from_str(&line).map_err(|_| "it gave no answer".to_owned())
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A runner of so many cases from a seed that is printed, another one each time; `ECONN_TEST_SEED` repeats a run.
#[expect(clippy::print_stdout, reason = "a test that fails shows what it printed")]
pub(crate) fn runner(cases: u32) -> TestRunner {
    let given = std::env::var("ECONN_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(seed_of_now);
    println!("ECONN_TEST_SEED={seed} repeats these cases");
    let config = Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &spread(seed));
    TestRunner::new_with_rng(config, rng)
}

fn seed_of_now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |since| u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(32))
}

fn spread(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes
}
