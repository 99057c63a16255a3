//! The probes against real servers on loopback, written so that nothing but this crate is needed.

mod name_servers;
mod names;
mod proxies;
mod reference;
mod requests;
mod servers;
mod verdicts;
