//! `econn preflight`

use super::{Configured, Judging, Kept, Limit, Logs, Looking};
use clap::Args;

/// `econn preflight`
#[derive(Args, Debug)]
pub(crate) struct Preflight {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// How long to wait for what is only "not yet": a number with ms, s, m or h; 0s waits for nothing [default: 30s]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = Limit::parse_wait)]
    pub(crate) wait: Option<Limit>,
    /// Let so many clients come at once over every link, once [default: as econn.toml says, over the links that it expects]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_CLIENTS)))]
    pub(crate) clients: Option<u32>,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[command(flatten)]
    pub(crate) logs: Logs,
}

/// More clients at once are no test of a link any more, but a load.
pub(crate) const MOST_CLIENTS: u32 = 200;
