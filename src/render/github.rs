//! Annotations of a GitHub workflow. Ten errors and ten warnings of a step are shown there and no more, so what the clients
//! see today comes first, and the tenth line counts the rest.

use super::place::{Item, fixes, items, place, title, unknowns};
use super::{Style, clean};
use checks::model::{Report, Severity};
use std::io::{self, Write};
use std::path::Path;

/// How many of a kind are shown.
const SHOWN: usize = 10;

/// Writes one annotation a line.
pub(super) fn render(
    report: &Report,
    style: Style,
    base: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_error = |item: &&Item<'_>| item.finding.severity == Severity::Fail || style.warn_fails;
    let (items, aside): (Vec<Item<'_>>, Vec<Item<'_>>) =
        items(report).into_iter().partition(|item| item.finding.counts());
    let errors: Vec<String> =
        items.iter().filter(is_error).map(|i| line("error", i, base)).collect();
    let mut warnings: Vec<String> =
        items.iter().filter(|i| !is_error(i)).map(|i| line("warning", i, base)).collect();
    for (link, row) in unknowns(report) {
        let why = row.reason.as_deref().unwrap_or("it could not be determined");
        let title = format!("{} is unknown", row.check);
        warnings.push(annotation(
            "warning",
            &place(link, base),
            &title,
            &format!("{}: {why}", link.id),
        ));
    }
    let silent = report.engines.iter().filter(|engine| engine.fell_silent());
    let silent = silent.filter_map(|engine| engine.error.as_ref());
    warnings.extend(silent.map(|why| format!("::warning title=econn::{}", data(why))));
    for (kind, lines) in [("error", errors), ("warning", warnings)] {
        let shown = if lines.len() > SHOWN { SHOWN - 1 } else { SHOWN };
        for line in lines.iter().take(shown) {
            writeln!(out, "{line}")?;
        }
        if lines.len() > shown {
            writeln!(
                out,
                "::{kind} title=econn::{} more of these are in the report",
                lines.len() - shown
            )?;
        }
    }
    for item in &aside {
        writeln!(out, "{}", line("notice", item, base))?;
    }
    for note in &report.notes {
        writeln!(out, "::notice title=econn::{}", data(note))?;
    }
    let summary = &report.summary;
    writeln!(out, "econn: {} of {} links fail", summary.fail, summary.links)
}

fn line(kind: &str, item: &Item<'_>, base: &Path) -> String {
    let title = title(item.finding);
    let text = format!("{}: {}\n{}", item.link.id, item.finding.seen, fixes(item.finding));
    annotation(kind, &place(item.link, base), &title, &text)
}

fn annotation(kind: &str, place: &super::place::Place, title: &str, text: &str) -> String {
    format!(
        "::{kind} file={},line={},title={}::{}",
        property(&place.path),
        place.line,
        property(title),
        data(text)
    )
}

/// Each line cleaned, and what ends a line or an escape written in GitHub's own way.
fn data(text: &str) -> String {
    text.lines().map(|l| clean(l).replace('%', "%25")).collect::<Vec<_>>().join("%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_in_a_text_can_end_a_line_or_begin_a_command() {
        assert_eq!(data("50 %\n::error::x\u{1b}[0m"), "50 %25%0A::error::x\u{fffd}[0m");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
