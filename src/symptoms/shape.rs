//! One shape is one way in which a client says that its connection failed.

use super::address::Address;
use super::{is_named, shapes, told};
use checks::model::{LogClass, Symptom};
use regex::{Regex, RegexSet, RegexSetBuilder};
use std::sync::LazyLock;

/// A way to say that a connection failed.
///
/// In a pattern `{host}`, `{port}`, `{at}` (host:port) and `{status}` stand for groups that are the address and the status.
/// A pattern needs more than the plain words of the failure: prose and names of tests have those, too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    class: LogClass,
    library: &'static str,
    pattern: &'static str,
}

impl Shape {
    /// The client says which failure it was.
    pub(super) const fn of(symptom: Symptom, library: &'static str, pattern: &'static str) -> Self {
        Self { class: LogClass::Symptom(symptom), library, pattern }
    }

    /// The client says that it failed, and leaves open how.
    pub(super) const fn unnamed(library: &'static str, pattern: &'static str) -> Self {
        Self { class: LogClass::Unnamed, library, pattern }
    }

    fn expanded(&self) -> String {
        const HOST: &str = r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z_][0-9A-Za-z_.-]*)";
        const PORT: &str = r"(?P<port>\d{1,5})\b";
        self.pattern
            .replace("{at}", "{host}:{port}")
            .replace("{host}", HOST)
            .replace("{port}", PORT)
            .replace("{status}", r"(?P<status>[45]\d\d)\b")
    }
}

/// What a line says.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) class: LogClass,
    pub(super) status: Option<u16>,
    /// As the shape has it; see [`Address::on`].
    pub(super) address: Address,
    pub(super) library: Option<&'static str>,
    /// It was the proxy that could not be reached, so no other address of the line is the one that failed.
    pub(super) is_proxy: bool,
}

impl Found {
    /// A failure of which only the client is known.
    pub(super) fn unnamed(library: &'static str) -> Self {
        Self {
            class: LogClass::Unnamed,
            status: None,
            address: Address::default(),
            library: Some(library),
            is_proxy: false,
        }
    }
}

/// How many bytes the states of all shapes together may take: with less, lines that look like an address are searched a hundred
/// times slower.
const STATES: usize = 16 << 20;

struct Table {
    set: RegexSet,
    each: Vec<(Shape, Regex)>,
    proxy: Regex,
    libraries: Vec<(&'static str, Regex)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("a pattern of the program itself");
    let shapes: Vec<Shape> = shapes::ALL.iter().flat_map(|family| family.iter().copied()).collect();
    Table {
        set: RegexSetBuilder::new(shapes.iter().map(Shape::expanded))
            .dfa_size_limit(STATES)
            .build()
            .expect("as each for itself"),
        each: shapes.iter().map(|shape| (*shape, regex(&shape.expanded()))).collect(),
        proxy: regex(
            r"ProxyError\(|proxyconnect|[Pp]roxy CONNECT|resolve proxy|upstream connect error or ",
        ),
        libraries: shapes::LIBRARIES.iter().map(|(name, words)| (*name, regex(words))).collect(),
    }
});

/// What the line says of a connection: what names the failure before what leaves it open, and of those the first shape.
pub(super) fn recognise(line: &str) -> Option<Found> {
    let table = &*TABLE;
    let hits: Vec<usize> = table.set.matches(line).into_iter().collect();
    let named = hits.iter().find(|hit| is_named(table.each[**hit].0.class));
    let (shape, regex) = &table.each[*named.or(hits.first())?];
    let groups = regex.captures(line)?;
    if told::is_told(line, groups.get_match().range()) {
        return None;
    }
    let status = groups.name("status").and_then(|status| status.as_str().parse().ok());
    let mut found = Found {
        class: shape.class,
        status,
        address: Address::of(&groups),
        library: Some(shape.library).filter(|library| !library.is_empty()),
        is_proxy: table.proxy.is_match(line),
    };
    found.library = outer(found.library, library(line));
    // A wrapped failure's own words may have the address.
    if found.address == Address::default() && !found.is_proxy {
        let others = hits.iter().filter_map(|hit| table.each[*hit].1.captures(line));
        found.address = others
            .map(|groups| Address::of(&groups))
            .find(|a| a.host.is_some())
            .unwrap_or_default();
    }
    found.address = Address::on(line, &found);
    Some(found)
}

/// The library whose classes the line names.
pub(super) fn library(line: &str) -> Option<&'static str> {
    TABLE.libraries.iter().find(|(_, words)| words.is_match(line)).map(|(name, _)| *name)
}

/// Of two libraries that call each other, the one that the program itself uses.
pub(super) fn outer(a: Option<&'static str>, b: Option<&'static str>) -> Option<&'static str> {
    a.into_iter().chain(b).min_by_key(|library| rank(library))
}

/// How far inside a library is among those that call each other; none at all is innermost.
pub(super) fn depth(library: Option<&'static str>) -> usize {
    library.map_or(usize::MAX, rank)
}

/// The place of a library among those that call each other: what the program itself uses stands first.
fn rank(library: &str) -> usize {
    shapes::LIBRARIES.iter().position(|(name, _)| *name == library).unwrap_or(usize::MAX)
}
