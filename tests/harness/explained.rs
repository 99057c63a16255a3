//! Why what stayed unknown could not be known: `tests/unknowns.toml`, printed below each reason of `docs/accuracy.md`.

use super::Result;
use serde::Deserialize;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The explanations, in the order in which they are asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explanations {
    unknown: Vec<Explanation>,
}

/// What is to be said of each reason that holds these words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explanation {
    says: String,
    because: String,
}

impl Explanations {
    pub(crate) fn load() -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unknowns.toml");
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Those of these lines for which there is no explanation.
    pub(crate) fn lacking<'a>(&self, reasons: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
        reasons.map(String::as_str).filter(|reason| self.of(reason).is_none()).collect()
    }

    /// These lines, each with its explanation below it.
    pub(crate) fn list<'a>(&self, reasons: impl Iterator<Item = &'a String>) -> String {
        reasons.fold(String::new(), |mut list, reason| {
            let because = self.of(reason).unwrap_or("not explained");
            let _ = writeln!(list, "{reason}\n  - {because}");
            list
        })
    }

    fn of(&self, reason: &str) -> Option<&str> {
        let of = |known: &&Explanation| reason.contains(&known.says);
        self.unknown.iter().find(of).map(|known| known.because.as_str())
    }
}
