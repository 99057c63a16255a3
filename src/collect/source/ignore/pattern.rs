//! The lines of an ignore file, one by one.

use super::super::glob::{BadPattern, Token, class, go_pattern, matches};
use super::super::paths::clean;
use super::Reading;

/// One line that says something.
#[derive(Debug)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
    /// The line as it is understood, without a leading `!`.
    pub(super) text: String,
    /// Whether it takes in again what others left out.
    pub(super) negated: bool,
    /// Its line, from 1.
    pub(super) line: usize,
}

impl Pattern {
    /// Reads a cleaned line.
    ///
    /// # Errors
    ///
    /// Returns that builders refuse it.
    pub(super) fn new(line: usize, text: String, reading: Reading) -> Result<Self, BadPattern> {
        let negated = text.starts_with('!');
        let text = if negated { text[1..].to_owned() } else { text };
        if text.is_empty() {
            return Err(BadPattern);
        }
        go_pattern(&text)?;
        Ok(Self { tokens: tokens(&text, reading)?, text, negated, line })
    }

    /// Whether it matches a path itself.
    pub(super) fn matches(&self, path: &str) -> bool {
        matches(&self.tokens, path)
    }

    /// The line as it is shown.
    pub(super) fn written(&self) -> String {
        format!("{}{}", if self.negated { "!" } else { "" }, self.text)
    }

    /// Whether it may match something below a folder.
    pub(super) fn may_reach(&self, folder: &str) -> bool {
        let mut named = self.text.split('/');
        let covers =
            |name: &str, part: &str| go_pattern(name).is_ok_and(|tokens| matches(&tokens, part));
        let leads = |part| named.next().is_none_or(|name| name == part || covers(name, part));
        folder.split('/').all(leads) || self.text.contains("**")
    }
}

/// The lines that say something, with their numbers and cleaned; a leading `!` stays.
pub(super) fn lines(text: &str, reading: Reading) -> impl Iterator<Item = (usize, String)> {
    let text = if reading == Reading::Buildah { text } else { text.trim_start_matches('\u{feff}') };
    text.split('\n').enumerate().filter(|(_, line)| !line.starts_with('#')).filter_map(
        move |(at, line)| {
            let line = if reading == Reading::Buildah {
                line.trim_matches('/').trim()
            } else {
                line.trim()
            };
            let cleaned = match line.strip_prefix('!') {
                None if line.is_empty() => return None,
                None => relative(&clean(line)),
                Some(_) if reading == Reading::Buildah => clean(line),
                Some(rest) if rest.trim().is_empty() => "!".into(),
                Some(rest) => format!("!{}", relative(&clean(rest.trim()))),
            };
            Some((at + 1, cleaned))
        },
    )
}

fn relative(path: &str) -> String {
    path.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(path).into()
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
                let ends_anywhere = rest.is_empty()
                    || (plain_suffix && matches!(reading, Reading::Modern | Reading::Walked));
                tokens.push(if ends_anywhere { Token::Rest } else { Token::Deep });
            }
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '[' => tokens.push(class(&chars, &mut at)?),
            '\\' if at < chars.len() => {
                // The builders make a regular expression of it, where an escaped letter is something else.
                tokens.push(Token::Char(if chars[at].is_ascii_alphanumeric() {
                    '\0'
                } else {
                    chars[at]
                }));
                at += 1;
            }
            _ => tokens.push(Token::Char(c)),
        }
    }
    Ok(tokens)
}
