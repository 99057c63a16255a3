//! argv -> engines -> links -> probes -> Snapshot -> checks -> Report -> table or JSON -> exit code.

#![deny(clippy::print_stderr)] // It panics where nobody reads; see tell.rs.

mod bounded;
mod cli;
mod collect;
mod config;
mod declared;
mod exit;
mod plugin;
mod progress;
mod redact;
mod render;
mod run;
mod signals;
mod symptoms;
mod tell;
mod words;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::process::ExitCode;

/// Help and version go to stdout as they are; a usage error is one line, without what may be a secret in it.
fn usage(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.exit();
    }
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand]
    {
        if let Some(ContextValue::String(text)) = error.get(kind) {
            let shown = redact::shown(text);
            error.insert(kind, ContextValue::String(shown));
        }
    }
    let text = error.render().to_string();
    let said: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    let said = said.join("; ");
    tell::tell(&format!("{}; see econn --help", said.strip_prefix("error: ").unwrap_or(&said)));
    exit::USAGE.into()
}

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(error),
    };
    // A panic is a bug of econn: one line and the code of the contract, not a trace over the report.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tell::tell(&format!(
            "this is a bug in econn ({place}); please report it with the command you ran"
        ));
    }));
    match std::panic::catch_unwind(|| run::run(cli)) {
        Ok(Ok(code)) => code.into(),
        Ok(Err(failure)) => {
            tell::tell(&failure.message);
            failure.code.into()
        }
        Err(_) => exit::BUG.into(),
    }
}
