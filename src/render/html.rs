//! One page for a browser, without anything from elsewhere: for each link a picture of the way from client to server, on
//! which every check is a station in the order in which a connection passes them, and below it the findings.

use super::clean;
use super::place::{title, word};
use super::table::ordered;
use checks::ALL;
use checks::model::{Finding, LinkReport, Report, Row};
use std::io::{self, Write};

const STYLE: &str = include_str!("report.css");

/// Writes the page.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let outcome = word(report.outcome);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>econn: {outcome}</title>\n<style>\n{STYLE}</style></head>\n\
         <body>\n<h1><span class=\"{outcome}\">{outcome}</span> econn</h1>"
    )?;
    let s = &report.summary;
    writeln!(
        out,
        "<p>{} links: {} fail, {} unknown, {} warn, {} pass, {} skip. Taken at {} by econn {}.</p>",
        s.links,
        s.fail,
        s.unknown,
        s.warn,
        s.pass,
        s.skip,
        text(&report.taken_at),
        text(&report.tool.version)
    )?;
    writeln!(out, "<ul>")?;
    for engine in &report.engines {
        let state = engine.error.as_deref().unwrap_or(&engine.version);
        writeln!(
            out,
            "<li>engine {} at {} ({}): {}</li>",
            text(&engine.name),
            text(&engine.host),
            text(&engine.chosen_because),
            text(state)
        )?;
    }
    for logged in &report.logged_elsewhere {
        let logged = text(&logged.to_string());
        writeln!(out, "<li>logged, of no link known here: {logged}</li>")?;
    }
    for note in &report.notes {
        writeln!(out, "<li>{}</li>", text(note))?;
    }
    writeln!(out, "</ul>")?;
    for link in &report.links {
        one(link, out)?;
    }
    writeln!(out, "</body></html>")
}

fn one(link: &LinkReport, out: &mut dyn Write) -> io::Result<()> {
    let outcome = word(link.outcome);
    writeln!(
        out,
        "<section>\n<h2><span class=\"{outcome}\">{outcome}</span> {} → {}</h2>",
        text(&link.client_shown()),
        text(&link.endpoint.url)
    )?;
    picture(link, out)?;
    if let Some(cause) = &link.root_cause {
        writeln!(
            out,
            "<p>Root cause <b>{}</b>; faults in the order of meeting them: {}.</p>",
            text(cause),
            text(&link.chain.join(" → "))
        )?;
    }
    for logged in &link.logged {
        writeln!(out, "<p>Logged: {}.</p>", text(&logged.to_string()))?;
    }
    writeln!(
        out,
        "<table><tr><th>layer</th><th>check</th><th>outcome</th><th>what was seen</th></tr>"
    )?;
    for row in ordered(link) {
        let layer = row.layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        let found = row.findings.iter().map(|f| text(&format!("{} {}", f.code, f.seen)));
        let seen: Vec<String> = found.chain(row.reason.iter().map(|r| text(r))).collect();
        let (check, outcome) = (text(&row.check), word(row.outcome));
        writeln!(
            out,
            "<tr><td>{layer}</td><td>{check}</td><td><span class=\"{outcome}\">{outcome}</span></td><td>{}</td></tr>",
            seen.join("<br>")
        )?;
    }
    writeln!(out, "</table>")?;
    for finding in ordered(link).into_iter().flat_map(|row| &row.findings) {
        details(finding, out)?;
    }
    writeln!(out, "</section>")
}

/// The way of a connection: client, the checks by phase, server.
fn picture(link: &LinkReport, out: &mut dyn Write) -> io::Result<()> {
    const STEP: usize = 128;
    let mut checks: Vec<_> = ALL.iter().collect();
    checks.sort_by_key(|check| check.phase);
    let row = |id: &str| link.checks.iter().find(|row| row.check == id);
    let stations: Vec<&Row> = checks.iter().filter_map(|check| row(check.id)).collect();
    let width = (stations.len() + 2) * STEP;
    writeln!(
        out,
        "<svg viewBox=\"0 0 {width} 84\" role=\"img\" aria-label=\"the way from client to server\">\n\
         <line x1=\"{}\" y1=\"30\" x2=\"{}\" y2=\"30\"/>",
        STEP / 2,
        width - STEP / 2
    )?;
    let server = link.server.as_ref().and_then(|s| s.container.as_deref()).unwrap_or("?");
    let client = std::iter::once(("end", link.client.as_str()));
    let middle = stations.iter().map(|row| (word(row.outcome), row.check.as_str()));
    let all = client.chain(middle).chain(std::iter::once(("end", server)));
    for (index, (class, label)) in all.enumerate() {
        let x = index * STEP + STEP / 2;
        let short: String = label.chars().take(20).collect();
        writeln!(
            out,
            "<g class=\"{class}\"><title>{}: {class}</title><circle cx=\"{x}\" cy=\"30\" r=\"14\"/>\
             <text x=\"{x}\" y=\"68\">{}</text></g>",
            text(label),
            text(&short)
        )?;
    }
    writeln!(out, "</svg>")
}

fn details(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<details open><summary>{}</summary>\n<ul>", text(&title(finding)))?;
    for evidence in &finding.evidence {
        writeln!(out, "<li>seen: {}: {}</li>", text(&evidence.what), text(&evidence.value))?;
    }
    for fix in &finding.fix {
        writeln!(out, "<li><b>fix</b>: {}", text(&fix.say))?;
        for pasted in fix.command.iter().chain(&fix.patch) {
            let lines: Vec<String> = pasted.lines().map(text).collect();
            writeln!(out, "<pre>{}</pre>", lines.join("\n"))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul></details>")
}

/// Text from outside as plain words.
fn text(text: &str) -> String {
    clean(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn words_from_outside_are_no_markup() {
        assert_eq!(text("<script a=\"b\">&'"), "&lt;script a=&quot;b&quot;&gt;&amp;&#39;");
    }
}
