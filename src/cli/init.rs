//! `econn init`

use super::Looking;
use clap::Args;

/// `econn init`
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Take the links whose client or server is one of these containers
    #[arg(value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
    /// Write it anew where one is there already
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) looking: Looking,
}
