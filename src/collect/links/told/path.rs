//! Paths and lines: what may be shown of them.

use super::words;

/// A path that is not shown at all.
pub(super) const MASKED: &str = "/***";
/// What stands in place of a secret.
pub(super) const MASK: &str = "***";

/// Longer lines are not looked through: they stay hidden.
const LONGEST: usize = 4096;
/// Segments after which only secrets follow: `/services/T0/B0/xyz`, `/api/webhooks/1/xyz`.
const LEADS: &[&str] =
    &["services", "webhook", "webhooks", "hook", "hooks", "hooks2", "token", "secret", "key"];

/// A path without slash at the end, with masked segments; and whether something was masked.
pub(super) fn clean(path: &str) -> (String, bool) {
    let mut out = String::new();
    let mut masked = false;
    let mut lead = false;
    // After the first secret behind such a word, all the rest is secret.
    let mut behind = false;
    for segment in path.split('/').skip(1) {
        let plain = segment.split(';').next().unwrap_or_default();
        out.push('/');
        let follows =
            lead && (behind || plain.chars().any(|c| c.is_ascii_digit() || c.is_ascii_uppercase()));
        if is_secret(plain) || (follows && !plain.is_empty()) {
            masked = true;
            behind = lead;
            out.push_str(MASK);
        } else {
            masked |= plain.len() != segment.len();
            out.push_str(plain);
        }
        lead |= LEADS.contains(&plain);
    }
    (out.trim_end_matches('/').to_owned(), masked)
}

/// Does a piece of a path or a line read like a token rather than like words?
pub(super) fn is_secret(piece: &str) -> bool {
    let mail = piece.find('@').is_some_and(|at| at > 0);
    mail || piece.starts_with("eyJ")
        || piece.starts_with("bot") && piece.contains(':')
        || is_random(piece)
}

/// Long, and letters and digits mixed without the breaks that words have.
fn is_random(piece: &str) -> bool {
    /// Bytes that the shortest such part has.
    const SHORTEST: usize = 12;
    let long = |part: &str| {
        if part.len() < SHORTEST {
            return false;
        }
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let upper = part.bytes().filter(u8::is_ascii_uppercase).count();
        let lower = part.bytes().filter(u8::is_ascii_lowercase).count();
        let hex = part.bytes().all(|b| b.is_ascii_hexdigit()) && digits >= 3;
        hex || part.len() >= 16 && (digits >= 3 || upper >= 4 && lower >= 4) || part.len() >= 40
    };
    piece.split(['-', '_', '.', ':', '=']).any(long)
        || piece.len() >= 20
            && piece
                .split(['-', '_', '.'])
                .filter(|part| part.bytes().any(|b| b.is_ascii_digit()))
                .count()
                > 3
}

/// Must a line that holds this text stay hidden? Rather once too often.
pub(crate) fn holds_secret(line: &str) -> bool {
    line.len() > LONGEST
        || has_userinfo(line)
        || has_query(line)
        || has_secret_key(line)
        || line.contains("-----BEGIN")
        || line
            .split(|c: char| c.is_whitespace() || "\"'`,;=:/?&()[]{}<>|".contains(c))
            .any(is_secret)
}

/// `://user:password@host`, `user:password@tcp(host)`.
fn has_userinfo(line: &str) -> bool {
    line.contains('@')
        && (line.contains("://")
            || line.contains("@tcp(")
            || line.contains("@(")
            || line.contains(':'))
}

fn has_query(line: &str) -> bool {
    line.match_indices("://").any(|(at, _)| {
        let url = line[at..]
            .split(|c: char| c.is_whitespace() || c == '"' || c == '\'')
            .next()
            .unwrap_or_default();
        url.contains(['?', '#'])
    })
}

/// `password=...`, `"apiKey": "..."`, `--token ...`.
fn has_secret_key(line: &str) -> bool {
    words::may_hold_secret(line)
        && line
            .split(|c: char| c.is_whitespace() || "\"'`,;=:/?&()[]{}<>|".contains(c))
            .any(words::is_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_words_and_masks_tokens() {
        let table = [
            ("", ""),
            ("/", ""),
            ("/v1/", "/v1"),
            ("/v1/chat/completions", "/v1/chat/completions"),
            ("/my-very-long-service-name/v2", "/my-very-long-service-name/v2"),
            ("/observability-collector-2024", "/observability-collector-2024"),
            ("/services/T024BE7LD/B024BE7LD/xyz", "/services/***/***/***"),
            ("/bot123456:AAE-xyz/send", "/***/send"),
            ("/t/eyJhbGciOiJIUzI1NiJ9", "/t/***"),
            ("/k/9f86d081884c7d659a2feaa0c55ad015", "/k/***"),
            ("/u/4d5e6f70-1111-2222-3333-444455556666", "/u/***"),
            ("/x;jsessionid=1/y", "/x/y"),
            ("/app", "/app"),
            ("/@scope/pkg", "/@scope/pkg"),
            ("/12345", "/12345"),
        ];
        for (path, shown) in table {
            assert_eq!(clean(path).0, shown, "{path}");
        }
    }

    #[test]
    fn hides_lines() {
        for line in [
            "url = http://u:p@db:1/",
            "url: http://api:8080/?key=1",
            "{\"url\": \"http://a:1\", \"apiKey\": \"x\"}",
            "u:p@tcp(db:3306)/x",
            "host=db password=x",
            "id: 9f86d081884c7d659a2feaa0c55ad015",
        ] {
            assert!(holds_secret(line), "{line}");
        }
        for line in
            ["  endpoint: http://127.0.0.1:18141/v1  # the mock", "DB_HOST=db", "server api:8080;"]
        {
            assert!(!holds_secret(line), "{line}");
        }
    }
}
