//! Configuration files without a format of their own: `key = value`, blocks in braces, directives with words.

use super::super::words::List;
use super::ini;
use super::item::Item;

/// Directives that speak about addresses without calling them.
const SILENT: List = List(
    "\
    return rewrite error_page add_header more_set_headers proxy_set_header proxy_redirect \
    proxy_hide_header fastcgi_param uwsgi_param server_name servername serveralias listen bind \
    allow deny resolver log_format if redirect redirectmatch rewriterule rewritecond header \
    requestheader user include proxypassreverse http-request http-response acl option stats",
);
/// Directives whose host and port are two words.
const TWO_WORDS: List = List("replicaof slaveof remote connect forward monitor server sentinel");

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
    reader.finish()
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
                    || line[..at].is_empty() =>
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

#[derive(Default)]
struct Reader {
    /// Names of the open blocks, each with its number.
    blocks: Vec<(String, usize)>,
    /// Names of groups of servers: `proxy_pass http://NAME` means the group, not a host.
    groups: Vec<String>,
    items: Vec<Item>,
    /// How many blocks were opened so far.
    opened: usize,
}

impl Reader {
    fn piece(&mut self, piece: &str, line: usize) {
        if piece == "}" || piece.starts_with("</") {
            self.blocks.pop();
        } else if let Some(head) = piece.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            self.open(head);
        } else if let Some(head) = piece.strip_suffix('{') {
            self.open(head);
        } else {
            let blocks: Vec<&str> = self.blocks.iter().map(|(name, _)| name.as_str()).collect();
            let found = match ini::halves(piece)
                .filter(|(key, _)| !key.contains(char::is_whitespace))
            {
                Some((key, value)) => {
                    let keys: Vec<&str> = blocks.iter().copied().chain([key]).collect();
                    vec![Item::under(&keys, ini::comment_off(value).trim_end_matches(','), line)]
                }
                None => directive(&blocks, piece, line),
            };
            let block = self.blocks.last().map_or(0, |(_, number)| *number);
            self.items.extend(found.into_iter().map(|item| Item { block, ..item }));
        }
    }

    fn open(&mut self, head: &str) {
        let mut words = head.split_whitespace().map(|word| word.trim_matches(['=', ':', '"']));
        let name = words.next().unwrap_or_default();
        if name == "upstream" {
            self.groups.extend(words.next().map(str::to_owned));
        }
        self.opened += 1;
        if self.blocks.len() < super::item::DEEPEST {
            self.blocks.push((name.to_owned(), self.opened));
        }
    }

    fn finish(self) -> Vec<Item> {
        let Self { groups, mut items, .. } = self;
        let host = |value: &str| {
            let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
            rest.split('/').next().unwrap_or_default().to_owned()
        };
        items.retain(|item| !groups.contains(&host(&item.value)));
        items
    }
}

/// The addresses among the words of a directive; a single word may be anything.
pub(super) fn directive(blocks: &[&str], text: &str, line: usize) -> Vec<Item> {
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(['"', '\'', '<', '>', ',']));
    let Some(name) = words.next() else { return Vec::new() };
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = words.collect();
    if SILENT.has(&lower) {
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
    let number = |word: &str| word.parse::<u16>().is_ok();
    let pair =
        words.windows(2).find(|pair| !number(pair[0]) && number(pair[1]) && !pair[0].contains(':'));
    if let Some([host, port]) = pair.filter(|_| items.is_empty() && TWO_WORDS.has(&lower)) {
        items.push(Item::under(&keys, &format!("{host}:{port}"), line));
    }
    items
}
