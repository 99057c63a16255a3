//! The report for people: for each link what the client sees and why, then the checks, faults first and in the order in
//! which the client would meet them.

use super::{Style, clean};
use checks::model::{Finding, Fix, LinkReport, Outcome, Report, Row, Severity, Source};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use std::io::{self, Write};

/// Writes the report for a terminal or a log.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for engine in &report.engines {
        let state = match &engine.error {
            Some(error) => format!("no answer: {error}"),
            None => format!("{} {}", engine.kind.command(), engine.version),
        };
        writeln!(out, "engine {}: {} at {} ({})", engine.name, clean(&state), clean(&engine.host), clean(&engine.chosen_because))?;
    }
    for link in &report.links {
        head(link, out)?;
        writeln!(out, "{}", table(link, style))?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", clean(note))?;
    }
    summary(report, out)
}

fn head(link: &LinkReport, out: &mut dyn Write) -> io::Result<()> {
    let server = match &link.server {
        Some(server) => match &server.container {
            Some(name) => format!("{name}, port {}", server.port),
            None => format!("{:?}, port {}", server.kind, server.port).to_lowercase(),
        },
        None => "nothing known".into(),
    };
    writeln!(out, "\n{} -> {}   ({}, meant: {})", clean(&link.client), clean(&link.endpoint.url), clean(&link.engine), clean(&server))?;
    for source in &link.endpoint.sources {
        let edit = match source {
            Source::File { host_path: Some(path), .. } => format!(" (on this machine {path})"),
            _ => String::new(),
        };
        writeln!(out, "  told by {}", clean(&format!("{source}{edit}")))?;
    }
    if let Some(symptom) = link.symptom {
        let words = serde_json::to_value(symptom).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        writeln!(out, "  the client sees: {words}")?;
    }
    if let Some(cause) = &link.root_cause {
        write!(out, "  root cause: {cause}")?;
        if link.chain.len() > 1 {
            write!(out, ", then in this order: {}", link.chain[1..].join(", "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn table(link: &LinkReport, style: &Style) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_BORDERS_ONLY_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width);
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let mut rows: Vec<&Row> = link.checks.iter().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.outcome), place(link, row)));
    for row in rows {
        let color = match row.outcome {
            Outcome::Fail => Color::Red,
            Outcome::Unknown => Color::Magenta,
            Outcome::Warn => Color::Yellow,
            Outcome::Pass => Color::Green,
            Outcome::Skip => Color::DarkGrey,
        };
        let word = format!("{:?}", row.outcome).to_uppercase();
        let layer = row.layer.map_or_else(String::new, |layer| format!("{layer} "));
        table.add_row(vec![
            Cell::new(word).fg(color).add_attribute(Attribute::Bold),
            Cell::new(format!("{layer}{}", row.check)),
            Cell::new(told(row)),
        ]);
    }
    table
}

/// The place of a row's first fault in the chain.
fn place(link: &LinkReport, row: &Row) -> usize {
    let first = row.findings.iter().find(|f| f.severity == Severity::Fail);
    first.and_then(|f| link.chain.iter().position(|code| *code == f.code)).unwrap_or(usize::MAX)
}

fn told(row: &Row) -> String {
    let mut lines: Vec<String> = row.findings.iter().flat_map(finding).collect();
    lines.extend(row.reason.iter().map(|reason| clean(reason)));
    lines.join("\n")
}

fn finding(finding: &Finding) -> Vec<String> {
    let mut lines = vec![format!("{} {}", finding.code, clean(&finding.seen))];
    lines.extend(finding.evidence.iter().map(|e| format!("  seen  {}: {}", clean(&e.what), clean(&e.value))));
    for Fix { say, command, proven, .. } in &finding.fix {
        let tried = match proven {
            Some(true) => " (tried: works)",
            Some(false) => " (tried: does not help)",
            None => "",
        };
        lines.push(format!("  fix   {}{tried}", clean(say)));
        lines.extend(command.iter().map(|command| format!("        $ {}", clean(command))));
    }
    lines
}

fn summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let s = &report.summary;
    let outcome = format!("{:?}", report.outcome).to_lowercase();
    let parts = [(s.fail, "fail"), (s.unknown, "unknown"), (s.warn, "warn"), (s.pass, "pass"), (s.skip, "skip")];
    let counts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    let links = if s.links == 1 { "link" } else { "links" };
    writeln!(out, "\n{outcome}: {} {links}{counts}", s.links)
}
