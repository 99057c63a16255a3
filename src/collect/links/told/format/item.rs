//! What every format becomes: values with the path of their key and their line.

use crate::collect::links::told::path::{MASK, is_secret};
use crate::collect::links::told::switch::is_switch;
use std::collections::HashMap;

/// As many values are read from one file; the anchors of YAML multiply them.
const MOST: usize = 50_000;
/// As many characters of keys and values are kept of one file.
const LARGEST: usize = 8 * 1024 * 1024;
/// Mappings and lists nest no deeper than this.
pub(super) const DEEPEST: usize = 128;
/// Longer keys are cut.
const LONGEST_KEY: usize = 256;

/// One step on the way to a value.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    /// A key, cut where no key is that long.
    pub(super) fn key(text: &str) -> Self {
        Self::Key(text.chars().take(LONGEST_KEY).collect())
    }

    fn len(&self) -> usize {
        match self {
            Self::Key(key) => key.len(),
            Self::Index(_) => 8,
        }
    }
}

/// One named value of a file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Item {
    pub(super) path: Vec<Step>,
    pub(super) value: String,
    /// From 1.
    pub(super) line: usize,
    /// Which of several blocks with the same keys, or of several documents, holds it.
    pub(super) block: usize,
}

impl Item {
    /// A value under a few keys.
    pub(super) fn under(keys: &[&str], value: &str, line: usize) -> Self {
        Self {
            path: keys.iter().filter(|key| !key.is_empty()).map(|key| Step::key(key)).collect(),
            value: value.to_owned(),
            line,
            block: 0,
        }
    }

    /// `service.upstreams[0].url`
    pub(super) fn dotted(&self) -> String {
        dotted(&self.path)
    }

    /// The same, without those keys that are secrets themselves: tokens that are given an address each.
    pub(super) fn shown(&self) -> String {
        // Words that are written together have no digits between them.
        let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
        let is_token = |part: &str| is_secret(part) && digits(part) >= 3;
        let part = |part: &str| if is_token(part) { MASK.to_owned() } else { part.to_owned() };
        let shown = |step: &Step| match step {
            Step::Key(key) => Step::Key(key.split('.').map(part).collect::<Vec<_>>().join(".")),
            Step::Index(_) => step.clone(),
        };
        dotted(&self.path.iter().map(shown).collect::<Vec<Step>>())
    }

    /// The keys without the indices.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
    }

    /// The mapping that holds the value; an item of a list belongs to the mapping around the list.
    pub(super) fn parent(&self) -> String {
        let last = self.path.iter().rposition(|step| matches!(step, Step::Key(_)));
        dotted(&self.path[..last.unwrap_or_default()])
    }

    /// The list of mappings that holds the value.
    pub(super) fn grandparent(&self) -> String {
        let end = self.path.len().saturating_sub(1);
        let end = self.path[..end]
            .iter()
            .rposition(|step| matches!(step, Step::Key(_)))
            .map_or(0, |at| at + 1);
        dotted(&self.path[..end])
    }

    /// Is this its own key?
    pub(super) fn is_named(&self, name: &str) -> bool {
        matches!(self.path.last(), Some(Step::Key(key)) if key == name)
    }

    fn len(&self) -> usize {
        self.value.len() + self.path.iter().map(Step::len).sum::<usize>()
    }
}

/// Does the path lead to a switch? Of values that are true or false, only those matter.
pub(super) fn is_switch_at(path: &[Step]) -> bool {
    matches!(path.last(), Some(Step::Key(key)) if is_switch(key))
}

fn dotted(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => {
                out.push('.');
                out.push_str(key);
            }
            Step::Index(index) => {
                out.push('[');
                out.push_str(&index.to_string());
                out.push(']');
            }
        }
    }
    out
}

/// Takes lists and mappings apart that stand as JSON in one value.
pub(super) fn expanded(items: Vec<Item>) -> Vec<Item> {
    let expand = |item: Item| {
        let text = item.value.trim();
        let opens =
            text.starts_with(['[', '{']) && text.contains(['"', '\'']) && !text.starts_with("{{");
        match opens.then(|| super::json::items(text)) {
            Some(Ok(inner)) => {
                let within = |part: Item| Item {
                    path: item.path.iter().chain(&part.path).cloned().collect(),
                    value: part.value,
                    line: item.line + part.line - 1,
                    block: item.block,
                };
                inner.into_iter().map(within).collect()
            }
            _ => vec![item],
        }
    };
    items.into_iter().flat_map(expand).take(MOST).collect()
}

/// The items of one file, within bounds.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) all: Vec<Item>,
    length: usize,
}

impl Items {
    /// Adds one more; an error when the file has too many.
    pub(super) fn push(&mut self, item: Item) -> Result<(), String> {
        self.length += item.len();
        if self.all.len() >= MOST || self.length > LARGEST {
            return Err("more values than can be read".to_owned());
        }
        self.all.push(item);
        Ok(())
    }
}

/// The names that stand beside values: `name: DB_HOST` in the mapping that also has a `value`.
pub(super) fn names(items: &[Item]) -> HashMap<String, String> {
    let named = items.iter().filter(|item| item.is_named("name") || item.is_named("key"));
    named.map(|item| (item.parent(), item.value.clone())).collect()
}

/// The values of the keys of one file by their path and by their own name, for `${base.host}` and `%(host)s`. Those that
/// refer to others are left out.
pub(super) fn values(items: &[Item]) -> HashMap<String, &str> {
    let mut values = HashMap::new();
    for item in items.iter().filter(|item| !item.value.contains(['$', '%', '{'])) {
        values.entry(item.dotted()).or_insert(item.value.as_str());
        if let Some(Step::Key(key)) = item.path.last() {
            values.entry(key.clone()).or_insert(item.value.as_str());
        }
    }
    values
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// Line and column of a byte, both from 1.
    pub(super) fn at(&self, byte: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= byte);
        (line, byte - self.0.get(line.wrapping_sub(1)).copied().unwrap_or_default() + 1)
    }
}
