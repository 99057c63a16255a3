//! The rows of the user's own checks on a link. They count like any other, and never enter the chain.

use super::Wanted;
use crate::model::{
    Case, Evidence, Fact, Finding, Outcome, Own, OwnAnswer, OwnRow, Row, Severity, Verdict,
};

/// The rows of one link: of the checks that the project declares, then of its plug-ins.
pub(super) fn rows(
    case: &Case<'_>,
    wanted: &Wanted,
    plugged: &[OwnRow],
    root_cause: Option<&String>,
) -> Vec<Row> {
    let id = &case.link.id;
    let declared = case.facts.own.iter().flat_map(|own| {
        own.answers.iter().filter(|answer| answer.link == *id).map(|answer| row(own, answer))
    });
    let plugged = plugged.iter().filter(|one| one.link == *id).map(|one| one.row.clone());
    declared.chain(plugged).map(|row| decided(row, case, wanted, root_cause)).collect()
}

fn row(own: &Own, answer: &OwnAnswer) -> Row {
    let of = |outcome, reason, findings| Row {
        check: own.id.clone(),
        layer: None,
        outcome,
        reason,
        findings,
    };
    let found = |outcome, severity| of(outcome, None, vec![finding(own, answer, severity)]);
    match &answer.verdict {
        Fact::Known(Verdict::Pass) => of(Outcome::Pass, Some(answer.seen.clone()), Vec::new()),
        Fact::Known(Verdict::Warn) => found(Outcome::Warn, Severity::Warn),
        Fact::Known(Verdict::Fail) => found(Outcome::Fail, Severity::Fail),
        Fact::Unknown(why) => of(Outcome::Unknown, Some(why.clone()), Vec::new()),
        Fact::Skipped(why) => of(Outcome::Skip, Some(why.clone()), Vec::new()),
    }
}

fn finding(own: &Own, answer: &OwnAnswer, severity: Severity) -> Finding {
    Finding {
        code: own.code.clone(),
        severity,
        title: own.message.clone(),
        seen: answer.seen.clone(),
        evidence: vec![Evidence { what: answer.what.clone(), value: answer.seen.clone() }],
        masked_by: None,
        fix: own.fix.clone(),
        suppressed: None,
        awaits: None,
    }
}

/// The row with what the user and the project have decided: left out, a warning only, or suppressed.
fn decided(mut row: Row, case: &Case<'_>, wanted: &Wanted, root_cause: Option<&String>) -> Row {
    if let Some(flag) = wanted.leaves_out(&row.check) {
        return Row { outcome: Outcome::Skip, reason: Some(flag), findings: Vec::new(), ..row };
    }
    for finding in &mut row.findings {
        wanted.decide(&row.check, case, finding);
        let counts = finding.severity == Severity::Fail && finding.counts();
        finding.masked_by = root_cause.filter(|_| counts).cloned();
    }
    if row.findings.is_empty() {
        return row;
    }
    let undecided = if row.outcome == Outcome::Unknown || row.reason.is_some() {
        Outcome::Unknown
    } else {
        Outcome::Skip
    };
    let counted = row.findings.iter().filter(|finding| finding.counts());
    let worst = counted.map(|finding| match finding.severity {
        Severity::Fail => Outcome::Fail,
        Severity::Warn => Outcome::Warn,
    });
    row.outcome = worst.max().unwrap_or(Outcome::Skip).max(undecided);
    if row.outcome == Outcome::Skip {
        row.reason = Some("what was found is suppressed".into());
    }
    row
}

#[cfg(test)]
mod tests {
    use crate::fixture::healthy;
    use crate::model::{
        Connect, Fact, Fix, Outcome, Own, OwnAnswer, OwnRow, Report, Row, Snapshot, Verdict,
    };
    use crate::{Wanted, judge, judge_with};

