//! One probe a file. A probe looks and writes down what it saw; what that means is for the checks
//! to say. The active ones stand in the network namespace of the thread that runs them, bound every
//! wait, and never ask the system's resolver.

mod certificate;
mod concurrency;
mod connect;
mod counters;
mod crowd;
mod dns_socket;
mod greeting;
mod hold;
mod http1;
mod http2;
mod listeners;
mod neighbours;
mod queue;
mod reply;
mod request;
mod resolve;
mod resolver_files;
mod sock_diag;
mod staircase;
#[cfg(test)]
mod tests;
mod tunnel;
mod unacknowledged;

pub(crate) use certificate::{Question, Shown, certificate};
pub(crate) use concurrency::{Limits, Protocol, concurrency};
pub(crate) use connect::connect;
pub(crate) use counters::{queue_counters, resets_sent};
pub(crate) use crowd::{Speech, crowd};
pub(crate) use greeting::turned_away;
pub(crate) use listeners::{listeners, sockets_at, udp_ports};
pub(crate) use neighbours::silent_neighbours;
pub(crate) use request::{Answer, handshake, proxied, request};
pub(crate) use resolve::resolve;
pub(crate) use resolver_files::{parse_hosts, parse_resolv_conf};
pub(crate) use sock_diag::{connecting, listening};
pub(crate) use tunnel::tunnelled;
pub(crate) use unacknowledged::unacknowledged;
