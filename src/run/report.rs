//! Judges a snapshot and prints the report everywhere it is wanted.

use super::output::{stdout, write};
use super::own::OwnChecks;
use crate::cli::{FailOn, Judging};
use crate::config::Config;
use crate::exit::{Code, Failure};
use crate::render;
use crate::tell::tell;
use checks::model::{Report, Snapshot};
use checks::{Wanted, judge_with};
use std::path::Path;

/// What the flags and the configuration want judged, and how strictly.
pub(super) fn wanted(containers: &[String], judging: &Judging, config: &Config) -> Wanted {
    Wanted {
        containers: containers.to_vec(),
        only: judging.only.clone(),
        skip: judging.skip.clone(),
        fail_on_warn: judging.fail_on == Some(FailOn::Warn),
        allow_unknown: judging.allow_unknown,
        may_warn: config.may_warn.clone(),
        suppressions: config.suppressions(),
        config: config.path.as_ref().map(|_| config.place()),
    }
}

/// Judges a snapshot and prints the report everywhere it is wanted.
pub(super) fn report(
    snapshot: &Snapshot,
    wanted: &Wanted,
    judging: &Judging,
    own: &OwnChecks<'_>,
) -> Result<Code, Failure> {
    let report = judge_with(snapshot, wanted, &own.rows(snapshot, wanted));
    let printed = stdout(&rendered(&report, judging, render::Style::stdout(judging))?);
    let code = Code(written(&report, judging)?);
    match printed {
        // A fault that was seen stays one, whether or not anybody could read of it.
        Err(failure) if report.exit_code == 1 => {
            tell(&failure.message);
            Ok(code)
        }
        printed => printed.map(|()| code),
    }
}

/// Writes a report to every file that is wanted; returns the exit code, which a file that can't be written changes.
pub(super) fn written(report: &Report, judging: &Judging) -> Result<u8, Failure> {
    let mut code = report.exit_code;
    for output in &judging.output {
        let mut bytes = Vec::new();
        render::render(report, output.format, render::Style::file(judging), &mut bytes)
            .map_err(|e| Failure::incomplete(e.to_string()))?;
        if let Err(failure) = write(&output.path, &bytes) {
            tell(&failure.message);
            // A fault that was seen stays one, whether or not its report could be kept.
            code = if code == 1 { 1 } else { failure.code.0 };
        }
    }
    Ok(code)
}

/// A report that has no place to go is said before the containers are looked at.
pub(super) fn writable(judging: &Judging) -> Result<(), Failure> {
    let folder =
        |path: &Path| path.parent().filter(|p| !p.as_os_str().is_empty()).map(Path::to_owned);
    match judging.output.iter().find(|o| folder(&o.path).is_some_and(|dir| !dir.is_dir())) {
        Some(output) => Err(Failure::usage(format!(
            "--output {}: its folder does not exist; make it first",
            output.path.display()
        ))),
        None => Ok(()),
    }
}

/// The report in the form that is wanted on the terminal.
pub(super) fn rendered(
    report: &Report,
    judging: &Judging,
    style: render::Style,
) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    render::render(report, judging.format, style, &mut bytes)
        .map_err(|e| Failure::incomplete(e.to_string()))?;
    Ok(bytes)
}
