//! From a snapshot to a report: every check on every link, the root cause, and the exit code.

use crate::model::{
    Case, Check, EndpointReport, Fact, Finding, Found, Link, LinkReport, Outcome, Report, Row,
    Rule, SCHEMA_VERSION, Severity, Snapshot, Summary, Symptom, Tool, Undecided, chain,
};
use crate::{ALL, network_path, server_state};
pub use decided::Suppression;
use outlook::outlook;

/// What the user wants judged, and how strictly.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Keep the links whose client or server is one of these; all when empty.
    pub containers: Vec<String>,
    /// Judge by these checks only; by all when empty.
    pub only: Vec<String>,
    /// Leave these checks out.
    pub skip: Vec<String>,
    /// Whether a warning is a fault.
    pub fail_on_warn: bool,
    /// Whether what could not be determined may stand.
    pub allow_unknown: bool,
    /// Checks whose faults count as warnings.
    pub may_warn: Vec<String>,
    /// Findings that do not count for a time.
    pub suppressions: Vec<Suppression>,
    /// The file in which the project says such things, to be named in the notes.
    pub config: Option<String>,
}

impl Wanted {
    /// Whether the link has one of the containers at an end.
    #[must_use]
    pub fn keeps(&self, link: &Link) -> bool {
        let server = link.server.as_ref().and_then(|s| s.container.as_deref());
        self.containers.is_empty()
            || self
                .containers
                .iter()
                .any(|name| *name == link.client || Some(name.as_str()) == server)
    }

    fn leaves_out(&self, check: &Check) -> Option<String> {
        if self.skip.iter().any(|id| id == check.id) {
            return Some("--skip".into());
        }
        let only = self.only.is_empty() || self.only.iter().any(|id| id == check.id);
        (!only).then(|| "--only".into())
    }
}

/// Judges every link by every check.
#[must_use]
pub fn judge(facts: &Snapshot, wanted: &Wanted) -> Report {
    let links: Vec<LinkReport> = facts
        .links
        .iter()
        .filter(|link| wanted.keeps(link))
        .map(|link| judge_link(facts, link, wanted))
        .collect();
    let outcome = links.iter().map(|l| l.outcome).max().unwrap_or(Outcome::Unknown);
    let mut notes = facts.notes.clone();
    if links.is_empty() && !facts.links.is_empty() {
        notes.push("EC902 none of the links found has a named container at an end".into());
    }
    notes.extend(wanted.remarks(&links, &facts.taken_at));
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "econn".into(), version: facts.econn.clone() },
        taken_at: facts.taken_at.clone(),
        engines: facts.engines.clone(),
        outcome,
        exit_code: exit_code(&links, wanted),
        notes,
        summary: Summary::of(links.iter().map(|l| l.outcome)),
        links,
    }
}

