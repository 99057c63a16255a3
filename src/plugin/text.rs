//! Text by a program of the user's: bounded, on one line, and without what has the shape of a secret.

use regex::{Regex, Replacer};
use std::sync::LazyLock;

/// The longest text that is shown.
const LONGEST: usize = 600;

/// Shapes of secrets, and what is left of each.
static SECRETS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*)", "***"),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?", "***"),
        (r#"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/"'<>]*@"#, "$scheme***@"),
        (r#"(?P<url>[A-Za-z][A-Za-z0-9+.-]*://[^\s?#"'<>]*)[?#][^\s"'<>]*"#, "$url"),
        (r"(?i)(?P<kind>\b(?:bearer|basic))\s+[A-Za-z0-9+/=._~-]{6,}", "$kind ***"),
        (
            r#"(?i)(?P<key>[A-Za-z0-9_.-]*(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth)[A-Za-z0-9_.-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"']+)"#,
            "$key***",
        ),
        (
            r#"(?i)(?P<flag>(?:^|\s)--?(?:[A-Za-z0-9]+-)*(?:password|passwd|pass|pwd|secret|token|apikey|key|auth|credentials?)\s+)(?:"[^"]*"|'[^']*'|[^\s-]\S*)"#,
            "$flag***",
        ),
        (r"(?P<user>\bcurl\b.*?\s(?:-u|-U|--user|--proxy-user)[ =]?[^\s:]+:)\S+", "$user***"),
        (r"\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abpr]|AKIA|ASIA|hf|npm|pypi)[-_A-Z0-9][A-Za-z0-9_-]{11,}", "***"),
    ]
    .map(|(pattern, left)| (Regex::new(pattern).expect("a pattern of the program itself"), left))
    .into()
});
/// A word that no person wrote: long, of letters in both cases and digits, or of hexadecimal digits.
static RANDOM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9+/_=-]{24,}").expect("a pattern of the program itself")
});

/// What a value is called that is nothing but a secret.
static SECRETS_NAME: LazyLock<Regex> = LazyLock::new(|| {
    let names = "passw(?:or)?d|passphrase|secret|token|api[ _-]?key|private[ _-]?key|credentials?";
    Regex::new(&format!("(?i)(?:{names})$")).expect("a pattern of the program itself")
});

/// The value of something that is named so, as it may be shown.
pub(crate) fn shown_as(name: &str, value: &str) -> String {
    if SECRETS_NAME.is_match(name.trim()) { "***".to_owned() } else { shown(value) }
}

/// The text as it may be shown.
pub(crate) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(4 * LONGEST).collect();
    // What it has from the containers by itself is known to be secret, whatever it looks like.
    let mut text = crate::collect::redacted(&cut);
    for (pattern, left) in &*SECRETS {
        text = pattern.replace_all(&text, *left).into_owned();
    }
    let text = RANDOM.replace_all(&text, Random).into_owned();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = crate::render::clean(&line);
    if clean.chars().count() > LONGEST {
        clean.chars().take(LONGEST).chain("...".chars()).collect()
    } else {
        clean
    }
}

struct Random;

impl Replacer for Random {
    fn replace_append(&mut self, found: &regex::Captures<'_>, to: &mut String) {
        let word = &found[0];
        let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
        let is_random = has(char::is_ascii_uppercase)
            && has(char::is_ascii_lowercase)
            && has(char::is_ascii_digit);
        let is_hex = |part: &str| {
            part.len() >= 24
                && part.bytes().all(|b| b.is_ascii_hexdigit())
                && part.bytes().any(|b| b.is_ascii_digit())
        };
        let is_hex = word.split(['+', '/', '_', '=', '-']).any(is_hex);
        to.push_str(if is_random || is_hex { "***" } else { word });
    }
}

#[cfg(test)]
mod tests {
    use super::{shown, shown_as};

    #[test]
    fn what_looks_like_a_secret_is_not_shown() {
        for text in [
            "http://u:s3cretvalue@mock:8080/x",
            "http://mock/x?key=s3cretvalue",
            "password=s3cretvalue",
            "DB_PASSWORD: \"s3cretvalue and more s3cretvalue\"",
            "Authorization: Bearer s3cretvalue",
            "X-Api-Key: s3cretvalue",
            "eyJhbGciOiJIUzI1NiJ9.s3cretvalue.s3cretvalue",
            "sk-s3cretvalue12345678",
            "a token of QWxhZGRpbjpvcGVuIHNl5cretvalue0000",
            "-----BEGIN RSA PRIVATE KEY-----\ns3cretvalue",
            "use --password s3cretvalue",
            "redis-cli --db-token 's3cretvalue x' ping",
            "curl -u admin:s3cretvalue http://x",
            "curl --user=admin:s3cretvalue http://x",
            "Authorization: Bearer SECRETcretvalue49",
        ] {
            let said = shown(text);
            assert!(!said.contains("cretvalue"), "{text} gives {said}");
        }
    }

    #[test]
    fn the_value_of_what_is_named_a_secret_is_not_shown() {
        for name in ["password", "DB_PASSWORD", "the API key ", "access token"] {
            assert_eq!(shown_as(name, "cretvalue"), "***", "{name}");
        }
        assert_eq!(shown_as("tokens left", "5"), "5");
    }

    #[test]
    fn a_long_hexadecimal_number_is_not_shown() {
        for text in ["c9cfa6bb44704dc2b19c4cebada05600", "k=c9cfa6bb44704dc2b19c4cebada05600/x"] {
            assert!(!shown(text).contains("4704dc2b"), "{text} gives {}", shown(text));
        }
        assert_eq!(
            shown("suite-mock-23045-477f02 is at c9cfa6b"),
            "suite-mock-23045-477f02 is at c9cfa6b"
        );
    }

    #[test]
    fn the_rest_stays_on_one_line() {
        for text in [
            "the disk of mock-llm is 91% full",
            "http://mock:8080/v1 answers 404",
            "docker run -u 1000:1000 --pass --key-file /k",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("a\n\u{1b}[31mb"), "a \u{fffd}[31mb");
        assert!(shown(&"x y".repeat(10_000)).chars().count() <= 603);
    }
}
