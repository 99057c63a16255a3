//! What a project has decided about its findings: which checks may only warn, and which findings do not count for a time.
//! Decided here, once, before anything is counted, so that it is the same in every format and in the exit code.

use super::Wanted;
use crate::model::{Case, Evidence, Finding, LinkReport, Severity, Suppressed};
use crate::notes::{DECIDED_BY, SUPPRESSION_IDLE, SUPPRESSION_OVER};

/// Findings that do not count, by code and subject, until a day.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The findings' code.
    pub code: String,
    /// A link's id, its client or its server; `*` stands for any text.
    pub subject: String,
    /// Why they do not count.
    pub reason: String,
    /// The last day on which they do not, as in 2026-06-30.
    pub until: String,
}

impl Suppression {
    /// Whether the day on which the facts were taken is behind it.
    fn is_over(&self, taken_at: &str) -> bool {
        day(taken_at) > self.until.as_str()
    }

    fn covers(&self, code: &str, id: &str, client: &str, server: Option<&str>) -> bool {
        self.code == code
            && [Some(id), Some(client), server]
                .into_iter()
                .flatten()
                .any(|s| matches(&self.subject, s))
    }
}

impl Wanted {
    /// Applies what the project has decided to one finding of a check.
    pub(crate) fn decide(&self, check: &str, case: &Case<'_>, finding: &mut Finding) {
        if finding.severity == Severity::Fail && self.may_warn.iter().any(|id| id == check) {
            finding.severity = Severity::Warn;
            finding.evidence.push(Evidence {
                what: "may_warn in econn.toml".into(),
                value: format!("a fault of {check} counts as a warning"),
            });
        }
        let link = case.link;
        let server = link.server.as_ref().and_then(|s| s.container.as_deref());
        let holds = |s: &&Suppression| {
            !s.is_over(&case.facts.taken_at)
                && s.covers(&finding.code, &link.id, &link.client, server)
        };
        finding.suppressed = self
            .suppressions
            .iter()
            .find(holds)
            .map(|s| Suppressed { reason: s.reason.clone(), until: s.until.clone() });
    }

    /// What is to be said of the decisions themselves: those that are over, and those that nothing needs any more.
    pub(super) fn remarks(&self, links: &[LinkReport], taken_at: &str) -> Vec<String> {
        let file =
            self.config.iter().map(|file| DECIDED_BY.says(format!("{file} holds for this run")));
        // Where only a part is judged, the rest may need it.
        let whole = self.containers.is_empty() && self.only.is_empty() && self.skip.is_empty();
        let of = |s: &Suppression| format!("the suppression of {} for {}", s.code, s.subject);
        let matched = |s: &Suppression| {
            links.iter().any(|link| {
                let server = link.server.as_ref().and_then(|s| s.container.as_deref());
                let findings = link.checks.iter().flat_map(|row| &row.findings);
                findings.into_iter().any(|f| s.covers(&f.code, &link.id, &link.client, server))
            })
        };
        let said = self.suppressions.iter().filter_map(|s| {
            if s.is_over(taken_at) {
                let of = of(s);
                return Some(SUPPRESSION_OVER.says(format!(
                    "{of} ended on {} and no longer counts: {}",
                    s.until, s.reason
                )));
            }
            (whole && !matched(s))
                .then(|| SUPPRESSION_IDLE.says(format!("{} matches nothing: take it away", of(s))))
        });
        file.chain(said).collect()
    }
}

