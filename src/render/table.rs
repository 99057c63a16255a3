//! The report for people: for each link a table of its checks, faults first and in the order in which the client would
//! meet them, and below it the evidence and the fixes. Commands stand on lines of their own, so that they can be copied.

use super::{Style, clean, details};
use checks::model::{LinkReport, Outcome, Report, Row, Severity, Source, Vantage};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use std::io::{self, Write};

/// Writes the report for a terminal or a log.
pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for engine in &report.engines {
        let state = match &engine.error {
            Some(error) => format!("no answer: {error}"),
            None => format!(
                "{} {} at {} ({})",
                engine.kind.command(),
                engine.version,
                engine.host,
                engine.chosen_because
            ),
        };
        writeln!(out, "engine {}: {}", clean(&engine.name), clean(&state))?;
    }
    for link in &report.links {
        head(link, style, out)?;
        writeln!(out, "{}", table(link, style))?;
        details::render(link, style, out)?;
    }
    for logged in &report.logged_elsewhere {
        writeln!(out, "logged, of no link known here: {}", clean(&logged.to_string()))?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", clean(note))?;
    }
    summary(report, style, out)
}

fn head(link: &LinkReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n{}",
        style.bold(&format!("{} -> {}", clean(&link.client_shown()), clean(&link.endpoint.url)))
    )?;
    let server = match &link.server {
        Some(server) => match link.server_shown() {
            Some(name) => format!(
                "{name}, port {}, in {}",
                server.port,
                server.engine.as_ref().unwrap_or(&link.engine)
            ),
            None => format!(
                "{} process, port {}",
                format!("{:?}", server.kind).to_lowercase(),
                server.port
            ),
        },
        None => "nothing known".into(),
    };
    let on = |node: &Option<String>| node.as_ref().map(|node| format!("; on node {node}"));
    let mut lines = vec![("server", server + &on(&link.server_node).unwrap_or_default())];
    lines.extend(link.client_node.iter().map(|node| ("client", format!("on node {node}"))));
    for source in &link.endpoint.sources {
        let edit = match source {
            Source::File { host_path: Some(path), .. } => format!("; on this machine {path}"),
            _ => String::new(),
        };
        lines.push(("told by", format!("{source}{edit}")));
    }
    lines.extend(link.demand.map(|demand| ("demand", format!("{demand} (econn.toml)"))));
    lines.extend(link.symptom.map(|symptom| ("it sees", symptom.to_string())));
    lines.extend(link.logged.iter().map(|logged| ("logged", logged.to_string())));
    if let Some(cause) = &link.root_cause {
        lines.push(("root cause", cause.clone()));
    }
    if link.chain.len() > 1 {
        lines.push((
            "hidden",
            format!(
                "{}, each seen only when the one before is repaired",
                link.chain[1..].join(", ")
            ),
        ));
    }
    lines.extend(seen_from(link).map(|text| ("seen from", text)));
    for (label, text) in lines {
        writeln!(out, "  {label:<11}{}", clean(&text))?;
    }
    Ok(())
}

/// Where the probes stood, if not in the namespaces themselves.
fn seen_from(link: &LinkReport) -> Option<String> {
    let ends = link.seen_from?;
    let server = link.server.as_ref().and_then(|s| s.container.as_deref()).unwrap_or("the server");
    let told = [(link.client.as_str(), ends.client), (server, ends.server)];
    let told: Vec<String> = told
        .into_iter()
        .filter_map(|(end, from)| Some((end, from.filter(|from| *from != Vantage::Namespace)?)))
        .map(|(end, from)| format!("{end}: {from}"))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn table(link: &LinkReport, style: Style) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(style.width);
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(vec!["layer", "check", "outcome", "what was seen"]);
    for row in ordered(link) {
        let layer = row.layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        let outcome = format!("{:?}", row.outcome).to_uppercase();
        table.add_row(vec![
            Cell::new(layer),
            Cell::new(clean(&row.check)),
            Cell::new(outcome).fg(color(row.outcome)).add_attribute(Attribute::Bold),
            Cell::new(seen(row)),
        ]);
    }
    table
}

fn color(outcome: Outcome) -> Color {
    match outcome {
        Outcome::Fail => Color::Red,
        Outcome::Unknown => Color::Magenta,
        Outcome::Warn => Color::Yellow,
        Outcome::Pass => Color::Green,
        Outcome::Skip => Color::DarkGrey,
    }
}

/// The rows, faults first and in the order of the chain.
pub(super) fn ordered(link: &LinkReport) -> Vec<&Row> {
    let place = |row: &Row| {
        let first = row.findings.iter().find(|f| f.severity == Severity::Fail && f.counts());
        first.and_then(|f| link.chain.iter().position(|code| *code == f.code)).unwrap_or(usize::MAX)
    };
    let mut rows: Vec<&Row> = link.checks.iter().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.outcome), place(row)));
    rows
}

fn seen(row: &Row) -> String {
    let found = row.findings.iter().map(|f| format!("{} {}", clean(&f.code), clean(&f.seen)));
    found.chain(row.reason.iter().map(|reason| clean(reason))).collect::<Vec<_>>().join("\n")
}

fn summary(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let s = &report.summary;
    let outcome = format!("{:?}", report.outcome).to_uppercase();
    let parts = [
        (s.fail, "fail"),
        (s.unknown, "unknown"),
        (s.warn, "warn"),
        (s.pass, "pass"),
        (s.skip, "skip"),
    ];
    let counts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let links = if s.links == 1 { "link" } else { "links" };
    writeln!(out, "\n{} {} {links}{counts}", style.bold(&outcome), s.links)
}
