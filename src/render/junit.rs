//! `JUnit` XML: a suite for each link and a case for each check. What is unknown is an error, unless unknowns are allowed: it
//! must never look like a pass.

use super::place::{fixes, title, trouble};
use super::{Style, clean};
use checks::model::{Engine, Finding, LinkReport, Outcome, Report, Row};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};

/// Writes all suites.
pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = quick_junit::Report::new("econn");
    for link in &report.links {
        let engine = report.engines.iter().find(|engine| engine.name == link.engine);
        suites.add_test_suite(suite(link, engine, style));
    }
    if let Some(why) = trouble(report) {
        suites.add_test_suite(incomplete(&why));
    }
    suites.serialize(&mut *out).map_err(io::Error::other)
}

fn suite(link: &LinkReport, engine: Option<&Engine>, style: Style) -> TestSuite {
    let mut suite = TestSuite::new(clean(&link.id));
    if let Some(Engine { name, host, chosen_because, .. }) = engine {
        suite.add_property(("engine", &*clean(&format!("{name} ({host}, by {chosen_because})"))));
    }
    suite.add_property(("server", &*clean(&server(link))));
    suite.add_property(("root_cause", link.root_cause.as_deref().unwrap_or("none")));
    for row in &link.checks {
        let mut case = TestCase::new(clean(&row.check), status(row, style));
        case.set_classname(clean(&link.id));
        suite.add_test_case(case);
    }
    suite
}

fn server(link: &LinkReport) -> String {
    match &link.server {
        Some(server) => format!("{}:{}", server.container.as_deref().unwrap_or("-"), server.port),
        None => "none".into(),
    }
}

fn status(row: &Row, style: Style) -> TestCaseStatus {
    let why = || clean(row.reason.as_deref().unwrap_or("it could not be determined"));
    match row.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Warn if !is_failure(row, style) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("warning: {}", message(row))).set_description(text(row));
            status
        }
        _ if is_failure(row, style) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let first = row.findings.iter().find(|finding| finding.counts());
            let kind = first.map_or("econn", |finding| &finding.code).to_owned();
            status.set_message(message(row)).set_type(kind).set_description(text(row));
            status
        }
        Outcome::Unknown if !style.unknown_allowed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(why()).set_type("unknown");
            status
        }
        Outcome::Unknown | Outcome::Skip | Outcome::Fail | Outcome::Warn => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("{}: {}", super::place::word(row.outcome), why()));
            if !row.findings.is_empty() {
                status.set_description(text(row));
            }
            status
        }
    }
}

/// Whether the row makes the run fail: by a fault, or by a warning where those count, beside something unknown as well.
fn is_failure(row: &Row, style: Style) -> bool {
    let counted = row.findings.iter().any(Finding::counts);
    row.outcome == Outcome::Fail || style.warn_fails && counted && row.outcome >= Outcome::Warn
}

fn message(row: &Row) -> String {
    let told = row.findings.iter().map(|f| clean(&title(f)));
    told.collect::<Vec<_>>().join("; ")
}

/// What was seen and what to do: some readers show this text only.
fn text(row: &Row) -> String {
    let mut lines = Vec::new();
    for finding in &row.findings {
        lines.push(format!("{} {}", finding.code, finding.seen));
        lines.extend(finding.suppressed.iter().map(ToString::to_string));
        lines.extend(finding.evidence.iter().map(|e| format!("seen: {}: {}", e.what, e.value)));
        lines.push(format!("fix: {}", fixes(finding)));
    }
    let text = lines.join("\n");
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// A case of its own for a run that has no link to speak of.
fn incomplete(why: &str) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(clean(why)).set_type("unknown");
    let mut case = TestCase::new("complete", status);
    case.set_classname("econn");
    let mut suite = TestSuite::new("econn");
    suite.add_test_case(case);
    suite
}
