//! How a place writes an address: the part of its text that a remedy may change, and nothing secret beside it.

use super::Source;
use serde::{Deserialize, Serialize};

/// How one place writes an address.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and serialized by its name"
)]
pub struct Written {
    /// The place.
    pub source: Source,
    /// What stands before `://`, with what else belongs to it (`jdbc:postgresql`); `None` where no scheme is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Whether the place is named URL or URI and lacks the scheme.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scheme_missing: bool,
    /// Whether a user stands between the scheme and the host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub login: bool,
    /// The host, together with the port where one follows it.
    pub address: String,
    /// Where the port is.
    pub port: PortPlace,
    /// What follows the address, where the place holds nothing else; `None` where it holds more, or a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// Whether something beside the address must not be shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Whether [`Written::text`] stands in the line where the address is, and nowhere else in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// The line of a file that holds it, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
}

/// Where the port of an address is written.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PortPlace {
    /// Behind the host.
    Beside,
    /// Nowhere: the scheme implies it, and one may be added behind the host.
    Implied,
    /// In a place of its own, or nowhere that it could be added to.
    Elsewhere,
}

/// A line of a file with those around it, as far as they may be shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lines {
    /// The lines before it.
    pub above: Vec<String>,
    /// The line, without its line feed.
    pub line: String,
    /// Where [`Written::text`] begins in the line, in bytes.
    pub at: Vec<usize>,
    /// The lines after it.
    pub below: Vec<String>,
    /// Whether the last line shown is the last of the file, and no line feed ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

impl Written {
    /// The part that a remedy may change, as it is written: the address with its scheme, or without it where a user stands
    /// between the two.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.scheme {
            Some(scheme) if !self.login => format!("{scheme}://{}", self.address),
            _ => self.address.clone(),
        }
    }

    /// The unified diff that writes `new` in place of [`Written::text`] in the file at `path`, whose line `number` it is.
    /// `None` where the line must not be shown, or the name of the file can't stand in a patch.
    #[must_use]
    pub fn patch(&self, path: &str, number: usize, new: &str) -> Option<String> {
        let Lines { above, line, at, below, open } = self.lines.as_ref()?;
        let old = self.text();
        let (mut changed, mut from) = (String::new(), 0);
        for at in at {
            changed.push_str(line.get(from..*at)?);
            changed.push_str(new);
            from = at + old.len();
        }
        changed.push_str(line.get(from..)?);
        if path.contains(|c: char| c.is_control() || c == '"' || c == '\\') || *line == changed {
            return None;
        }
        // Without the tab a name would end at its first space.
        let name = if path.contains(' ') { format!("{path}\t") } else { path.to_owned() };
        let count = above.len() + 1 + below.len();
        let first = number.checked_sub(above.len())?;
        let range = if count == 1 { first.to_string() } else { format!("{first},{count}") };
        let mut diff = format!("--- {name}\n+++ {name}\n@@ -{range} +{range} @@\n");
        let mut write = |sign: char, text: &str, last: bool| {
            diff.push(sign);
            diff.push_str(text);
            diff.push_str(if last && *open { "\n\\ No newline at end of file\n" } else { "\n" });
        };
        for text in above {
            write(' ', text, false);
        }
        write('-', line, below.is_empty());
        write('+', &changed, below.is_empty());
        for (i, text) in below.iter().enumerate() {
            write(' ', text, i + 1 == below.len());
        }
        Some(diff)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, PortPlace, Written};
    use crate::model::Source;

    fn written(lines: Lines) -> Written {
        Written {
            source: Source::Flag,
            scheme: Some("http".into()),
            scheme_missing: false,
            login: false,
            address: "127.0.0.1:1".into(),
            port: PortPlace::Beside,
            rest: None,
            secret: false,
            alone: true,
            lines: Some(lines),
        }
    }

    fn lines(above: &[&str], line: &str, at: usize, below: &[&str], open: bool) -> Lines {
        let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect();
        Lines { above: owned(above), line: line.into(), at: vec![at], below: owned(below), open }
    }

    #[test]
    fn a_patch_changes_one_line() {
        let seen = written(lines(&["llm:"], "  url: http://127.0.0.1:1/v1", 7, &["x: 1"], false));
        assert_eq!(
            seen.patch("/a/b.yaml", 4, "http://mock:2").as_deref(),
            Some(
                "--- /a/b.yaml\n+++ /a/b.yaml\n@@ -3,3 +3,3 @@\n llm:\n-  url: http://127.0.0.1:1/v1\n\
                 +  url: http://mock:2/v1\n x: 1\n"
            )
        );
        // Nothing around it may be shown, and it is the last of a file that ends without a line feed.
        let seen = written(lines(&[], "U=http://127.0.0.1:1\r", 2, &[], true));
        assert_eq!(
            seen.patch("/a b/.env", 4, "http://mock:2").as_deref(),
            Some(
                "--- /a b/.env\t\n+++ /a b/.env\t\n@@ -4 +4 @@\n-U=http://127.0.0.1:1\r\n\\ No newline at end of file\n\
                 +U=http://mock:2\r\n\\ No newline at end of file\n"
            )
        );
    }

    #[test]
    fn a_patch_is_not_made_up() {
        let mut seen = written(lines(&[], "U=http://127.0.0.1:1", 2, &[], false));
        assert_eq!(seen.patch("/a\n/b", 4, "http://mock:2"), None);
        assert_eq!(seen.patch("/a/b", 4, "http://127.0.0.1:1"), None);
        seen.lines = None;
        assert_eq!(seen.patch("/a/b", 4, "http://mock:2"), None);
    }
}
