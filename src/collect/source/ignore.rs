//! What an ignore file leaves out of a build context. These are the builders' rules, not those of
//! `.gitignore`: a pattern without a slash matches at the root only, the last match wins, and what
//! is below a matching folder is left out with it.
//!
//! The builders read the same lines in slightly different ways. [`Ignore`] asks every reading that
//! the image's builder may have had; where they disagree, the path is [`Verdict::Disputed`].

use super::glob::{BadPattern, Token, class, go_pattern, matches};
use super::paths::{clean, is_within, parent};

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

/// One line that says something.
#[derive(Debug)]
struct Pattern {
    tokens: Vec<Token>,
    text: String,
    negated: bool,
    line: usize,
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
    pub(super) fn add(&mut self, file: &str, text: &str, readings: &[Reading]) -> Result<(), String> {
        for reading in readings {
            let patterns = lines(text, *reading)
                .map(|(line, text)| pattern(line, text, *reading).map_err(|BadPattern| line))
                .collect::<Result<_, _>>()
                .map_err(|line| format!("{file}:{line}: not a pattern"))?;
            self.rules.push(Rules { file: file.into(), reading: *reading, patterns });
        }
        Ok(())
    }

    /// Adds the reading of a builder that knows no such file.
    pub(super) fn add_none(&mut self) {
        self.rules.push(Rules { file: String::new(), reading: Reading::Modern, patterns: Vec::new() });
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
        self.rules.iter().any(|rules| rules.patterns.iter().any(|p| p.negated && may_reach(&p.text, folder)))
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
        let judged = |path| if self.reading == Reading::Walked { self.inherited(path) } else { self.at_depth(path) };
        let ended = from_the_root(path).into_iter().filter(|folder| *folder != path).find_map(|folder| {
            let by = judged(folder)?;
            let excepted = self.patterns.iter().any(|p| p.negated && is_within(&p.text, folder));
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

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        matches(&self.tokens, path)
    }

    fn written(&self) -> String {
        format!("{}{}", if self.negated { "!" } else { "" }, self.text)
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

/// Whether an exception may name something below a folder.
fn may_reach(pattern: &str, folder: &str) -> bool {
    let mut named = pattern.split('/');
    let covers = |name: &str, part: &str| go_pattern(name).is_ok_and(|tokens| matches(&tokens, part));
    folder.split('/').all(|part| named.next().is_none_or(|name| name == part || covers(name, part))) || pattern.contains("**")
}

/// The lines that say something, with their numbers and cleaned; a leading `!` stays.
fn lines(text: &str, reading: Reading) -> impl Iterator<Item = (usize, String)> {
    let text = if reading == Reading::Buildah { text } else { text.trim_start_matches('\u{feff}') };
    text.split('\n').enumerate().filter(|(_, line)| !line.starts_with('#')).filter_map(move |(at, line)| {
        let line = if reading == Reading::Buildah { line.trim_matches('/').trim() } else { line.trim() };
        let cleaned = match line.strip_prefix('!') {
            None if line.is_empty() => return None,
            None => relative(&clean(line)),
            Some(_) if reading == Reading::Buildah => clean(line),
            Some(rest) if rest.trim().is_empty() => "!".into(),
            Some(rest) => format!("!{}", relative(&clean(rest.trim()))),
        };
        Some((at + 1, cleaned))
    })
}

fn relative(path: &str) -> String {
    path.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(path).into()
}

fn pattern(line: usize, text: String, reading: Reading) -> Result<Pattern, BadPattern> {
    let negated = text.starts_with('!');
    let text = if negated { text[1..].to_owned() } else { text };
    if text.is_empty() {
        return Err(BadPattern);
    }
    go_pattern(&text)?;
    Ok(Pattern { tokens: tokens(&text, reading)?, text, negated, line })
}

fn tokens(text: &str, reading: Reading) -> Result<Vec<Token>, BadPattern> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '*' if chars.get(at) == Some(&'*') => {
                at += 1;
                at += usize::from(chars.get(at) == Some(&'/'));
                let rest: String = chars[at..].iter().collect();
                let plain_suffix = at == 2 && !rest.contains(['*', '?', '[', ']', '\\']);
                let ends_anywhere = rest.is_empty() || (plain_suffix && matches!(reading, Reading::Modern | Reading::Walked));
                tokens.push(if ends_anywhere { Token::Rest } else { Token::Deep });
            }
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '[' => tokens.push(class(&chars, &mut at)?),
            '\\' if at < chars.len() => {
                // The builders make a regular expression of it, where an escaped letter is something else.
                tokens.push(Token::Char(if chars[at].is_ascii_alphanumeric() { '\0' } else { chars[at] }));
                at += 1;
            }
            _ => tokens.push(Token::Char(c)),
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::{Ignore, Reading, Verdict};
    use proptest::prelude::*;

    const ALL: [Reading; 4] = [Reading::Modern, Reading::Walked, Reading::Classic, Reading::Buildah];

    fn verdict(text: &str, path: &str, readings: &[Reading]) -> Verdict {
        let mut ignore = Ignore::default();
        ignore.add(".dockerignore", text, readings).unwrap();
        ignore.verdict(path)
    }

    /// What every builder does.
    fn kept(text: &str, path: &str) -> bool {
        match verdict(text, path, &ALL) {
            Verdict::Kept => true,
            Verdict::Excluded(_) => false,
            Verdict::Disputed => panic!("{text:?} on {path} is disputed"),
        }
    }

    #[test]
    fn patterns_are_not_those_of_git() {
        for (text, path, expected) in [
            ("*.log", "x.log", false),
            ("*.log", "a/x.log", true),
            ("node_modules", "node_modules/n/x.js", false),
            ("node_modules", "a/node_modules/x.js", true),
            ("**/node_modules", "a/b/node_modules/x.js", false),
            ("**/node_modules", "node_modules/x.js", false),
            ("**/*.pyc", "x.pyc", false),
            ("**/*.pyc", "a/b/x.pyc", false),
            ("/x?", "x1", false),
            ("x?", "x1", false),
            ("x?", "a/x1", true),
            ("a/**", "a/b/c", false),
            ("a/**", "ab", true),
            ("a/**/z", "a/z", false),
            ("a/**/z", "a/b/c/z", false),
            ("**", "anything/at/all", false),
            ("*", "anything/at/all", false),
            ("./a/", "a/x", false),
            ("  b  ", "b", false),
            ("# a", "a", true),
            ("", "a", true),
            ("a\r\nb\r\n", "b", false),
            ("[a-c]x", "bx", false),
            ("a.b", "axb", true),
        ] {
            assert_eq!(kept(text, path), expected, "{text:?} on {path}");
        }
    }

    #[test]
    fn the_last_match_wins() {
        for (text, path, expected) in [
            ("*.md\n!README.md", "README.md", true),
            ("!README.md\n*.md", "README.md", false),
            ("*\n!src", "src/a/b.py", true),
            ("*\n!src\nsrc/a", "src/a/b.py", false),
            ("*\n!src/keep.py", "src/keep.py", true),
            ("*\n!src/keep.py", "src/other.py", false),
            ("src\n!src/keep.py", "src/keep.py", true),
            ("src\n!src/keep.py", "src/drop.py", false),
        ] {
            assert_eq!(kept(text, path), expected, "{text:?} on {path}");
        }
    }

    #[test]
    fn where_builders_disagree_nothing_is_claimed() {
        let disputed = [
            ("src\n!**/keep.py", "src/keep.py"),
            ("**foo", "a/xfoo"),
            ("**/tmp\n!a/b/tmp/keep", "a/b/tmp/x"),
            ("a\n!/a/b", "a/b"),
            ("a\n! a", "a"),
            ("a/tmp\n!a", "a/tmp/keep"),
        ];
        for (text, path) in disputed {
            assert_eq!(verdict(text, path, &ALL), Verdict::Disputed, "{text:?} on {path}");
        }
    }

    #[test]
    fn the_rule_is_named() {
        let Verdict::Excluded(rule) = verdict("# no\n\n /src/ \n", "src/a.py", &ALL) else { panic!() };
        assert_eq!((rule.file.as_str(), rule.text.as_str(), rule.line), (".dockerignore", "src", 3));
    }

    #[test]
    fn a_line_that_no_builder_takes_is_named() {
        let mut ignore = Ignore::default();
        assert_eq!(ignore.add("x", "a\n[", &ALL), Err("x:2: not a pattern".into()));
        assert_eq!(ignore.add("x", "!", &ALL), Err("x:1: not a pattern".into()));
    }

    #[test]
    fn folders_with_exceptions_below_are_entered() {
        let mut ignore = Ignore::default();
        ignore.add("x", "*\n!src/a\n!b*/c", &ALL).unwrap();
        for (folder, expected) in [("src", true), ("src/a/b", true), ("b1", true), ("node_modules", false)] {
            assert_eq!(ignore.may_keep_below(folder), expected, "{folder}");
        }
    }

    /// The modern rule, slowly: which lines matched a path, folder by folder, with a matcher of its own.
    fn matched(lines: &[(bool, &str)], path: &str) -> Vec<bool> {
        let above = path.rfind('/').map(|at| matched(lines, &path[..at]));
        let mut excluded = false;
        let mut result = Vec::new();
        for (at, (negated, pattern)) in lines.iter().enumerate() {
            let inherited = above.as_ref().is_some_and(|above| above[at]);
            let hit = inherited || (*negated == excluded && glob(pattern.as_bytes(), path.as_bytes()));
            if hit {
                excluded = !negated;
            }
            result.push(hit);
        }
        result
    }

    fn reference(text: &str, path: &str) -> bool {
        let lines = text.lines().map(|line| line.strip_prefix('!').map_or((false, line), |p| (true, p)));
        let lines: Vec<(bool, &str)> = lines.collect();
        let last = matched(&lines, path).into_iter().zip(&lines).rfind(|(hit, _)| *hit);
        last.is_none_or(|(_, (negated, _))| *negated)
    }

    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', b'*'] => true,
            [b'*', b'*', b'/', rest @ ..] => {
                glob(rest, text) || (0..text.len()).any(|n| text[n] == b'/' && glob(rest, &text[n + 1..]))
            }
            [b'*', rest @ ..] => (0..=text.len()).any(|n| !text[..n].contains(&b'/') && glob(rest, &text[n..])),
            [b'?', rest @ ..] => text.first().is_some_and(|c| *c != b'/') && glob(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && glob(rest, &text[1..]),
        }
    }

    fn line() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec!["a", "b", "*", "**", "a*", "?", "*b"]);
        (any::<bool>(), prop::collection::vec(part, 1..4))
            .prop_map(|(negated, parts)| format!("{}{}", if negated { "!" } else { "" }, parts.join("/")))
    }

