//! `econn run` without an engine.
