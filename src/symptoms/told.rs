//! Lines that only tell of a failure: comments, source code, notes of changes, documentation. Nothing failed where they stand.
//!
//! Only what can be told from a client's own words with certainty is here: an indented line, a list and a quotation are
//! also ways in which programs report what failed.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What a line as a whole is.
static LINE: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    [
        // A comment; what a test in the form of TAP reports so has lost its `#` already.
        r"^\s*(?:#|//)\s",
        // A line of a diff: what it adds or takes away is indented.
        r"^[+-](?: {2,}|\t)\s*\S",
        r"^\s*(?:raise\s+[\w.]+\(|throw\s+new\s|return\s+(?:errors\.New|fmt\.Errorf)\()",
        // A change, with the number of what was reported.
        r"^\s*(?:[-*+\u{2022}]\s+)?(?i:fix|feat|docs|chore|refactor|handle|improve|change)\w*\b.*\(#\d+\)\s*$",
        r"^\s*commit [0-9a-f]{3,40}\b",
    ]
    .map(regex)
});
/// A verdict on a test that is named after a failure, and the names in a program's own source.
static VERDICT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^\s*(?:[✓✔√]|ok \d|--- PASS|=== RUN|test \S+ \.\.\. ok)|\b(?:PASSED|SUCCESS)\b(?:\s*\[.*)?\s*$|^\s*(?:except\b.*:|import\s.*|from\s+\S+\s+import\s.*)\s*$",
    )
});
/// Before the words of a failure: they are a text that others are held against, or a constant.
static HELD_AGAINST: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"(?:[=!]==?|=~|:=|\b[Ee]xpected\s*:?)\s*(?:"[^"]*|'[^']*|`[^`]*|<[^<>]*)$"#)
});
/// Behind a failure's words in backquotes: what they stand for.
static EXPLAINED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^[^`]*`\s+(?:means?|indicates?|is|are|usually|often|if|when|happens|occurs|appears|says|tells|shows|stands)\b",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the program itself")
}

/// Whether the words of a failure, which stand there in the line, are no client's complaint.
pub(super) fn is_told(line: &str, words: Range<usize>) -> bool {
    let before = &line[..words.start];
    let in_backquotes = before.matches('`').count() % 2 == 1;
    LINE.iter().any(|one| one.is_match(line))
        || VERDICT.is_match(line)
        || HELD_AGAINST.is_match(before)
        || in_backquotes && EXPLAINED.is_match(&line[words.end..])
}
