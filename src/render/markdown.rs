//! Markdown, for a job's summary or a merge request: what the client sees first, the rest folded away.

use super::clean;
use super::place::{title, word};
use super::table::ordered;
use checks::model::{Finding, LinkReport, Outcome, Report};
use std::io::{self, Write};

/// Writes the page.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let s = &report.summary;
    writeln!(out, "# {} econn: {}\n", mark(report.outcome), word(report.outcome))?;
    writeln!(
        out,
        "{} links: {} fail, {} unknown, {} warn, {} pass, {} skip. Taken at {}.\n",
        s.links, s.fail, s.unknown, s.warn, s.pass, s.skip, report.taken_at
    )?;
    for engine in &report.engines {
        let state = engine.error.as_deref().unwrap_or(&engine.version);
        writeln!(
            out,
            "- engine {} ({}, by {}): {}",
            text(&engine.name),
            text(&engine.host),
            text(&engine.chosen_because),
            text(state)
        )?;
    }
    for logged in &report.logged_elsewhere {
        writeln!(out, "- logged, of no link known here: {}", text(&logged.to_string()))?;
    }
    for note in &report.notes {
        writeln!(out, "- {}", text(note))?;
    }
    for link in &report.links {
        one(link, out)?;
    }
    Ok(())
}

fn one(link: &LinkReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n## {} {} → {}\n",
        mark(link.outcome),
        text(&link.client_shown()),
        text(&link.endpoint.url)
    )?;
    if let Some(cause) = &link.root_cause {
        let order: Vec<&str> = link.chain.iter().map(String::as_str).collect();
        writeln!(
            out,
            "Root cause **{cause}**; faults in the order of meeting them: {}.\n",
            order.join(" → ")
        )?;
    }
    for logged in &link.logged {
        writeln!(out, "Logged: {}.\n", text(&logged.to_string()))?;
    }
    writeln!(out, "| layer | check | outcome | what was seen |\n|---|---|---|---|")?;
    for row in ordered(link) {
        let layer = row.layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        let found = row.findings.iter().map(|f| text(&format!("{} {}", f.code, f.seen)));
        let seen: Vec<String> = found.chain(row.reason.iter().map(|r| text(r))).collect();
        let (mark, outcome) = (mark(row.outcome), word(row.outcome));
        writeln!(
            out,
            "| {layer} | {} | {mark} {outcome} | {} |",
            text(&row.check),
            seen.join("<br>")
        )?;
    }
    for finding in ordered(link).into_iter().flat_map(|row| &row.findings) {
        details(finding, out)?;
    }
    Ok(())
}

fn details(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n<details><summary>{}</summary>\n", text(&title(finding)))?;
    for evidence in &finding.evidence {
        writeln!(out, "- seen: {}: {}", text(&evidence.what), text(&evidence.value))?;
    }
    for fix in &finding.fix {
        writeln!(out, "- **fix**: {}", text(&fix.say))?;
        for pasted in fix.command.iter().chain(&fix.patch) {
            let fence = fence(pasted);
            writeln!(out, "\n  {fence}")?;
            for line in pasted.lines() {
                writeln!(out, "  {}", clean(line))?;
            }
            writeln!(out, "  {fence}\n")?;
        }
    }
    writeln!(out, "\n</details>")
}

fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fail => "❌",
        Outcome::Unknown => "❔",
        Outcome::Warn => "⚠️",
        Outcome::Pass => "✅",
        Outcome::Skip => "➖",
    }
}

/// A fence that is longer than any in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Text from outside as plain words: nothing in it marks anything up.
fn text(text: &str) -> String {
    clean(text).chars().fold(String::new(), |mut out, c| {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::{fence, text};

    #[test]
    fn words_from_outside_mark_nothing_up() {
        assert_eq!(text("a|b <img> `x` _y_"), "a\\|b &lt;img&gt; \\`x\\` \\_y\\_");
        assert_eq!(fence("a ``` b"), "````");
        assert_eq!(fence("a"), "```");
    }
}
