//! A healthy pair for the tables of cases: `hapi` calls `mock` on Docker, everything was seen, and nothing is wrong. A case
//! is one change to it, and what a rule says of that.

mod change;
mod honest;
mod pair;

pub(crate) use honest::is_honest;
pub(crate) use pair::{certificate, healthy};

use crate::model::{
    Asked, Attempt, Case, Compose, Connect, Fix, Found, Listener, Lookup, Resolution, Rule,
    Severity, Snapshot, Undecided,
};
use crate::{Wanted, judge};
use std::net::{IpAddr, SocketAddr};

/// Judges the changed pair by one rule.
#[track_caller]
pub(crate) fn says(rule: &Rule, change: impl FnOnce(&mut Snapshot), expected: &str) {
    let mut facts = healthy();
    change(&mut facts);
    is_honest(&facts);
    let said = match (rule.judge)(&Case { link: &facts.links[0], facts: &facts }) {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(found)) => {
            keeps_promises(rule, &found);
            let severity = if found.severity == Severity::Fail { "fail" } else { "warn" };
            format!("{severity}: {}", found.seen)
        }
        Err(Undecided::Unknown(why)) => format!("unknown: {why}"),
        Err(Undecided::Skip(why)) => format!("skip: {why}"),
    };
    assert_eq!(said, expected, "{}", rule.code);
}

/// The remedies of the changed pair, one a line: words, or a command after `$`.
pub(crate) fn remedies(rule: &Rule, change: impl FnOnce(&mut Snapshot)) -> String {
    let mut facts = healthy();
    change(&mut facts);
    let found = (rule.judge)(&Case { link: &facts.links[0], facts: &facts }).unwrap().unwrap();
    let line = |fix: Fix| fix.command.map_or(fix.say, |command| format!("$ {command}"));
    found.fix.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Judges the changed pair by everything, and compares one check's row: `pass: reason`, `fail: CODES`.
#[track_caller]
pub(crate) fn row(check: &str, change: impl FnOnce(&mut Snapshot), expected: &str) {
    let mut facts = healthy();
    change(&mut facts);
    is_honest(&facts);
    let report = judge(&facts, &Wanted::default());
    let row = report.links[0].checks.iter().find(|row| row.check == check).unwrap();
    let codes: Vec<&str> = row.findings.iter().map(|f| f.code.as_str()).collect();
    let what = row.reason.clone().unwrap_or_else(|| codes.join(" "));
    assert_eq!(format!("{:?}: {what}", row.outcome).to_lowercase(), expected.to_lowercase());
}

/// What every finding owes its reader, checked on every finding of every table.
#[track_caller]
fn keeps_promises(rule: &Rule, found: &Found) {
    let code = rule.code;
    assert!(!found.seen.is_empty() && !found.fix.is_empty(), "{code} has no fix");
    assert!(!found.evidence.is_empty(), "{code} has no evidence");
    assert!(found.fix.iter().all(|fix| !fix.say.is_empty()), "{code} has a fix without words");
    for command in found.fix.iter().filter_map(|fix| fix.command.as_deref()) {
        let placeholder = ["<", "NAME", "...", "  "].iter().find(|p| command.contains(**p));
        assert_eq!(placeholder, None, "{code}: {command}");
    }
}

/// The Compose labels of a service.
pub(crate) fn service(project: &str, service: &str) -> Option<Compose> {
    Some(Compose {
        project: project.into(),
        service: service.into(),
        one_off: false,
        working_dir: None,
        config_files: vec!["/home/ci/compose.yaml".into()],
        environment_files: Vec::new(),
        program: None,
    })
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A socket with a queue that is long enough.
pub(crate) fn listener(address: &str) -> Listener {
    let address: SocketAddr = address.parse().unwrap();
    let v6_only = address.is_ipv6().then_some(false);
    Listener { address, v6_only, waiting: 0, backlog: Some(128) }
}

pub(crate) fn attempt(to: &str, connect: Connect) -> Attempt {
    let ms = if connect == Connect::Timeout { 2000 } else { 1 };
    Attempt { to: to.parse().unwrap(), connect, ms }
}

pub(crate) fn resolution(answer: Lookup) -> Resolution {
    Resolution {
        name: "mock".into(),
        hosts_file: Vec::new(),
        asked: vec![asked("127.0.0.11", answer)],
    }
}

pub(crate) fn asked(server: &str, answer: Lookup) -> Asked {
    Asked { server: ip(server), question: "mock".into(), answer, denied_for_ipv6: None, ms: 1 }
}
