//! The version, and what this very program holds.

use super::output::stdout;
use crate::cli::Format;
use crate::collect;
use crate::exit::{Code, Failure};
use clap::ValueEnum;

/// The ways to an engine that are compiled in.
const TRANSPORTS: &str = "unix, tcp, tcp with TLS (rustls), ssh";

/// Prints the version; with `verbose` also what is compiled in.
pub(super) fn version(verbose: bool) -> Result<Code, Failure> {
    let mut text = format!("econn {}\n", env!("CARGO_PKG_VERSION"));
    if verbose {
        text.push_str(&verbose_lines());
    }
    stdout(text.as_bytes()).map(|()| Code(0))
}

fn verbose_lines() -> String {
    let commit = option_env!("ECONN_COMMIT").filter(|commit| !commit.is_empty());
    let libc = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
    let target = format!("{}-{}-{libc}", std::env::consts::ARCH, std::env::consts::OS);
    let linked = match collect::is_static() {
        Ok(()) => "static: it can be its own sidecar".to_owned(),
        Err(why) => why,
    };
    let formats: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| value.get_name().to_owned())
        .collect();
    let checks: Vec<&str> = checks::ALL.iter().map(|check| check.id).collect();
    [
        ("commit", commit.unwrap_or("not recorded in this build").to_owned()),
        ("target", target),
        ("build", if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned()),
        ("linked", linked),
        ("engines by", TRANSPORTS.to_owned()),
        ("checks", checks.join(", ")),
        ("formats", formats.join(", ")),
    ]
    .map(|(what, value)| format!("{what:<11} {value}\n"))
    .concat()
}
