//! What a configuration switches off by itself: nobody dials the addresses that stand there.

use super::words::{self, List};

const ON: List = List("enabled enable");
const OFF: List = List("disabled disable");

/// Words that say too little about whose addresses are meant: `API_ENABLED=false` may be the program's own interface.
const GENERAL: List = List("api server service app application http https web client");

/// Is this the name of a switch?
pub(super) fn is_switch(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    ON.has(&lower) || OFF.has(&lower)
}

/// Does the switch of this name switch off with this value?
pub(super) fn is_off(key: &str, value: &str) -> bool {
    let (key, value) = (key.to_ascii_lowercase(), value.trim().to_ascii_lowercase());
    match value.as_str() {
        "false" | "no" | "off" | "0" => ON.has(&key),
        "true" | "yes" | "on" | "1" => OFF.has(&key),
        _ => false,
    }
}

/// How the names of those variables begin that others switch off: `TRACING_ENABLED=false`, `DISABLE_TRACING=1`.
pub(super) struct Switched(Vec<Vec<String>>);

impl Switched {
    pub(super) fn of<'v>(vars: impl Iterator<Item = (&'v str, &'v str)>) -> Self {
        let stem = |(name, value): (&str, &str)| {
            let words = words::split(name);
            let rest = match words.as_slice() {
                [rest @ .., last] if is_off(last, value) => rest,
                [first, rest @ ..] if is_off(first, value) => rest,
                _ => return None,
            };
            // `OTEL_SDK_DISABLED`
            let rest = rest.strip_suffix(&["sdk".to_owned()]).unwrap_or(rest);
            let speaks = rest.iter().any(|word| !GENERAL.has(word));
            speaks.then(|| rest.to_vec())
        };
        Self(vars.filter_map(stem).collect())
    }

    /// Does a variable of these words belong to what is switched off?
    pub(super) fn has(&self, words: &[String]) -> bool {
        self.0.iter().any(|stem| words.starts_with(stem))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
