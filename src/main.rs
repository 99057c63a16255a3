//! argv -> engines -> links -> probes -> Snapshot -> checks -> Report -> table or JSON -> exit code.

mod cli;
mod collect;
mod exit;
mod progress;
mod redact;
mod render;
mod run;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use std::process::ExitCode;

/// A usage error repeats what the user typed, which may be an address with a password.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand]
    {
        if let Some(ContextValue::String(text)) = error.get(kind) {
            let shown = redact::shown(text);
            error.insert(kind, ContextValue::String(shown));
        }
    }
    error
}

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => without_secrets(error).exit(),
    };
    // A panic is a bug of econn: one line and the code of the contract, not a trace over the report.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!(
            "econn: this is a bug in econn ({place}); please report it with the command you ran"
        );
    }));
    match std::panic::catch_unwind(|| run::run(cli)) {
        Ok(Ok(code)) => code.into(),
        Ok(Err(failure)) => {
            eprintln!("econn: {}", render::clean(&failure.message));
            failure.code.into()
        }
        Err(_) => exit::BUG.into(),
    }
}
