//! Facts in, findings out. This crate never touches a socket, a file or a clock.

pub mod model;