/// The day of a time in RFC 3339.
fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// Whether a text has this form, in which `*` stands for any text.
#[must_use]
pub fn matches(form: &str, text: &str) -> bool {
    let Some((first, rest)) = form.split_once('*') else { return form == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Suppression, matches};
    use crate::fixture::{healthy, listener};
    use crate::model::{
        Answered, Connect, Fact, Hold, HoldMode, Outcome, Report, Severity, Snapshot,
    };
    use crate::{Wanted, judge};

    fn suppressed(code: &str, subject: &str, until: &str) -> Wanted {
        let suppression = Suppression {
            code: code.into(),
            subject: subject.into(),
            reason: "known".into(),
            until: until.into(),
        };
        Wanted { suppressions: vec![suppression], ..Wanted::default() }
    }

    fn short_queue(it: &mut Snapshot) {
        let mut row = listener("0.0.0.0:8080");
        row.backlog = Some(5);
        it.mock().listeners = Fact::Known(vec![row]);
    }

    fn loopback(it: &mut Snapshot) {
        it.listens(&["127.0.0.1:8080"]);
        it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
    }

    fn judged(change: fn(&mut Snapshot), wanted: &Wanted) -> Report {
        let mut facts = healthy();
        change(&mut facts);
        judge(&facts, wanted)
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (form, text) in [
            ("mock", "mock"),
            ("*", ""),
            ("*", "mock"),
            ("docker:*->http://mock*", "docker:hapi->http://mock:8080"),
            ("*mock*", "mock"),
            ("m*k", "mock-k"),
            ("a**b", "ab"),
        ] {
            assert!(matches(form, text), "{form} {text}");
        }
        for (form, text) in
            [("mock", "mock-2"), ("", "mock"), ("m*k", "mock-2"), ("ab*ba", "aba"), ("*x*", "mock")]
        {
            assert!(!matches(form, text), "{form} {text}");
        }
    }

    #[test]
    fn what_is_suppressed_is_seen_and_does_not_count() {
        let report = judged(loopback, &suppressed("EC301", "mock", "2026-01-13"));
        let link = &report.links[0];
        let row = link.checks.iter().find(|row| row.check == "bind-address").unwrap();
        assert_eq!(row.findings[0].code, "EC301");
        assert_eq!(row.findings[0].suppressed.as_ref().unwrap().reason, "known");
        assert_eq!((row.outcome, row.findings[0].masked_by.clone()), (Outcome::Skip, None));
        assert_eq!(row.reason.as_deref(), Some("EC301 is suppressed until 2026-01-13: known"));
        assert_eq!((link.root_cause.clone(), link.chain.len()), (None, 0));
        assert_eq!((report.outcome, report.exit_code), (Outcome::Pass, 0));
        assert_eq!(report.notes.len(), 0);
        let strict = Wanted { fail_on_warn: true, ..suppressed("EC102", "*", "2026-02-01") };
        assert_eq!(judged(short_queue, &strict).exit_code, 0);
        assert_eq!(
            judged(short_queue, &Wanted { fail_on_warn: true, ..Wanted::default() }).exit_code,
            1
        );
    }

    #[test]
    fn another_fault_of_the_same_row_or_link_still_counts() {
        let both = |it: &mut Snapshot| {
            short_queue(it);
            it.probed().stopped = Some("the time was up".into());
        };
        let report = judged(both, &suppressed("EC102", "mock", "2026-02-01"));
        assert_eq!((report.outcome, report.exit_code), (Outcome::Unknown, 3));
        let report = judged(loopback, &suppressed("EC302", "mock", "2026-02-01"));
        assert_eq!(report.links[0].root_cause.as_deref(), Some("EC301"));
    }

    /// The fault itself is why the check saw nothing good: that must not come back as an unknown.
    #[test]
    fn a_fault_that_does_not_count_leaves_nothing_open() {
        let serial = |it: &mut Snapshot| {
            let held = |held_ms| Hold {
                mode: HoldMode::Idle,
                held_ms,
                answered: Answered::AfterRelease,
                answer_ms: Some(held_ms + 2),
            };
            it.probed().holds = vec![held(503), held(903)];
            short_queue(it);
        };
        let lenient = Wanted { may_warn: vec!["server-concurrency".into()], ..Wanted::default() };
        let report = judged(serial, &lenient);
        assert_eq!((report.outcome, report.exit_code), (Outcome::Warn, 0));
        let report = judged(serial, &suppressed("EC101", "mock", "2026-02-01"));
        assert_eq!((report.outcome, report.exit_code), (Outcome::Warn, 0));
    }

    #[test]
    fn one_that_is_over_or_matches_nothing_is_said() {
        let report = judged(loopback, &suppressed("EC301", "mock", "2026-01-12"));
        assert_eq!(report.exit_code, 1);
        assert_eq!(
            report.notes,
            [
                "EC908 the suppression of EC301 for mock ended on 2026-01-12 and no longer counts: known"
            ]
        );
        let unused = suppressed("EC301", "db*", "2026-06-30");
        let report = judged(loopback, &unused);
        assert_eq!(
            report.notes,
            ["EC909 the suppression of EC301 for db* matches nothing: take it away"]
        );
        let part = Wanted { containers: vec!["mock".into()], ..unused };
        assert_eq!(judged(loopback, &part).notes.len(), 0, "another part may need it");
    }

    #[test]
    fn a_check_that_may_warn_only_warns() {
        let lenient = Wanted { may_warn: vec!["bind-address".into()], ..Wanted::default() };
        let report = judged(loopback, &lenient);
        let row = report.links[0].checks.iter().find(|row| row.check == "bind-address").unwrap();
        assert_eq!((row.outcome, row.findings[0].severity), (Outcome::Warn, Severity::Warn));
        assert_eq!((report.outcome, report.exit_code), (Outcome::Warn, 0));
        assert_eq!(report.links[0].root_cause, None);
        let strict = Wanted { fail_on_warn: true, ..lenient };
        assert_eq!(judged(loopback, &strict).exit_code, 1);
    }
}
