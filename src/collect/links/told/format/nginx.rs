//! What nginx's own grammar says of a file: words, parted by blanks, that end in `;` or open a block.

use super::super::words::List;

/// Files that come with nginx and define no servers.
const STOCK: List = List(
    "mime.types fastcgi_params fastcgi.conf uwsgi_params scgi_params proxy_params koi-utf koi-win win-utf",
);

/// Directives that hand a request to another server.
const PASSES: List = List("proxy_pass fastcgi_pass uwsgi_pass scgi_pass grpc_pass memcached_pass");

/// What ends a statement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Semicolon,
    Block,
}

/// One directive with its words.
struct Statement {
    words: Vec<String>,
    end: End,
}

/// The names of groups of servers (`upstream NAME {`) in a text, in lower case: `proxy_pass http://NAME` means the group, in
/// whatever file that stands, and no host.
pub(super) fn groups(text: &str) -> Vec<String> {
    let name = |statement: Statement| match (statement.end, statement.words.as_slice()) {
        (End::Block, [word, name]) if word == "upstream" => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    if text.contains("upstream") { statements(text).filter_map(name).collect() } else { Vec::new() }
}

/// The files that a text includes, as patterns; those that come with nginx are left out.
pub(super) fn includes(text: &str) -> Vec<String> {
    let pattern = |mut statement: Statement| {
        let is_include = statement.end == End::Semicolon
            && matches!(statement.words.as_slice(), [word, _] if word == "include");
        let pattern = statement.words.pop().filter(|_| is_include)?;
        let name = pattern.rsplit('/').next().unwrap_or_default();
        (!STOCK.has(name)).then_some(pattern)
    };
    if text.contains("include") {
        statements(text).filter_map(pattern).collect()
    } else {
        Vec::new()
    }
}

/// May this value of the last of these keys be a group of servers that another file defines?
pub(super) fn may_be_group(key: &str, host: &str) -> bool {
    let directive = key.rsplit('.').next().unwrap_or(key);
    PASSES.has(directive) && !host.is_empty() && !host.contains(['.', ':', '$'])
}

/// All statements whose end stands in the text.
fn statements(text: &str) -> impl Iterator<Item = Statement> {
    let mut chars = text.chars().peekable();
    let mut words = Vec::new();
    std::iter::from_fn(move || {
        loop {
            let end = match *chars.peek()? {
                c if c.is_whitespace() => None,
                '#' => {
                    while chars.next_if(|c| *c != '\n').is_some() {}
                    continue;
                }
                ';' => Some(End::Semicolon),
                '{' => Some(End::Block),
                '}' => {
                    words.clear();
                    None
                }
                _ => {
                    words.push(word(&mut chars));
                    continue;
                }
            };
            chars.next();
            if let Some(end) = end {
                return Some(Statement { words: std::mem::take(&mut words), end });
            }
        }
    })
}

/// One word, in quotes or bare. The bracket of `${name}` is a part of it.
fn word(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>) -> String {
    let mut word = String::new();
    let quote = chars.next_if(|c| matches!(c, '"' | '\''));
    let mut before = None;
    while let Some(&c) = chars.peek() {
        let ends = match quote {
            Some(quote) => c == quote,
            None => c.is_whitespace() || c == ';' || (c == '{' && before != Some('$')),
        };
        if ends {
            break;
        }
        chars.next();
        before = Some(c);
        word.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    if quote.is_some() {
        chars.next();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::{groups, includes};

    #[test]
    fn groups_are_found_however_they_are_written() {
        for (text, expected) in [
            ("upstream one { server a:1; }", "one"),
            ("upstream two\n{\n  server a:1;\n}\nupstream three # {\n{}", "two three"),
            ("http{ upstream Four{server a:1;} }", "four"),
            ("http {\n  upstream \"five\" { }\n  upstream 'six'{}\n}", "five six"),
            ("set $a \"x; {\"; upstream seven {}", "seven"),
            ("log_format a '\"${x}\" # {' ; upstream eight {}", "eight"),
            ("# upstream no {\nproxy_pass http://${x}; upstream nine {}", "nine"),
            ("upstream no;", ""),
            ("proxy_next_upstream error; location /upstream { }", ""),
            ("", ""),
        ] {
            assert_eq!(groups(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn files_are_included_by_a_word_of_its_own() {
        for (text, expected) in [
            ("include /etc/ng/upstream;", "/etc/ng/upstream"),
            ("http { include mime.types; include conf.d/*.conf ; }", "conf.d/*.conf"),
            ("location / {\n  include\n  \"a b\";\n}", "a b"),
            ("# include no;\ninclude", ""),
            ("include /x/redis.conf\ninclude /y\n", ""),
            ("include /etc/nginx/fastcgi_params;", ""),
        ] {
            assert_eq!(includes(text).join(","), expected, "{text}");
        }
    }
}
