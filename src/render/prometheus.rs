//! Plain Prometheus text, for a textfile collector: numbers with bounded labels, and no timestamps on them.

use super::place::word;
use checks::model::{Outcome, Report, Severity};
use std::collections::BTreeSet;
use std::io::{self, Write};

const OUTCOMES: [Outcome; 5] =
    [Outcome::Fail, Outcome::Unknown, Outcome::Warn, Outcome::Pass, Outcome::Skip];

/// Writes all gauges.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    head(out, "econn_build_info", "The version of econn that made this report.")?;
    writeln!(out, "econn_build_info{{version={}}} 1", quoted(&report.tool.version))?;
    if let Ok(taken) = report.taken_at.parse::<jiff::Timestamp>() {
        head(
            out,
            "econn_run_timestamp_seconds",
            "When the facts were taken, in seconds since 1970.",
        )?;
        writeln!(out, "econn_run_timestamp_seconds {}", taken.as_second())?;
    }
    head(out, "econn_run_exit_code", "The exit code of the run.")?;
    writeln!(out, "econn_run_exit_code {}", report.exit_code)?;
    head(out, "econn_engine_up", "Whether the engine answered.")?;
    for engine in &report.engines {
        writeln!(
            out,
            "econn_engine_up{{engine={}}} {}",
            quoted(&engine.name),
            u8::from(engine.error.is_none())
        )?;
    }
    head(out, "econn_engine_info", "Which engine was asked, and why that one.")?;
    for engine in &report.engines {
        writeln!(
            out,
            "econn_engine_info{{engine={},host={},version={},because={}}} 1",
            quoted(&engine.name),
            quoted(&engine.host),
            quoted(&engine.version),
            quoted(&engine.chosen_because)
        )?;
    }
    head(out, "econn_links", "How many links came out how.")?;
    for outcome in OUTCOMES {
        let count = report.links.iter().filter(|link| link.outcome == outcome).count();
        writeln!(out, "econn_links{{outcome=\"{}\"}} {count}", word(outcome))?;
    }
    head(
        out,
        "econn_check_outcome",
        "How a check of a link came out: 0 pass, 1 warn, 2 unknown, 3 fail, -1 skip.",
    )?;
    for link in &report.links {
        for row in &link.checks {
            let check = quoted(&row.check);
            writeln!(
                out,
                "econn_check_outcome{{{},check={check}}} {}",
                labels(link),
                number(row.outcome)
            )?;
        }
    }
    head(out, "econn_finding", "A finding of a link; 1 for each that there is.")?;
    // A check of one's own may say the same twice, and a collector refuses a whole file for a line that is repeated.
    let mut written = BTreeSet::new();
    for link in &report.links {
        for (row, finding) in
            link.checks.iter().flat_map(|row| row.findings.iter().map(move |f| (row, f)))
        {
            let severity = if finding.severity == Severity::Fail { "fail" } else { "warn" };
            let (check, code) = (quoted(&row.check), quoted(&finding.code));
            let root = finding.counts() && link.root_cause.as_ref() == Some(&finding.code);
            // A label that is not there equals an empty one.
            let aside = if finding.counts() { "" } else { ",suppressed=\"true\"" };
            let line = format!(
                "econn_finding{{{},check={check},code={code},severity=\"{severity}\",root_cause=\"{root}\"{aside}}} 1",
                labels(link)
            );
            if written.insert(line.clone()) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(())
}

fn head(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

fn labels(link: &checks::model::LinkReport) -> String {
    let server = link.server.as_ref().and_then(|s| s.container.as_deref()).unwrap_or("");
    format!(
        "engine={},client={},server={},endpoint={}",
        quoted(&link.engine),
        quoted(&link.client),
        quoted(server),
        quoted(&link.endpoint.url)
    )
}

fn number(outcome: Outcome) -> i8 {
    match outcome {
        Outcome::Skip => -1,
        Outcome::Pass => 0,
        Outcome::Warn => 1,
        Outcome::Unknown => 2,
        Outcome::Fail => 3,
    }
}

/// A label's value: only these three have a meaning inside quotes.
fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        super::clean(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    )
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_label_stays_in_its_quotes() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\u{fffd}d\"");
    }
}
