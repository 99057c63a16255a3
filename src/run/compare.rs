//! `econn compare`: two files of earlier runs, and what changed between them.

use super::load::{Kept, kept};
use super::output::stdout;
use crate::cli::{Compare, ComparisonFormat};
use crate::exit::{Code, Failure};
use crate::render::comparison;
use checks::compare::Run;
use checks::{Wanted, judge};
use std::path::Path;

/// Compares, prints, and ends with 1 where something got worse.
pub(super) fn compare(asked: &Compare) -> Result<Code, Failure> {
    let config = super::configured(&asked.configured)?;
    let wanted = Wanted {
        may_warn: config.may_warn.clone(),
        suppressions: config.suppressions(),
        config: config.path.as_ref().map(|_| config.place()),
        ..Wanted::default()
    };
    let (before, after) = (run(&asked.before, &wanted)?, run(&asked.after, &wanted)?);
    let comparison = checks::compare::compare(&before, &after);
    let mut bytes = Vec::new();
    match asked.format {
        ComparisonFormat::Table => comparison::table(&comparison, &mut bytes),
        ComparisonFormat::Json => comparison::json(&comparison, &mut bytes),
    }
    .map_err(|e| Failure::incomplete(e.to_string()))?;
    stdout(&bytes)?;
    Ok(Code(u8::from(comparison.worse)))
}

/// A snapshot is judged anew, by all checks and as the project decides; of a report its own verdicts count.
fn run(file: &Path, wanted: &Wanted) -> Result<Run, Failure> {
    Ok(match kept(file)? {
        Kept::Snapshot(facts) => Run { report: judge(&facts, wanted), facts: Some(*facts) },
        Kept::Report(report) => Run { report: *report, facts: None },
    })
}
