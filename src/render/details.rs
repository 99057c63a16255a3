//! Evidence and fixes of one link's findings, as text below its table.

use super::{Style, clean, place, table};
use checks::model::{Finding, Fix, LinkReport};
use std::io::{self, Write};

/// Writes every finding of the link in the table's order.
pub(super) fn render(link: &LinkReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in table::ordered(link).into_iter().flat_map(|row| &row.findings) {
        one(finding, style, out)?;
    }
    Ok(())
}

fn one(finding: &Finding, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n  {}", style.bold(&clean(&place::title(finding))))?;
    for evidence in &finding.evidence {
        item("seen", &format!("{}: {}", evidence.what, evidence.value), style, out)?;
    }
    for Fix { say, command, patch, proven } in &finding.fix {
        let tried = match proven {
            Some(true) => " (tried out: works)",
            Some(false) => " (tried out: does not help)",
            None => "",
        };
        item("fix", &format!("{say}{tried}"), style, out)?;
        // Never wrapped: what is wrapped can't be pasted.
        // What a command does needs no patch beside it, which is for programs.
        for line in command.iter().chain(patch).take(1).flat_map(|text| text.lines()) {
            writeln!(out, "          {}", clean(line))?;
        }
    }
    Ok(())
}

fn item(label: &str, text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let first = format!("    {label:<6}");
    let options = textwrap::Options::new(usize::from(style.width))
        .initial_indent(&first)
        .subsequent_indent("          ")
        .break_words(false);
    for line in textwrap::wrap(&clean(text), options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
