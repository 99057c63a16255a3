//! What an ignore file leaves out of a build context. These are the builders' rules, not those of
//! `.gitignore`: a pattern without a slash matches at the root only, the last match wins, and what
//! is below a matching folder is left out with it.
//!
//! The builders read the same lines in slightly different ways. [`Ignore`] asks every reading that
//! the image's builder may have had; where they disagree, the path is [`Verdict::Disputed`].

mod pattern;

use super::glob::BadPattern;
use super::paths::{is_within, parent};
use pattern::{Pattern, lines};

/// How a builder reads the lines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reading {
    /// `BuildKit`: a path inherits the patterns that matched its folder, and is judged by the others itself.
    Modern,
    /// Docker's client with its older builder: the same, but a folder that is left out is not entered.
    Walked,
    /// Older clients: a folder counts only at a pattern's own depth.
    Classic,
    /// Podman 4: as the classic one, with its own cleaning of lines.
    Buildah,
}

/// An ignore file as one builder reads it.
#[derive(Debug)]
struct Rules {
    file: String,
    reading: Reading,
    patterns: Vec<Pattern>,
}

/// The rule that left a path out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Rule {
    /// The ignore file, relative to the context where possible.
    pub(super) file: String,
    /// The line as it is written, trimmed.
    pub(super) text: String,
    /// Its number, from 1.
    pub(super) line: usize,
}

/// What becomes of a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It is part of the context.
    Kept,
    /// It is left out.
    Excluded(Rule),
    /// Builders disagree.
    Disputed,
}

/// All readings that the builder of the image may have had.
#[derive(Debug, Default)]
pub(super) struct Ignore {
    rules: Vec<Rules>,
}

impl Ignore {
    /// Adds an ignore file in several readings.
    ///
    /// # Errors
    ///
    /// Returns the file and line of a pattern that builders refuse.
    pub(super) fn add(
        &mut self,
        file: &str,
        text: &str,
        readings: &[Reading],
    ) -> Result<(), String> {
        for reading in readings {
            let patterns = lines(text, *reading)
                .map(|(line, text)| Pattern::new(line, text, *reading).map_err(|BadPattern| line))
                .collect::<Result<_, _>>()
                .map_err(|line| format!("{file}:{line}: not a pattern"))?;
            self.rules.push(Rules { file: file.into(), reading: *reading, patterns });
        }
        Ok(())
    }

    /// Adds the reading of a builder that knows no such file.
    pub(super) fn add_none(&mut self) {
        self.rules.push(Rules {
            file: String::new(),
            reading: Reading::Modern,
            patterns: Vec::new(),
        });
    }

    /// What becomes of a path, relative to the context.
    pub(super) fn verdict(&self, path: &str) -> Verdict {
        let mut excluded = self.rules.iter().map(|rules| rules.excluded(path));
        let Some(first) = excluded.next() else { return Verdict::Kept };
        match first {
            Some(rule) if excluded.all(|other| other.is_some()) => Verdict::Excluded(rule),
            None if excluded.all(|other| other.is_none()) => Verdict::Kept,
            _ => Verdict::Disputed,
        }
    }

    /// Whether anything below an excluded folder may be taken in again.
    pub(super) fn may_keep_below(&self, folder: &str) -> bool {
        self.rules
            .iter()
            .any(|rules| rules.patterns.iter().any(|p| p.negated && p.may_reach(folder)))
    }
}

impl Rules {
    fn excluded(&self, path: &str) -> Option<Rule> {
        let by = match self.reading {
            Reading::Modern => self.inherited(path),
            _ => self.walked(path),
        }?;
        Some(Rule { file: self.file.clone(), text: by.written(), line: by.line })
    }

    /// The last pattern that matches decides; what matched a folder matches all below it.
    fn inherited(&self, path: &str) -> Option<&Pattern> {
        let mut by = None;
        let mut matched = vec![false; self.patterns.len()];
        for path in from_the_root(path) {
            by = None;
            for (pattern, matched) in self.patterns.iter().zip(&mut matched) {
                *matched = *matched || (pattern.negated == by.is_some() && pattern.matches(path));
                if *matched {
                    by = (!pattern.negated).then_some(pattern);
                }
            }
        }
        by
    }

    /// From the root down: a folder that is left out ends the way, unless an exception begins with its name.
    fn walked(&self, path: &str) -> Option<&Pattern> {
        let judged = |path| {
            if self.reading == Reading::Walked { self.inherited(path) } else { self.at_depth(path) }
        };
        let ended =
            from_the_root(path).into_iter().filter(|folder| *folder != path).find_map(|folder| {
                let by = judged(folder)?;
                let excepted =
                    self.patterns.iter().any(|p| p.negated && is_within(&p.text, folder));
                (!excepted).then_some(by)
            });
        ended.or_else(|| judged(path))
    }

    /// The last pattern that matches the path, or its folder at the pattern's own depth.
    fn at_depth(&self, path: &str) -> Option<&Pattern> {
        let mut by = None;
        for pattern in &self.patterns {
            let depth = pattern.text.split('/').count();
            let folder = ancestry(path).skip(1).find(|p| p.split('/').count() == depth);
            if pattern.matches(path) || folder.is_some_and(|folder| pattern.matches(folder)) {
                by = (!pattern.negated).then_some(pattern);
            }
        }
        by
    }
}

/// A path and the folders above it, from the inside out.
fn ancestry(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| Some(parent(path)).filter(|p| !matches!(*p, "" | "/")))
}

fn from_the_root(path: &str) -> Vec<&str> {
    let mut paths: Vec<&str> = ancestry(path).collect();
    paths.reverse();
    paths
}

#[cfg(test)]
mod tests;
