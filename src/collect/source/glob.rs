//! Patterns over paths. One small machine serves two languages: the globs of COPY (Go's
//! `filepath.Match`) and the lines of an ignore file, which also know `**`.

/// One step of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// Any one character but `/`.
    One,
    /// Any characters but `/`: a `*`.
    Any,
    /// Nothing, or any characters up to and with a `/`: a `**` before something.
    Deep,
    /// Any characters at all: a `**` at the end.
    Rest,
    /// One character out of ranges, or out of none of them.
    Class {
        /// Whether the ranges are those that do not match.
        negated: bool,
        /// First and last character of each range.
        ranges: Vec<(char, char)>,
    },
}

/// A pattern that no builder accepts.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct BadPattern;

/// Whether a source of COPY is a pattern at all.
pub(super) fn has_wildcard(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// The text that a pattern without wildcards means: its escapes taken out.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Go's `filepath.Match`, as a pattern.
pub(super) fn go_pattern(text: &str) -> Result<Vec<Token>, BadPattern> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '*' if tokens.last() == Some(&Token::Any) => {}
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '[' => tokens.push(class(&chars, &mut at)?),
            '\\' => {
                tokens.push(Token::Char(*chars.get(at).ok_or(BadPattern)?));
                at += 1;
            }
            _ => tokens.push(Token::Char(c)),
        }
    }
    Ok(tokens)
}

/// A character class, from behind its `[` to behind its `]`.
pub(super) fn class(chars: &[char], at: &mut usize) -> Result<Token, BadPattern> {
    let negated = chars.get(*at) == Some(&'^');
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        if chars.get(*at) == Some(&']') && !ranges.is_empty() {
            *at += 1;
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_char(chars, at)?;
        let mut high = low;
        if chars.get(*at) == Some(&'-') {
            *at += 1;
            high = class_char(chars, at)?;
        }
        ranges.push((low, high));
    }
}

fn class_char(chars: &[char], at: &mut usize) -> Result<char, BadPattern> {
    let mut c = *chars.get(*at).ok_or(BadPattern)?;
    if c == '-' || c == ']' {
        return Err(BadPattern);
    }
    if c == '\\' {
        *at += 1;
        c = *chars.get(*at).ok_or(BadPattern)?;
    }
    *at += 1;
    Ok(c)
}

/// Whether the whole of a path matches a pattern. Takes time proportional to both, whatever the pattern.
pub(super) fn matches(pattern: &[Token], path: &str) -> bool {
    let mut now = vec![false; pattern.len() + 1];
    enter(pattern, 0, &mut now);
    for c in path.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, token) in pattern.iter().enumerate().filter(|(at, _)| now[*at]) {
            step(pattern, at, token, c, &mut next);
        }
        now = next;
    }
    now[pattern.len()]
}

/// Marks a place in the pattern as reached, and with it all that follow without a character.
fn enter(pattern: &[Token], at: usize, reached: &mut [bool]) {
    let may_be_empty = matches!(pattern.get(at), Some(Token::Any | Token::Rest | Token::Deep));
    reached[at] = true;
    if may_be_empty {
        enter(pattern, at + 1, reached);
    }
}

fn step(pattern: &[Token], at: usize, token: &Token, c: char, next: &mut [bool]) {
    let (stays, passes) = match token {
        Token::Char(wanted) => (false, *wanted == c),
        Token::One => (false, c != '/'),
        Token::Any => (c != '/', c != '/'),
        Token::Rest => (true, true),
        Token::Deep => (true, c == '/'),
        Token::Class { negated, ranges } => {
            (false, ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated)
        }
    };
    next[at] |= stays;
    if passes {
        enter(pattern, at + 1, next);
    }
}

#[cfg(test)]
mod tests {
    use super::{BadPattern, Token, go_pattern, has_wildcard, literal, matches};
    use proptest::prelude::*;

    fn go(pattern: &str, name: &str) -> Result<bool, BadPattern> {
        Ok(matches(&go_pattern(pattern)?, name))
    }

    #[test]
    fn globs_of_copy_are_those_of_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[^c]", "abc", false),
            ("a\\*b", "a*b", true),
            ("a?b", "a/b", false),
            ("[\\]a]", "]", true),
            ("*.py", ".py", true),
            ("*", "", true),
        ] {
            assert_eq!(go(pattern, name), Ok(expected), "{pattern} on {name}");
        }
        for pattern in ["[]a]", "[-]", "[x-]", "[-x]", "[a", "a\\", "[a-b-c]"] {
            assert_eq!(go(pattern, "a"), Err(BadPattern), "{pattern}");
        }
    }

    #[test]
    fn escapes_are_no_wildcards() {
        assert!(has_wildcard("a*") && has_wildcard("[a]") && !has_wildcard("a\\*b"));
        assert_eq!(literal("a\\*b\\\\"), "a*b\\");
    }

    /// The same language, slowly: try every way.
    fn slowly(pattern: &[Token], text: &[char]) -> bool {
        let Some((token, rest)) = pattern.split_first() else { return text.is_empty() };
        match token {
            Token::Char(c) => text.first() == Some(c) && slowly(rest, &text[1..]),
            Token::One => text.first().is_some_and(|c| *c != '/') && slowly(rest, &text[1..]),
            Token::Any => {
                (0..=text.len()).any(|n| !text[..n].contains(&'/') && slowly(rest, &text[n..]))
            }
            Token::Rest => (0..=text.len()).any(|n| slowly(rest, &text[n..])),
            Token::Deep => {
                slowly(rest, text)
                    || (1..=text.len()).any(|n| text[n - 1] == '/' && slowly(rest, &text[n..]))
            }
            Token::Class { negated, ranges } => text.first().is_some_and(|c| {
                ranges.iter().any(|(a, b)| a <= c && c <= b) != *negated && slowly(rest, &text[1..])
            }),
        }
    }

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            4 => prop::sample::select(vec!['a', 'b', '/']).prop_map(Token::Char),
            1 => Just(Token::One),
            2 => Just(Token::Any),
            1 => Just(Token::Deep),
            1 => Just(Token::Rest),
            1 => any::<bool>().prop_map(|negated| Token::Class { negated, ranges: vec![('a', 'a')] }),
        ]
    }

    proptest! {
        #[test]
        fn the_machine_agrees_with_trying_every_way(
            pattern in prop::collection::vec(token(), 0..8),
            text in "[ab/]{0,10}",
        ) {
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text), slowly(&pattern, &chars));
        }

        #[test]
        fn no_pattern_panics(pattern in "[ab*?\\[\\]^\\\\/-]{0,12}", text in "[ab/]{0,8}") {
            let _ = go(&pattern, &text);
        }
    }
}
