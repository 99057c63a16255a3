//! URLs as Python's own parser takes them apart.

use super::super::url;
use crate::collect::reference::{Reference, runner};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn urls_are_taken_apart_as_others_do() {
    let question = |text: &str| json!({"format": "url", "text": text});
    let command = ["python3", "configs.py"];
    let Some(reference) = Reference::start(&command, &question("http://a:1/")) else { return };
    let scheme = "http|https|HTTP|ws|postgres|postgresql\\+psycopg|mysql|redis|rediss|amqp|mongodb|nats|grpc|tcp";
    let login = "([a-z0-9._-]{1,5}(:[a-zA-Z0-9!$*()_.+%-]{0,8})?@)?";
    let host = "[a-z][a-z0-9]{0,5}([.-][a-z0-9]{1,5}){0,2}|10\\.0\\.[1-9]\\.[1-9]|\\[::[1-9]\\]|\\[fd00::a:[1-9]\\]";
    let port = "(:[1-9][0-9]{1,3})?";
    let rest = "(/[a-z0-9._-]{0,5}){0,3}(\\?[a-z]{1,3}=[a-z0-9:/]{0,6})?(#[a-z]{0,3})?";
    let outcome =
        runner(400).run(&(scheme, login, host, port, rest), |(scheme, login, host, port, rest)| {
            let text = format!("{scheme}://{login}{host}{port}{rest}");
            let answer = reference.ask(&question(&text));
            let item = |at: usize| answer["items"][at][1].as_str().unwrap_or_default().to_owned();
            let read = url::read(&text);
            let [address] = &read[..] else {
                return Err(TestCaseError::fail(format!("{text} is no single address")));
            };
            prop_assert_eq!(address.trouble.as_ref(), None, "{}", text);
            let theirs = item(0);
            let theirs = theirs.split('+').next();
            let ours = address.scheme.clone().unwrap_or_default();
            prop_assert_eq!(ours.split('+').next(), theirs, "{}", text);
            prop_assert_eq!(address.host.trim_matches(['[', ']']), item(1), "{}", text);
            let port = address.port.map_or("None".to_owned(), |port| port.to_string());
            prop_assert_eq!(port, item(2), "{}", text);
            prop_assert_eq!(
                address.secret,
                !login.is_empty() || rest.contains(['?', '#']),
                "{}",
                text
            );
            let path = item(3);
            prop_assert_eq!(
                address.path.trim_end_matches('/'),
                path.trim_end_matches('/'),
                "{}",
                text
            );
            Ok(())
        });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