    fn own(verdict: Fact<Verdict>) -> Snapshot {
        let mut facts = healthy();
        let link = facts.link().id.clone();
        let seen = "3 days left".into();
        facts.own = vec![Own {
            id: "licence".into(),
            code: "LIC1".into(),
            message: "the licence ends soon".into(),
            fix: vec![Fix { say: "renew it".into(), command: None, patch: None, proven: None }],
            answers: vec![OwnAnswer { link, verdict, what: "check-licence".into(), seen }],
        }];
        facts
    }

    fn last(report: &Report) -> &Row {
        report.links[0].checks.last().unwrap()
    }

    #[test]
    fn each_answer_is_a_row_and_decides_the_exit_code() {
        for (verdict, outcome, code) in [
            (Fact::Known(Verdict::Pass), Outcome::Pass, 0),
            (Fact::Known(Verdict::Warn), Outcome::Warn, 0),
            (Fact::Known(Verdict::Fail), Outcome::Fail, 1),
            (Fact::Unknown("late".into()), Outcome::Unknown, 3),
            (Fact::Skipped("--passive".into()), Outcome::Skip, 0),
        ] {
            let report = judge(&own(verdict.clone()), &Wanted::default());
            assert_eq!(last(&report).outcome, outcome, "{verdict:?}");
            assert_eq!((last(&report).layer, report.exit_code), (None, code), "{verdict:?}");
            assert_eq!((&report.links[0].root_cause, report.links[0].chain.len()), (&None, 0));
        }
    }

    #[test]
    fn it_is_never_the_root_cause_and_stands_behind_it() {
        let mut facts = own(Fact::Known(Verdict::Fail));
        facts.listens(&["127.0.0.1:8080"]);
        facts.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        facts.visits("172.20.0.2:8080", Connect::Refused);
        let report = judge(&facts, &Wanted::default());
        let link = &report.links[0];
        assert_eq!(link.root_cause.as_deref(), Some("EC301"));
        assert!(!link.chain.contains(&"LIC1".to_owned()));
        assert_eq!(last(&report).findings[0].masked_by.as_deref(), Some("EC301"));
    }

    #[test]
    fn the_project_s_decisions_and_the_flags_hold_for_it() {
        let facts = own(Fact::Known(Verdict::Fail));
        let may_warn = Wanted { may_warn: vec!["licence".into()], ..Wanted::default() };
        assert_eq!(last(&judge(&facts, &may_warn)).outcome, Outcome::Warn);
        for wanted in [
            Wanted { skip: vec!["licence".into()], ..Wanted::default() },
            Wanted { only: vec!["bind-address".into()], ..Wanted::default() },
        ] {
            let report = judge(&facts, &wanted);
            assert_eq!((last(&report).outcome, report.exit_code), (Outcome::Skip, 0));
        }
        let suppressed = Wanted {
            suppressions: vec![crate::Suppression {
                code: "LIC1".into(),
                subject: "*".into(),
                reason: "known".into(),
                until: "2099-01-01".into(),
            }],
            ..Wanted::default()
        };
        let report = judge(&facts, &suppressed);
        assert_eq!((last(&report).outcome, report.exit_code), (Outcome::Skip, 0));
    }

    #[test]
    fn a_plug_in_that_found_something_and_broke_is_a_fault_all_the_same() {
        let facts = own(Fact::Known(Verdict::Fail));
        let mut row = last(&judge(&facts, &Wanted::default())).clone();
        (row.check, row.outcome, row.reason) =
            ("other".into(), Outcome::Unknown, Some("it broke".into()));
        let link = facts.links[0].id.clone();
        let broken = Row { findings: Vec::new(), ..row.clone() };
        let judged = |row: Row| {
            let plugged = [OwnRow { link: link.clone(), row }];
            judge_with(&healthy(), &Wanted::default(), &plugged)
        };
        assert_eq!(
            (last(&judged(row)).outcome, judged(broken.clone()).exit_code),
            (Outcome::Fail, 3)
        );
        assert_eq!(last(&judged(broken)).outcome, Outcome::Unknown);
    }
}
