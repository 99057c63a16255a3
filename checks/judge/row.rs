//! One check on one link: which form of it is asked, what its rules say, and what of that counts.

use super::Wanted;
use crate::model::{Case, Check, Finding, Found, Outcome, Row, Rule, Severity, Undecided};
use crate::{network_path, server_state};

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
    // A fault says what the check has to say, also where it does not count as one.
    let mut settled = false;
    let (mut unknown, mut skipped) = (None, None);
    for rule in check.rules {
        match (rule.judge)(case) {
            Ok(found) => findings.extend(found.map(|found| {
                settled |= found.severity == Severity::Fail;
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
        (None, None) if !findings.is_empty() => match (check.healthy)(case) {
            Err(Undecided::Unknown(why)) if !settled => {
                row_of(check, Outcome::Unknown, Some(why), findings)
            }
            _ => put_aside(check, findings),
        },
        // A warning does not settle what the check could not determine.
        (Some(outcome), None) => match (check.healthy)(case) {
            Err(Undecided::Unknown(why)) if skipped.is_none() && !settled => {
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

/// The row of a check of whose findings none counts: it is left out by choice.
fn put_aside(check: &'static Check, findings: Vec<Finding>) -> Row {
    let said: Vec<String> = findings
        .iter()
        .filter_map(|f| Some(format!("{} is {}", f.code, f.suppressed.as_ref()?)))
        .collect();
    row_of(check, Outcome::Skip, Some(said.join("; ")), findings)
}

fn severity_outcome(severity: Severity) -> Outcome {
    match severity {
        Severity::Fail => Outcome::Fail,
        Severity::Warn => Outcome::Warn,
    }
}

pub(super) fn row_of(
    check: &Check,
    outcome: Outcome,
    reason: Option<String>,
    findings: Vec<Finding>,
) -> Row {
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
