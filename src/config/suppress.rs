//! A finding that is known and does not count for a time.

use super::date::Date;
use serde::Deserialize;

/// Which findings, why, and for how long.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Suppress {
    /// The finding's code.
    pub(crate) code: String,
    /// A link's id, its client or its server; `*` stands for any text.
    pub(crate) subject: String,
    /// Why it does not count.
    pub(crate) reason: String,
    /// The last day on which it does not.
    pub(crate) until: Date,
}

/// The same as the file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    code: String,
    subject: String,
    reason: String,
    until: Date,
}

impl TryFrom<Written> for Suppress {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { code, subject, reason, until } = written;
        known(&code)?;
        if subject.trim().is_empty() {
            return Err(
                "the subject is empty; name a link, a client or a server, or * for any".into()
            );
        }
        if reason.trim().is_empty() {
            return Err("the reason is empty; say why this finding does not count".into());
        }
        Ok(Self { code, subject, reason, until })
    }
}

/// A slip of the pen must not look like a fault that is gone. Codes of one's own checks are not known here.
fn known(code: &str) -> Result<(), String> {
    let codes: Vec<&str> = checks::ALL.iter().flat_map(|c| c.rules).map(|rule| rule.code).collect();
    if codes.contains(&code) || !code.starts_with("EC") {
        return Ok(());
    }
    let near = codes.iter().min_by_key(|c| strsim::damerau_levenshtein(c, code)).copied();
    Err(format!(
        "there is no finding {code}; did you mean {}? econn checks lists them",
        near.unwrap_or_default()
    ))
}