fn judge_link(facts: &Snapshot, link: &Link, wanted: &Wanted) -> LinkReport {
    let case = Case { link, facts };
    let mut rows: Vec<(&'static Check, Row)> = ALL
        .iter()
        .map(|check| {
            let row = match wanted.leaves_out(check) {
                Some(flag) => row_of(check, Outcome::Skip, Some(flag), Vec::new()),
                None => judge_check(check, &case, wanted),
            };
            (*check, row)
        })
        .collect();
    doubt(&case, &mut rows, wanted);
    let chain = chain(&rows);
    let root_cause = chain.first().cloned();
    for finding in rows.iter_mut().flat_map(|(_, row)| &mut row.findings) {
        let hidden = finding.severity == Severity::Fail
            && finding.counts()
            && root_cause.as_ref() != Some(&finding.code);
        finding.masked_by = if hidden { root_cause.clone() } else { None };
    }
    let awaits = outlook(&case, rows.iter().map(|(_, row)| row), wanted);
    LinkReport {
        id: link.id.clone(),
        engine: link.engine.clone(),
        client: link.client.clone(),
        endpoint: EndpointReport {
            url: link.endpoint.url.clone(),
            source: link.endpoint.sources.first().cloned(),
            sources: link.endpoint.sources.clone(),
        },
        server: link.server.clone(),
        outcome: rows.iter().map(|(_, row)| row.outcome).max().unwrap_or(Outcome::Unknown),
        symptom: case.symptom(),
        root_cause,
        chain,
        checks: rows.into_iter().map(|(_, row)| row).collect(),
        demand: link.demand,
        awaits,
    }
}

/// A link must not pass while the client's own connection fails and no check says why, or was not seen at all: that
/// contradicts the check that asks about that step of a connection, or, where that one does not apply, the last before it
/// that passed. It keeps what it saw, and says what speaks against it.
///
/// A finding on the server, the way or the socket explains a symptom, and so does anything unknown. One on the queue or
/// the image explains no broken connection, and any status of HTTP is an answer.
fn doubt(case: &Case<'_>, rows: &mut [(&'static Check, Row)], wanted: &Wanted) {
    let link = case.link;
    let (step, what) = match (&link.visit, case.symptom()) {
        (Fact::Known(_), Some(symptom)) => {
            let Some(step) = step(symptom) else { return };
            (step, format!("ends with \"{symptom}\", and nothing that was seen explains it"))
        }
        (Fact::Unknown(why), _) => (4, format!("was not seen: {why}")),
        _ => return,
    };
    let is_seen = link.visit.value().is_some();
    let explains = |(check, row): &(&Check, Row)| {
        row.outcome >= Outcome::Unknown
            || row.findings.iter().any(|f| !f.counts())
            || (is_seen && (3..=5).contains(&check.phase) && !row.findings.is_empty())
    };
    let left_out = |check: &Check| check.phase == step && wanted.leaves_out(check).is_some();
    if link.is_forbidden()
        || link.server.is_none()
        || rows.iter().any(|row| explains(row) || left_out(row.0))
    {
        return;
    }
    let passed = |(check, row): &&mut (&Check, Row)| {
        check.phase <= step && matches!(row.outcome, Outcome::Pass | Outcome::Warn)
    };
    if let Some((_, row)) = rows.iter_mut().filter(passed).max_by_key(|(check, _)| check.phase) {
        let seen = row.reason.take().map(|reason| format!("{reason}; yet ")).unwrap_or_default();
        row.outcome = Outcome::Unknown;
        row.reason = Some(format!(
            "{seen}the connection of {} to {} {what}",
            link.client, link.endpoint.url
        ));
    }
}

/// The phase of the check that asks about the step at which a connection with this symptom ended.
fn step(symptom: Symptom) -> Option<u8> {
    Some(match symptom {
        Symptom::HttpError => return None,
        Symptom::TlsError => 1,
        Symptom::NameNotFound | Symptom::ResolverFailed => 2,
        Symptom::ClosedWithoutReply | Symptom::ConnectionReset => 3,
        Symptom::ConnectTimeout | Symptom::NoRoute | Symptom::ReadTimeout => 4,
        Symptom::ConnectionRefused => 5,
    })
}

/// The check as it is asked of this link: of one whose client is not there only whether it is, and of one that must not
/// work only whether it does.
fn suited(check: &'static Check, case: &Case<'_>) -> Result<&'static Check, Undecided> {
    if case.client_is_missing() {
        return if check.id == server_state::MISSING.id {
            Ok(&server_state::MISSING)
        } else {
            let client = &case.link.client;
            Err(Undecided::Unknown(format!("there is no container {client}")))
        };
    }
    if case.link.is_forbidden() {
        return if check.id == network_path::ISOLATION.id {
            Ok(&network_path::ISOLATION)
        } else {
            Err(Undecided::Skip(
                "this link must not work, and is only asked whether it does".into(),
            ))
        };
    }
    Ok(check)
}

