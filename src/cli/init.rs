//! `econn init`

use super::{Kept, Looking};
use clap::Args;

/// `econn init`
#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Write it anew where one is there already
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) looking: Looking,
}
