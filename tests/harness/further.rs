//! Engines beyond the machine's own two: other versions, other ways to run them, other ways to reach them.
//!
//! `ECONN_TEST_MORE_ENGINES` names them, in words of two forms: a name that `tests/lab/engines.sh where` knows (`docker-26`),
//! or `name=URL` for one that somebody else has started (`docker-far=tcp://...`); its own command line then finds keys and
//! certificates in the environment. A name begins with the engine's kind.

use super::{Engine, Result};
use std::process::Command;
use std::sync::OnceLock;

/// An engine beyond the machine's own two.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Further {
    pub(crate) name: String,
    pub(crate) kind: Engine,
    pub(crate) host: String,
    /// Somebody else has started it, who knows where.
    pub(crate) is_elsewhere: bool,
    /// What speaks to it, and what to tell that first.
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
}

impl Further {
    /// A command in the network of the engine's machine, where that is this machine.
    pub(crate) fn in_network(&self, program: &str) -> Result<Command> {
        let pid = script(&["network", &self.name])?;
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{pid}/ns/net")).arg(program);
        Ok(command)
    }
}

/// What the lab's script says of an engine.
fn script(words: &[&str]) -> Result<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/engines.sh");
    let told = Command::new(script).args(words).output();
    let told = told.map_err(|trouble| format!("{script}: {trouble}"))?;
    if told.status.success() {
        return Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&told.stderr).trim().to_owned())
}

static ASKED_FOR: OnceLock<Vec<Further>> = OnceLock::new();

/// The further engines that this run is asked to use.
pub(crate) fn asked_for() -> Result<Vec<Engine>> {
    if ASKED_FOR.get().is_none() {
        let named = std::env::var("ECONN_TEST_MORE_ENGINES").unwrap_or_default();
        let words = named.split([' ', ',']).filter(|word| !word.is_empty() && *word != "none");
        let engines = words.map(of_word).collect::<Result<Vec<_>>>()?;
        ASKED_FOR.get_or_init(|| engines);
    }
    Ok(ASKED_FOR.get().into_iter().flatten().map(Engine::Further).collect())
}

/// The engine of that name, as a scene says it; one that this run does not use cannot be reached.
pub(crate) fn named(name: &str) -> Result<&'static Further> {
    asked_for()?;
    let known = ASKED_FOR.get().into_iter().flatten().find(|engine| engine.name == name);
    known.map_or_else(
        || new(name, String::new(), String::new()).map(|new| &*Box::leak(Box::new(new))),
        Ok,
    )
}

fn of_word(word: &str) -> Result<Further> {
    if let Some((name, url)) = word.split_once('=') {
        return new(name, url.to_owned(), String::new());
    }
    let told = script(&["where", word])
        .map_err(|trouble| format!("ECONN_TEST_MORE_ENGINES: {word}: {trouble}"))?;
    let (host, program) =
        told.split_once('\n').ok_or_else(|| format!("engines.sh where {word} says {told:?}"))?;
    new(word, host.to_owned(), program.to_owned())
}

/// Without a program of its own it is spoken to by that of its kind.
fn new(name: &str, host: String, program: String) -> Result<Further> {
    let kind = match name.split('-').next() {
        Some("docker") => Engine::Docker,
        Some("podman") => Engine::Podman,
        _ => return Err(format!("an engine's name begins with docker- or podman-, not {name:?}")),
    };
    let is_elsewhere = program.is_empty();
    let (program, arguments) = match (is_elsewhere, kind) {
        (false, _) => (program, vec![]),
        (true, Engine::Podman) => ("podman".to_owned(), vec!["--url".to_owned(), host.clone()]),
        (true, _) => ("docker".to_owned(), vec!["--host".to_owned(), host.clone()]),
    };
    Ok(Further { name: name.to_owned(), kind, host, is_elsewhere, program, arguments })
}