/// Asks every rule of a check and takes the worst: one fact that was not seen never drops the other findings.
pub(crate) fn judge_check(check: &'static Check, case: &Case<'_>, wanted: &Wanted) -> Row {
    let undecided = |undecided| match undecided {
        Undecided::Unknown(why) => row_of(check, Outcome::Unknown, Some(why), Vec::new()),
        Undecided::Skip(why) => row_of(check, Outcome::Skip, Some(why), Vec::new()),
    };
    let check = match suited(check, case) {
        Ok(check) => check,
        Err(why) => return undecided(why),
    };
    if let Err(why) = (check.applies)(case) {
        return undecided(why);
    }
    let mut findings = Vec::new();
    let (mut unknown, mut skipped) = (None, None);
    for rule in check.rules {
        match (rule.judge)(case) {
            Ok(found) => findings.extend(found.map(|found| {
                let mut finding = finding(rule, found);
                wanted.decide(check.id, case, &mut finding);
                finding
            })),
            Err(Undecided::Unknown(why)) => unknown = unknown.or(Some(why)),
            Err(Undecided::Skip(why)) => skipped = skipped.or(Some(why)),
        }
    }
    let counted = findings.iter().filter(|f| f.counts());
    let worst = counted.map(|f| severity_outcome(f.severity)).max();
    match (worst, unknown) {
        (Some(Outcome::Fail), _) => row_of(check, Outcome::Fail, None, findings),
        (_, Some(why)) => row_of(check, Outcome::Unknown, Some(why), findings),
        (None, None) if !findings.is_empty() => {
            let said: Vec<String> = findings
                .iter()
                .filter_map(|f| Some(format!("{} is {}", f.code, f.suppressed.as_ref()?)))
                .collect();
            row_of(check, Outcome::Skip, Some(said.join("; ")), findings)
        }
        // A warning does not settle what the check could not determine.
        (Some(outcome), None) => match (check.healthy)(case) {
            Err(Undecided::Unknown(why)) if skipped.is_none() => {
                row_of(check, Outcome::Unknown, Some(why), findings)
            }
            _ => row_of(check, outcome, None, findings),
        },
        (None, None) => match (skipped, (check.healthy)(case)) {
            (Some(why), _) => row_of(check, Outcome::Skip, Some(why), findings),
            (None, Ok(seen)) => row_of(check, Outcome::Pass, Some(seen), findings),
            (None, Err(why)) => undecided(why),
        },
    }
}

fn severity_outcome(severity: Severity) -> Outcome {
    match severity {
        Severity::Fail => Outcome::Fail,
        Severity::Warn => Outcome::Warn,
    }
}

fn row_of(check: &Check, outcome: Outcome, reason: Option<String>, findings: Vec<Finding>) -> Row {
    Row { check: check.id.into(), layer: check.layer, outcome, reason, findings }
}

fn finding(rule: &Rule, found: Found) -> Finding {
    Finding {
        code: rule.code.into(),
        severity: found.severity,
        title: rule.title.into(),
        seen: found.seen,
        evidence: found.evidence,
        masked_by: None,
        fix: found.fix,
        suppressed: None,
        awaits: found.awaits,
    }
}

/// The exit code of the contract: a fault was seen, or something stayed unknown, or neither.
fn exit_code(links: &[LinkReport], wanted: &Wanted) -> u8 {
    let any = |outcome| links.iter().any(|l| l.checks.iter().any(|row| row.outcome == outcome));
    let warned = links
        .iter()
        .flat_map(|l| &l.checks)
        .any(|row| row.findings.iter().any(|f| f.severity == Severity::Warn && f.counts()));
    if any(Outcome::Fail) || (wanted.fail_on_warn && warned) {
        1
    } else if links.is_empty() || (any(Outcome::Unknown) && !wanted.allow_unknown) {
        3
    } else {
        0
    }
}

#[cfg(test)]
mod chains;
mod decided;
#[cfg(test)]
mod form;
#[cfg(test)]
mod outcomes;
mod outlook;
#[cfg(test)]
mod unseen;
