//! The report for programs.

use checks::model::Report;
use std::io::{self, Write};

/// Writes the report as indented JSON with a line feed at the end.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}
