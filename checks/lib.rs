//! Facts in, findings out. This crate never touches a socket, a file or a clock.

#![expect(
    clippy::unnecessary_wraps,
    reason = "rules and checks share one signature, whether or not each can be undecided"
)]

pub mod model;

pub mod compare;
pub mod notes;

mod bind_address;
mod endpoint_config;
#[cfg(test)]
mod fixture;
mod image_freshness;
mod judge;
mod network_path;
#[cfg(test)]
mod promises;
mod server_concurrency;
mod server_state;
mod shared_network;

pub use judge::{Suppression, Wanted, judge, judge_with, matches};
use model::Check;

/// Every check, in the order of the report: the five layers, then the neighbours.
pub static ALL: &[&Check] = &[
    &server_concurrency::CHECK,
    &image_freshness::CHECK,
    &bind_address::CHECK,
    &endpoint_config::CHECK,
    &shared_network::CHECK,
    &server_state::CHECK,
    &network_path::CHECK,
];
