//! What an installation puts beside the binary: completions and manual pages, from the same types as the help.

use super::output::stdout;
use crate::cli::Cli;
use crate::exit::{Code, Failure};
use crate::words::words;
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::Path;

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell) -> Result<Code, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "econn", &mut text);
    stdout(&text).map(|()| Code(0))
}

/// Writes `econn.1` and a page for each command that is not hidden.
pub(super) fn manual(folder: &Path) -> Result<Code, Failure> {
    let failed = |why: std::io::Error| {
        Failure::usage(format!(
            "man: {}: {}; give a folder that can be written",
            folder.display(),
            words(&why)
        ))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
    Ok(Code(0))
}
