//! The words of a key: `llm.baseUrl`, `LLM_BASE_URL` and `--llm-baseurl` are all `llm base url`.

use regex::Regex;
use std::sync::LazyLock;

/// Words that mean the same for some question, parted by spaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct List(pub(super) &'static str);

impl List {
    pub(super) fn has(self, word: &str) -> bool {
        // By bytes: the words of every key of every container are looked for in dozens of lists.
        self.0.as_bytes().split(|byte| *byte == b' ').any(|listed| listed == word.as_bytes())
    }

    /// Are all words of the list among these?
    pub(super) fn within(self, words: &[String]) -> bool {
        self.0.split(' ').all(|listed| words.iter().any(|word| word == listed))
    }

    pub(super) fn any(self, words: &[String]) -> bool {
        words.iter().any(|word| self.has(word))
    }
}

/// Words that are often written onto the word before them: `baseurl`, `PGHOST`, `dbport`.
const TAILS: &[&str] = &[
    "endpoints",
    "endpoint",
    "addresses",
    "address",
    "hostname",
    "servers",
    "server",
    "brokers",
    "origins",
    "origin",
    "hosts",
    "host",
    "addrs",
    "addr",
    "urls",
    "uris",
    "url",
    "uri",
    "dsn",
    "port",
];

/// Words that end like one of the tails and are one word all the same.
const WHOLE: List = List(
    "\
    curl purl ghost localhost vhost observer webserver nameserver resolver export import \
    report support transport passport viewport airport teleport rapport sport hostport",
);

/// Words of keys whose value must not be shown nor filled in anywhere.
const SECRETS: List = List(
    "\
    password passwd passphrase pass pwd pw secret secrets token tokens apikey key keys \
    credential credentials auth authorization bearer signature sig jwt cookie session salt \
    private webhook",
);

/// Any of them, be it within a longer word: what holds none need not be taken apart.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let any = SECRETS.0.split_whitespace().collect::<Vec<_>>().join("|");
    Regex::new(&format!("(?i){any}")).expect("a pattern of the program itself")
});

/// The last word of keys that tell about a secret without holding it: `auth-server-url`, `token_file`.
const ABOUT: List = List(
    "url uri host port endpoint addr address server file path name type enabled issuer ttl \
     audience audiences aud",
);

/// `proxy_pass` passes requests on; it is no password.
const FORWARDERS: List = List("proxy fastcgi uwsgi scgi grpc memcached redis");

/// The words of one component of a key, in lower case.
pub(super) fn split(component: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in component.split(|c: char| !c.is_alphanumeric() && c != '$') {
        for word in humps(piece) {
            tail(&word.to_lowercase(), &mut words);
        }
    }
    words
}

/// Splits camel case: `APIBaseUrl` is `API`, `Base`, `Url`; `URLs` stays one word.
fn humps(piece: &str) -> Vec<String> {
    let chars: Vec<char> = piece.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|b| chars[b]);
        let after = chars.get(i + 1).copied();
        let plural = after == Some('s') && chars.get(i + 2).is_none_or(|c| c.is_uppercase());
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_uppercase() && after.is_some_and(char::is_lowercase) && !plural)
            });
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn tail(word: &str, words: &mut Vec<String>) {
    let cut = TAILS.iter().find_map(|tail| {
        word.strip_suffix(tail).filter(|head| head.len() >= 2).map(|head| (head, tail))
    });
    match cut {
        Some((head, tail)) if !WHOLE.has(word) => {
            self::tail(head, words);
            words.push((*tail).to_owned());
        }
        _ => words.push(word.to_owned()),
    }
}

/// Whether a text may hold a key whose value is a secret.
pub(super) fn may_hold_secret(text: &str) -> bool {
    SECRET.is_match(text)
}

/// A key whose value is a secret: `DB_PASSWORD`, `apiKey`.
pub(super) fn is_secret(key: &str) -> bool {
    if !may_hold_secret(key) {
        return false;
    }
    let words = split(key);
    let forwards =
        matches!(words.as_slice(), [first, second] if second == "pass" && FORWARDERS.has(first));
    let about = words.last().is_some_and(|last| ABOUT.has(last));
    !forwards && !about && SECRETS.any(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        let table: &[(&str, &str)] = &[
            ("LLM_BASE_URL", "llm base url"),
            ("llmBaseUrl", "llm base url"),
            ("llm-baseurl", "llm base url"),
            ("APIBaseURL", "api base url"),
            ("brokerURLs", "broker urls"),
            ("PGHOST", "pg host"),
            ("PGPORT", "pg port"),
            ("dbHostName", "db host name"),
            ("bootstrap.servers", "bootstrap servers"),
            ("curl", "curl"),
            ("transport", "transport"),
            ("useragent", "useragent"),
            ("listenaddress", "listen address"),
            ("databaseurl", "database url"),
            ("$schema", "$schema"),
            ("OLLAMA_HOST", "ollama host"),
        ];
        for (key, words) in table {
            assert_eq!(split(key).join(" "), *words, "{key}");
        }
    }

    #[test]
    fn secrets() {
        for key in ["DB_PASSWORD", "apiKey", "X_AUTH_TOKEN", "slackWebhook"] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["DB_HOST", "monkey", "KEYCLOAK_URL", "AUTHOR", "proxy_pass", "auth-server-url"]
        {
            assert!(!is_secret(key), "{key}");
        }
    }
}
