//! What a registry wants to see of somebody who asks: a token that it gives to anyone. And where it sends one for what it keeps
//! elsewhere. Nothing that was asked safely is asked on unsafely.

use hyper::Uri;
use serde::Deserialize;
use std::fmt::Write;

/// Who gives tokens to anyone, by the word of the registry that was asked for `asked`: `Bearer realm="https://...",service="..."`.
pub(super) fn giver(asks: &str, asked: &Uri, repository: &str) -> Option<Uri> {
    let (kind, rest) = asks.split_once(' ')?;
    if !kind.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let value = |wanted: &str| {
        let start = rest.find(&format!("{wanted}=\""))? + wanted.len() + 2;
        rest[start..].split('"').next()
    };
    let realm: Uri = value("realm")?.parse().ok()?;
    let is_own = realm.scheme() == asked.scheme() && realm.host() == asked.host();
    if realm.scheme_str() != Some("https") && !is_own {
        return None;
    }
    let mut text = format!("{realm}{}", if realm.query().is_some() { '&' } else { '?' });
    if let Some(service) = value("service") {
        let _ = write!(text, "service={}&", encoded(service));
    }
    let _ = write!(text, "scope={}", encoded(&format!("repository:{repository}:pull")));
    text.parse().ok()
}

/// The token in the answer of who gives them.
pub(super) fn token(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Given {
        token: Option<String>,
        access_token: Option<String>,
    }
    let given: Given = serde_json::from_slice(body).ok()?;
    let token = given.token.or(given.access_token)?;
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}

/// Where an answer sends one: an address of its own, or a path of the same place.
pub(super) fn onward(from: &Uri, next: &str) -> Option<Uri> {
    let next: Uri = if next.starts_with('/') && !next.starts_with("//") {
        format!("{}://{}{next}", from.scheme_str()?, from.authority()?).parse().ok()?
    } else {
        next.parse().ok()?
    };
    let is_web = matches!(next.scheme_str(), Some("http" | "https"));
    let is_worse = from.scheme_str() == Some("https") && next.scheme_str() != Some("https");
    (is_web && !is_worse).then_some(next)
}

/// A value in a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::{giver, onward, token};
    use hyper::Uri;

    #[test]
    fn a_token_is_asked_for_where_the_registry_says_and_that_is_safe() {
        let asked = |at: &str, asks: &str| {
            let at: Uri = at.parse().unwrap();
            giver(asks, &at, "library/nginx").map(|uri| uri.to_string()).unwrap_or_default()
        };
        let hub = "https://registry-1.docker.io/v2/x";
        let asks = r#"Bearer realm="https://auth.docker.io/token",service="registry docker",scope="repository:evil:push""#;
        assert_eq!(
            asked(hub, asks),
            "https://auth.docker.io/token?service=registry%20docker&scope=repository:library/nginx:pull"
        );
        let own = r#"bearer realm="http://127.0.0.1:5001/auth?a=b""#;
        assert_eq!(
            asked("http://127.0.0.1:5000/v2/x", own),
            "http://127.0.0.1:5001/auth?a=b&scope=repository:library/nginx:pull"
        );
        // From TLS to none; to a stranger without TLS; a login; nonsense.
        assert_eq!(asked(hub, own), "");
        assert_eq!(asked("http://127.0.0.1:5000/", r#"Bearer realm="http://evil/""#), "");
        for asks in ["", "Bearer", r#"Basic realm="x""#, r#"Bearer realm="/x""#] {
            assert_eq!(asked(hub, asks), "", "{asks}");
        }
    }

    #[test]
    fn a_token_is_a_word() {
        assert_eq!(token(br#"{"token":"a.b","expires_in":300}"#).as_deref(), Some("a.b"));
        assert_eq!(token(br#"{"access_token":"c"}"#).as_deref(), Some("c"));
        for body in [&b"{}"[..], b"", br#"{"token":""}"#, br#"{"token":"a\r\nb"}"#] {
            assert_eq!(token(body), None);
        }
    }

    #[test]
    fn nobody_is_sent_from_tls_to_none() {
        let sent = |from: &str, next: &str| {
            onward(&from.parse().unwrap(), next).map(|uri| uri.to_string()).unwrap_or_default()
        };
        assert_eq!(sent("https://a/x", "/y?z"), "https://a/y?z");
        assert_eq!(sent("https://a/x", "https://cdn/y"), "https://cdn/y");
        assert_eq!(sent("http://a/x", "https://cdn/y"), "https://cdn/y");
        assert_eq!(sent("https://a/x", "http://a/y"), "");
        assert_eq!(sent("https://a/x", "ftp://a/y"), "");
        assert_eq!(sent("https://a/x", "//b/y"), "");
    }
}
