//! What a check is, and what it may say.

use super::{Case, Need, Undecided};
use serde::{Deserialize, Serialize};

/// One check: what it asks, and its findings in decision order.
#[derive(Debug)]
pub struct Check {
    /// The stable name, as in `--only` and in JSON.
    pub id: &'static str,
    /// The layer of the checklist; `None` for the neighbours.
    pub layer: Option<u8>,
    /// The question it answers, in one line.
    pub asks: &'static str,
    /// The facts that it looks at, of those that may stay unseen. Without any other it says the same.
    pub needs: &'static [Need],
    /// Its place in the order in which a connection meets the faults, from 1.
    pub phase: u8,
    /// Whether it applies to this link at all; the error is the whole row.
    pub applies: fn(&Case<'_>) -> Result<(), Undecided>,
    /// Its findings, in decision order.
    pub rules: &'static [&'static Rule],
    /// What was seen when nothing was found: the reason of a pass.
    pub healthy: fn(&Case<'_>) -> Result<String, Undecided>,
}

/// One kind of finding.
#[derive(Debug)]
pub struct Rule {
    /// The code; it never changes its meaning.
    pub code: &'static str,
    /// The defect in one lower-case sentence.
    pub title: &'static str,
    /// What it is, what proves it, what disproves it and how to repair it, in Markdown.
    pub explanation: &'static str,
    /// The judgement. It sees facts and nothing else.
    pub judge: fn(&Case<'_>) -> Judgement,
}

/// What a rule says: a finding, nothing, or what it would have needed to know.
pub type Judgement = Result<Option<Found>, Undecided>;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The link does not work, or does not do what its source says.
    Fail,
    /// It works, and will not always.
    Warn,
}

/// What a rule found: a finding without the words that are the same for all of its kind.
#[derive(Clone, Debug)]
pub struct Found {
    /// How bad it is here.
    pub severity: Severity,
    /// What was seen, with real names.
    pub seen: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub fix: Vec<Fix>,
    /// What may still come and end it, to stand behind "waits for"; `None` for what will never be.
    pub awaits: Option<String>,
}

/// One piece of evidence.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Evidence {
    /// What was looked at, and from where.
    pub what: String,
    /// What was there.
    pub value: String,
}

/// One remedy.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fix {
    /// What to do, in a sentence.
    pub say: String,
    /// A command to paste, with real names.
    pub command: Option<String>,
    /// A unified diff of a file on the engine's machine, by its whole path: for `patch -p0 -d /`.
    pub patch: Option<String>,
    /// Whether a probe showed that it works; `None` where it was not tried.
    pub proven: Option<bool>,
}

impl Found {
    /// A fault with what was seen.
    #[must_use]
    pub fn fail(seen: impl Into<String>) -> Self {
        Self {
            severity: Severity::Fail,
            seen: seen.into(),
            evidence: Vec::new(),
            fix: Vec::new(),
            awaits: None,
        }
    }

    /// A warning with what was seen.
    #[must_use]
    pub fn warn(seen: impl Into<String>) -> Self {
        Self { severity: Severity::Warn, ..Self::fail(seen) }
    }

    /// Says what may still come and end it, if anything: then it is only "not yet".
    #[must_use]
    pub fn awaits(mut self, what: impl Into<Option<String>>) -> Self {
        self.awaits = what.into();
        self
    }

    /// Adds a piece of evidence.
    #[must_use]
    pub fn evidence(mut self, what: impl Into<String>, value: impl Into<String>) -> Self {
        self.evidence.push(Evidence { what: what.into(), value: value.into() });
        self
    }

    /// Adds a remedy in words.
    #[must_use]
    pub fn fix(mut self, say: impl Into<String>) -> Self {
        self.fix.push(Fix { say: say.into(), command: None, patch: None, proven: None });
        self
    }

    /// Adds a remedy that edits a file: by a command to paste, and by a patch, where there are such.
    #[must_use]
    pub fn fix_in_file(
        mut self,
        say: impl Into<String>,
        command: Option<String>,
        patch: Option<String>,
    ) -> Self {
        self.fix.push(Fix { say: say.into(), command, patch, proven: None });
        self
    }

    /// Adds a remedy with a command to paste.
    #[must_use]
    pub fn fix_by(mut self, say: impl Into<String>, command: impl Into<String>) -> Self {
        self.fix.push(Fix {
            say: say.into(),
            command: Some(command.into()),
            patch: None,
            proven: None,
        });
        self
    }
}
