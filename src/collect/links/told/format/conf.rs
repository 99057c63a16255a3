//! Configuration files without a format of their own: `key = value`, blocks in braces, directives with words.

use super::super::words::{self, List};
use super::ini;
use super::item::Item;

/// Directives that speak about addresses without calling them.
const SILENT: List = List(
    "\
    return rewrite error_page add_header more_set_headers proxy_set_header proxy_redirect \
    proxy_hide_header fastcgi_param uwsgi_param server_name servername serveralias listen bind \
    allow deny resolver log_format if redirect redirectmatch rewriterule rewritecond header \
    requestheader user include proxypassreverse http-request http-response acl option stats \
    sub_filter substitute proxy_cookie_domain valid_referers log map geo split_clients respond \
    redir header_up header_down virtualhost",
);
/// Directives whose first words are a host and a port.
const TWO_WORDS: List = List("replicaof slaveof remote connect forward server");

/// Words of a name for what is compared with a caller's origin: `map $http_origin $cors { ... }`.
const ORIGINS: List = List("origin origins referer referrer cors csp allow allowed");

/// Reads all lines; nothing here is malformed, only not understood.
pub(super) fn items(text: &str) -> Vec<Item> {
    let sections = text.lines().any(|line| ini::heading(line.trim()).is_some());
    let braces = text.lines().any(|line| line.trim_end().ends_with('{'));
    if sections && !braces {
        return ini::items(text);
    }
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        for piece in pieces(line) {
            reader.piece(piece, number + 1);
        }
    }
    reader.items
}

/// One line may hold several pieces: `upstream api { server a:1; server b:2; }`.
fn pieces(line: &str) -> Vec<&str> {
    let line = line.trim();
    if line.starts_with(['#', ';']) || line.starts_with("//") {
        return Vec::new();
    }
    let line = line.find(" #").map_or(line, |at| &line[..at]);
    let mut pieces = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ';') => {
                pieces.push(line[start..at].trim());
                start = at + 1;
            }
            // `${NAME}` is no block.
            (None, '{')
                if !line[..at].ends_with('$') && line[..at].ends_with([' ', ')', '=', ':'])
                    || line[..at].is_empty()
                    || is_head(line[start..at].trim()) =>
            {
                pieces.push(line[start..=at].trim());
                start = at + 1;
            }
            (None, '}') if !line[start..at].contains("${") => {
                pieces.push(line[start..at].trim());
                pieces.push("}");
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(line[start..].trim());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// A block that is open.
struct Block {
    name: String,
    number: usize,
    /// What stands in it is compared, and nobody calls it.
    compares: bool,
}

/// Does a block open right behind this: `http{`, `upstream api{`?
fn is_head(text: &str) -> bool {
    let name = text.strip_prefix("upstream ").unwrap_or(text);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-')
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    items: Vec<Item>,
    /// The piece before this one: a block may open on a line of its own.
    before: String,
    /// How many blocks were opened so far.
    opened: usize,
}

impl Reader {
    fn piece(&mut self, piece: &str, line: usize) {
        if piece == "}" || piece.starts_with("</") {
            self.blocks.pop();
        } else if let Some(head) = piece.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            self.open(head);
        } else if piece == "{" {
            let head = std::mem::take(&mut self.before);
            self.open(if head.starts_with(char::is_alphabetic) { &head } else { "" });
        } else if let Some(head) = piece.strip_suffix('{') {
            self.directive(head, line);
            self.open(head);
        } else {
            self.line(piece, line);
        }
        piece.clone_into(&mut self.before);
    }

    /// `reverse_proxy api:8080 {`: a directive with a block of its own. One that begins with an address is a site.
    fn directive(&mut self, head: &str, line: usize) {
        let is_word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
        if head.split_whitespace().next().is_some_and(is_word) {
            let found = directive(&self.names(), head, line);
            self.add(found);
        }
    }

    fn line(&mut self, piece: &str, line: usize) {
        let blocks = self.names();
        let found = match ini::halves(piece).filter(|(key, _)| !key.contains(char::is_whitespace)) {
            // `"http://"${api.host}":8080"`: pieces that are put together when they are read.
            Some((_, value)) if value.contains("\"${") || value.contains("}\"") => Vec::new(),
            Some((key, value)) => {
                let keys: Vec<&str> = blocks.iter().copied().chain([key]).collect();
                vec![Item::under(&keys, ini::comment_off(value).trim_end_matches(','), line)]
            }
            None => directive(&blocks, piece, line),
        };
        self.add(found);
    }

    fn names(&self) -> Vec<&str> {
        self.blocks.iter().map(|block| block.name.as_str()).collect()
    }

    fn add(&mut self, found: Vec<Item>) {
        if self.blocks.iter().any(|block| block.compares) {
            return;
        }
        let block = self.blocks.last().map_or(0, |block| block.number);
        self.items.extend(found.into_iter().map(|item| Item { block, ..item }));
    }

    fn open(&mut self, head: &str) {
        let mut words = head.split_whitespace().map(|word| word.trim_matches(['=', ':', '"']));
        let name = words.next().unwrap_or_default();
        self.opened += 1;
        if self.blocks.len() < super::item::DEEPEST {
            let (name, number) = (name.to_owned(), self.opened);
            let compares = name == "map" && words.any(is_origin);
            self.blocks.push(Block { name, number, compares });
        }
    }
}

/// Is this the name of what a caller's origin is compared with?
fn is_origin(name: &str) -> bool {
    ORIGINS.any(&words::split(name.trim_start_matches('$')))
}

/// The addresses among the words of a directive; a single word may be anything.
pub(super) fn directive(blocks: &[&str], text: &str, line: usize) -> Vec<Item> {
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(['"', '\'', '<', '>', ',']));
    let Some(name) = words.next() else { return Vec::new() };
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = words.collect();
    let origin = lower == "set" && words.first().is_some_and(|name| is_origin(name));
    // HAProxy keeps such a server, and sends nothing there.
    let is_off = lower == "server" && words.iter().skip(2).any(|word| *word == "disabled");
    if SILENT.has(&lower) || origin || is_off {
        return Vec::new();
    }
    let keys: Vec<&str> = blocks.iter().copied().chain([name]).collect();
    // nginx and its kin fill in variables for every request.
    let sound = |word: &str| !word.contains('$') || word.contains("${");
    if let [value] = words.as_slice() {
        return if sound(value) { vec![Item::under(&keys, value, line)] } else { Vec::new() };
    }
    let ported = |word: &&&str| {
        word.contains("://")
            || word.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    };
    let mut items: Vec<Item> = words
        .iter()
        .filter(ported)
        .filter(|word| sound(word))
        .map(|word| Item::under(&keys, word, line))
        .collect();
    let pair = match (lower.as_str(), words.as_slice()) {
        // All else that is said of a master is its name and a setting.
        ("sentinel", ["monitor", _, host, port, ..]) => Some((host, port)),
        (name, [host, port, ..]) if TWO_WORDS.has(name) => Some((host, port)),
        _ => None,
    };
    let number = |word: &str| word.parse::<u16>().is_ok();
    let is_pair = |host: &str, port: &str| !number(host) && number(port) && !host.contains(':');
    if let Some((host, port)) = pair.filter(|(host, port)| is_pair(host, port))
        && items.is_empty()
        && !words.contains(&"udp")
    {
        items.push(Item::under(&keys, &format!("{host}:{port}"), line));
    }
    items
}
