//! Prints a report, and never judges: one format a file, each into a writer that it is given.

pub(crate) mod comparison;
mod details;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
pub(crate) mod manual;
mod markdown;
mod place;
mod prometheus;
mod sarif;
mod table;

use crate::cli::{Color, FailOn, Format, Judging};
use checks::model::Report;
use std::io::{self, IsTerminal, Write};

/// How a report looks, and what counts in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether a warning counts as a fault (`--fail-on warn`).
    pub(crate) warn_fails: bool,
    /// Whether what could not be determined is let through (`--allow-unknown`).
    pub(crate) unknown_allowed: bool,
    /// Whether to use colour.
    pub(crate) color: bool,
    /// Columns of the table.
    pub(crate) width: u16,
}

/// The width where no terminal gives one.
const WIDTH: u16 = 110;

impl Style {
    /// For a file: no colour, a fixed width.
    pub(crate) fn file(judging: &Judging) -> Self {
        Self {
            warn_fails: judging.fail_on == Some(FailOn::Warn),
            unknown_allowed: judging.allow_unknown,
            color: false,
            width: WIDTH,
        }
    }

    /// Text in bold, where there is colour.
    fn bold(self, text: &str) -> String {
        if self.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// For stdout: the flag decides, then `NO_COLOR`, then `CLICOLOR_FORCE`, then `CLICOLOR=0`, then whether it is a terminal.
    pub(crate) fn stdout(judging: &Judging) -> Self {
        Self::on(io::stdout().is_terminal(), judging)
    }

    /// The same for stderr.
    pub(crate) fn stderr(judging: &Judging) -> Self {
        Self::on(io::stderr().is_terminal(), judging)
    }

    fn on(is_terminal: bool, judging: &Judging) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let terminal = is_terminal && set("TERM").is_none_or(|t| t != "dumb");
        let automatic = if set("NO_COLOR").is_some() {
            false
        } else if set("CLICOLOR_FORCE").is_some_and(|v| v != "0") {
            true
        } else {
            terminal && set("CLICOLOR").is_none_or(|v| v != "0")
        };
        let color = match judging.color {
            Color::Auto => automatic,
            Color::Always => true,
            Color::Never => false,
        };
        let columns = comfy_table::Table::new().width().filter(|_| is_terminal);
        Self { color, width: columns.unwrap_or(WIDTH).clamp(60, 160), ..Self::file(judging) }
    }
}

/// Prints the report.
pub(crate) fn render(
    report: &Report,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let base = std::env::current_dir().unwrap_or_default();
    match format {
        Format::Table => table::render(report, style, out),
        Format::Json => json::render(report, out),
        Format::Markdown => markdown::render(report, out),
        Format::Junit => junit::render(report, style, out),
        Format::Sarif => sarif::render(report, style, &base, out),
        Format::Gitlab => gitlab::render(report, style, &base, out),
        Format::Github => github::render(report, style, &base, out),
        Format::Html => html::render(report, out),
        Format::Prometheus => prometheus::render(report, out),
    }
}

/// Text from outside, safe for a terminal: no control sequence survives.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control()
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
        {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn no_control_sequence_survives() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}");
    }
}
