//! Rules of the engine's machine's firewall that one scene adds and takes away again.
//!
//! Each carries the run in its comment, so that a later run removes what a killed one left.

use super::{Engine, Result, run_id};
use std::fs;
use std::process::Command;

const MARK: &str = "econn.lab=";

/// The rules that stand, each with the arguments that delete it.
#[derive(Debug)]
pub(crate) struct Firewall {
    engine: Engine,
    added: Vec<Vec<String>>,
}

impl Firewall {
    /// No rules yet, on the machine of this engine.
    pub(crate) fn of(engine: Engine) -> Self {
        Self { engine, added: vec![] }
    }

    /// Adds one rule: `["--insert", "FORWARD", "-i", "br-1", "-j", "DROP"]`.
    pub(crate) fn add(&mut self, rule: &[String]) -> Result<()> {
        let [insert, rest @ ..] = rule else { return Err("an empty firewall rule".into()) };
        if insert != "--insert" {
            return Err(format!("a firewall rule begins with --insert, not with {insert}"));
        }
        let comment = ["-m", "comment", "--comment"].map(str::to_owned);
        let mut rule = rest.to_vec();
        rule.extend(comment.into_iter().chain([format!("{MARK}{}", run_id())]));
        iptables(self.engine, std::iter::once("--insert").chain(rule.iter().map(String::as_str)))?;
        self.added.push(rule);
        Ok(())
    }

    /// Deletes them all, and says which would not go.
    pub(crate) fn remove(&mut self) -> Vec<String> {
        let engine = self.engine;
        let delete = |rule: Vec<String>| {
            iptables(engine, ["--delete"].into_iter().chain(rule.iter().map(String::as_str))).err()
        };
        self.added.drain(..).filter_map(delete).collect()
    }
}

/// Deletes the rules of runs that are no longer alive, on the machine of this engine.
pub(crate) fn sweep(engine: Engine) {
    for table in ["filter", "nat"] {
        sweep_table(engine, table);
    }
}

fn sweep_table(engine: Engine, table: &str) {
    let rules = iptables(engine, ["--table", table, "--list-rules"]).unwrap_or_default();
    for rule in rules.lines() {
        let Some(run) = rule
            .split_whitespace()
            .find_map(|word| word.trim_matches('"').strip_prefix(MARK)?.split('.').next())
        else {
            continue;
        };
        if !fs::exists(format!("/proc/{run}")).unwrap_or(true) {
            let words = rule.split_whitespace().skip(1).map(|word| word.trim_matches('"'));
            let _ = iptables(engine, ["--table", table, "--delete"].into_iter().chain(words));
        }
    }
}

fn iptables<'a>(engine: Engine, arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let mut command = match engine {
        Engine::Further(further) => further.in_network("iptables")?,
        _ => Command::new("iptables"),
    };
    let output = command
        .arg("--wait")
        .args(arguments)
        .output()
        .map_err(|trouble| format!("iptables cannot be run: {trouble}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