    proptest! {
        #[test]
        fn modern_reading_agrees_with_the_slow_one(
            lines in prop::collection::vec(line(), 0..4),
            path in "[ab]{1,2}(/[ab]{1,2}){0,3}",
        ) {
            let text = lines.join("\n");
            let fast = verdict(&text, &path, &[Reading::Modern]) == Verdict::Kept;
            prop_assert_eq!(fast, reference(&text, &path), "{:?}", text);
        }

        #[test]
        fn what_is_not_entered_holds_nothing_that_is_kept(
            lines in prop::collection::vec(line(), 0..4),
            path in "[ab]{1,2}(/[ab]{1,2}){1,3}",
        ) {
            let mut ignore = Ignore::default();
            ignore.add("x", &lines.join("\n"), &ALL).unwrap();
            let folder = super::parent(&path);
            if matches!(ignore.verdict(folder), Verdict::Excluded(_)) && !ignore.may_keep_below(folder) {
                prop_assert!(matches!(ignore.verdict(&path), Verdict::Excluded(_)));
            }
        }

        #[test]
        fn no_text_panics(text in "[ab!#/*?\\[\\]\\\\. \r\n-]{0,24}", path in "[ab/]{1,8}") {
            let mut ignore = Ignore::default();
            if ignore.add("x", &text, &ALL).is_ok() {
                ignore.verdict(&path);
            }
        }
    }
}
