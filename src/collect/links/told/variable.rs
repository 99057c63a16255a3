//! Variables that stand unexpanded in a text: `${HOST}`, `$(HOST)`, `$HOST`, `{{ .Host }}`, `%(host)s`.
//!
//! A variable may hold the very characters at which an address is cut (`${HOST:-localhost}`), so each is first
//! replaced by one private character, and put back where it is still there in the end.

use super::words;

/// The first of the private characters that stand for variables.
const FIRST: u32 = 0xF_0000;
/// As many variables are told apart in one text.
const MOST: u32 = 4096;
/// Longer variables are none.
const LONGEST: usize = 1024;
/// As much text is made by filling variables in.
const LARGEST: usize = 64 * 1024;
/// Defaults nest (`${A:-${B:-c}}`), but not deeper than this.
const DEPTH: usize = 4;

/// What is known about variables where a text stands.
#[derive(Clone, Copy)]
pub(super) struct Fill<'a> {
    /// The value of a variable, if it has one here.
    pub(super) value: &'a dyn Fn(&str) -> Option<String>,
    /// Is the variable read by itself where it is set?
    pub(super) elsewhere: &'a dyn Fn(&str) -> bool,
    /// Whether whoever reads the text uses `${X:-default}`.
    pub(super) defaults: bool,
}

/// Nobody expands anything: the environment as the engine passes it on.
pub(super) const NOBODY: Fill<'static> =
    Fill { value: &|_| None, elsewhere: &|_| false, defaults: false };

/// A text whose unexpanded variables are single characters.
#[derive(Debug, Default)]
pub(super) struct Veiled {
    pub(super) text: String,
    variables: Vec<String>,
    /// The whole text is one variable, which is read by itself where it is set.
    pub(super) told_elsewhere: bool,
}

impl Veiled {
    /// Puts one private character in place of a variable.
    fn cover(&mut self, written: &str) {
        let number = u32::try_from(self.variables.len()).ok().filter(|number| *number < MOST);
        if let Some(c) = number.and_then(|number| char::from_u32(FIRST + number)) {
            self.variables.push(written.to_owned());
            self.text.push(c);
        }
    }

    /// Puts the variables back as they were written.
    pub(super) fn unveil(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match index(c).and_then(|i| self.variables.get(i)) {
                Some(written) => out.push_str(written),
                None => out.push(c),
            }
        }
        out
    }
}

fn index(c: char) -> Option<usize> {
    u32::from(c).checked_sub(FIRST).filter(|i| *i < MOST).and_then(|i| usize::try_from(i).ok())
}

/// Does an unexpanded variable stand in this piece of a veiled text?
pub(super) fn is_in(text: &str) -> bool {
    text.chars().any(|c| index(c).is_some())
}

/// Lower case; the private characters stay what they are.
pub(super) fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Fills in what is known and veils what is not.
pub(super) fn veil(text: &str, fill: Fill<'_>) -> Veiled {
    let mut veiled = Veiled::default();
    walk(text, fill, DEPTH, &mut veiled);
    veiled.told_elsewhere = find(text)
        .filter(|found| found.length == text.len())
        .and_then(|found| found.name_in(text))
        .is_some_and(|name| (fill.elsewhere)(name));
    veiled
}

/// The names of all variables in a text, and whether each has a default there; `None` where one has no name that could be looked
/// up.
pub(super) fn names(text: &str) -> Option<Vec<(String, bool)>> {
    let (mut names, mut rest) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        match find(rest) {
            Some(found) => {
                let name = found.name_in(rest).filter(|name| !name.is_empty())?.to_owned();
                names.push((name, found.default.is_some()));
                rest = &rest[found.length..];
            }
            None => rest = &rest[c.len_utf8()..],
        }
    }
    names.dedup();
    Some(names)
}

fn walk(text: &str, fill: Fill<'_>, depth: usize, out: &mut Veiled) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((escaped, found)) =
            rest.strip_prefix("$$").and_then(|_| find(&rest[1..]).map(|found| (&rest[1..], found)))
        {
            // A doubled sign means that nobody expands it.
            let (written, after) = escaped.split_at(found.length);
            out.cover(written);
            rest = after;
        } else if let Some(found) = find(rest) {
            let (written, after) = rest.split_at(found.length);
            settle(written, &found, fill, depth, out);
            rest = after;
        } else {
            // A private character of the text itself would be taken for a variable of ours.
            out.text.push(if index(c).is_some() { char::REPLACEMENT_CHARACTER } else { c });
            rest = &rest[c.len_utf8()..];
        }
    }
}

fn settle(written: &str, found: &Found, fill: Fill<'_>, depth: usize, out: &mut Veiled) {
    let known = found
        .name_in(written)
        .filter(|name| !words::is_secret(name))
        .and_then(|name| (fill.value)(name))
        .filter(|value| out.text.len() + value.len() <= LARGEST);
    if let Some(value) = known {
        out.text.push_str(&value);
    } else if let (true, true, Some((start, end))) = (fill.defaults, depth > 0, found.default) {
        walk(&written[start..end], fill, depth - 1, out);
    } else {
        out.cover(written);
    }
}

/// A variable at the head of a text: how long it is, and where its name and its default stand.
struct Found {
    length: usize,
    name: Option<(usize, usize)>,
    default: Option<(usize, usize)>,
}

impl Found {
    fn name_in<'t>(&self, written: &'t str) -> Option<&'t str> {
        self.name.and_then(|(start, end)| written.get(start..end))
    }
}

/// The variable at the head of `text`, if one stands there.
fn find(text: &str) -> Option<Found> {
    if !text.starts_with(['$', '%', '{', '<']) {
        return None;
    }
    let text = clip(text, LONGEST);
    let whole = |length| Some(Found { length, name: None, default: None });
    if text.starts_with("{{") {
        return text.find("}}").and_then(|end| whole(end + 2));
    }
    if text.starts_with("%(") {
        let end = text.find(")s")?;
        return Some(Found { length: end + 2, name: Some((2, end)), default: None });
    }
    if text.starts_with("${") {
        return braced(text);
    }
    if text.starts_with("$(") {
        let end = closing(text, '(', ')')?;
        return Some(Found { length: end + 1, name: Some((2, end)), default: None });
    }
    if text.starts_with(['<', '{']) {
        return placeholder(text);
    }
    let name = text.strip_prefix('$')?;
    let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts.then_some(Found { length: length + 1, name: Some((1, length + 1)), default: None })
}

/// `<host>` or `{host}`: to be filled in by whoever copied the line, or by the program.
fn placeholder(text: &str) -> Option<Found> {
    let close = if text.starts_with('<') { '>' } else { '}' };
    let end = text.find(close).filter(|end| *end <= 64)?;
    let name = &text[1..end];
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    sound.then_some(Found { length: end + 1, name: None, default: None })
}

/// `${oc.env:NAME,default}`, `${sys:NAME}`: what stands before the colon says where the name is looked up. A key with a default
/// (`${api.host:api}`) looks alike, but for the large letters behind.
fn resolved(inner: &str, end: usize) -> Option<Found> {
    let (resolver, rest) = inner.split_once(':')?;
    let is_resolver = resolver.starts_with(|c: char| c.is_ascii_lowercase())
        && resolver.chars().all(|c| c.is_ascii_lowercase() || c == '.');
    let stop = rest
        .find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_')
        .unwrap_or(rest.len());
    let behind = &rest[stop..];
    let is_name = rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    if !is_resolver || !is_name || !(behind.is_empty() || behind.starts_with(',')) {
        return None;
    }
    let from = end - rest.len();
    if !resolver.split('.').any(|word| word == "env") {
        // Nobody here knows what it comes to.
        return Some(Found { length: end + 1, name: None, default: None });
    }
    let default = behind.strip_prefix(',').map(|text| {
        let marks = [' ', '"', '\''];
        let start = end - text.trim_start_matches(marks).len();
        (start, start + text.trim_matches(marks).len())
    });
    Some(Found { length: end + 1, name: Some((from, from + stop)), default })
}

/// `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:default}`, `${env:NAME}`.
fn braced(text: &str) -> Option<Found> {
    let end = closing(text, '{', '}')?;
    let inner = &text[2..end];
    if let Some(found) = resolved(inner, end) {
        return Some(found);
    }
    let (shift, inner) = match inner.get(..4) {
        Some("env:" | "ENV:" | "env.") => (6, &inner[4..]),
        _ => (2, inner),
    };
    let stop = inner
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .unwrap_or(inner.len());
    let sign = [":-", ":=", "-", ":"].into_iter().find(|sign| inner[stop..].starts_with(sign));
    let default = sign.map(|sign| (shift + stop + sign.len(), end));
    Some(Found { length: end + 1, name: Some((shift, shift + stop)), default })
}

/// The head of a text, cut where no character is torn.
pub(super) fn clip(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Where the bracket that `text` opens is closed.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}
