//! Whatever the text is: no panic, and what is written is found where it is written.

use proptest::prelude::*;

use super::super::{Place, from_args, from_env, from_file, from_text};
use super::{NAMES, with_known};

const FILES: &[&str] =
    &["a.yaml", "a.json", "a.toml", "a.ini", "a.properties", ".env", "a.conf", "a.cfg"];

/// Text made of the pieces that parsers stumble over.
fn odd() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("http://".to_owned()),
        Just("${".to_owned()),
        Just("}".to_owned()),
        Just("{{".to_owned()),
        Just("$(".to_owned()),
        Just("%(".to_owned()),
        Just("://".to_owned()),
        Just("jdbc:".to_owned()),
        Just("[::1]".to_owned()),
        Just("host=".to_owned()),
        Just("url: ".to_owned()),
        Just("\\".to_owned()),
        Just("\u{F0000}".to_owned()),
        "[a-z0-9:/@?#=,;&'\"\\[\\]{}()<> \t\n*$%.-]{0,6}",
        "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{1,8}(-[a-z][a-z0-9]{0,5})?"
}

/// A key that none of whose words says anything.
fn key() -> impl Strategy<Value = String> {
    "x[a-z]{1,6}[0-9](-x[a-z]{0,4}[0-9])?"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics(text in odd(), key in "[A-Za-z_.-]{0,12}") {
        with_known(&[("A".to_owned(), text.clone())], |known| {
            from_env(&[(key.clone(), text.clone()), ("X_URL".to_owned(), text.clone())], known);
            from_args(&[key.clone(), text.clone(), "-c".to_owned(), text.clone()], known);
            from_args(&["sh".to_owned(), "-c".to_owned(), text.clone()], known);
            let _ = from_text(&text);
            for path in FILES {
                let _ = from_file(path, &text, known);
                let _ = from_file(path, &format!("url = {text}\nurl: {text}"), known);
            }
        });
    }

    #[test]
    fn keeps_no_password(password in "[a-zA-Z0-9:/@?#,;&()<>*.%-]{0,8}zqz[a-zA-Z0-9:/@?#,;&()<>*.%-]{0,8}", scheme in "http|postgres|amqp|foo") {
        with_known(&[], |known| {
            let value = format!("{scheme}://user:{password}@db:5432/x");
            for told in from_env(&[("DB_URL".to_owned(), value.clone())], known) {
                prop_assert!(!told.url().contains("zqz"), "{value} -> {told:?}");
                prop_assert!(told.secret_line);
            }
            Ok(())
        })?;
    }

    #[test]
    fn finds_what_is_written(mut keys in proptest::collection::vec(key(), 1..5), host in name(), port in 1_u16.., before in 0..4_usize) {
        let url = format!("http://{host}:{port}/v1");
        keys.push("endpoint".to_owned());
        let dotted = keys.join(".");
        let steps = keys.iter().enumerate().map(|(n, key)| format!("{}{key}:", "  ".repeat(n)));
        let yaml = "# c\n".repeat(before) + &steps.collect::<Vec<_>>().join("\n") + " " + &url + "\n";
        let steps: Vec<String> = keys.iter().map(|key| format!("{{\"{key}\":\n")).collect();
        let json = "\n".repeat(before) + &steps.concat() + &format!("\"{url}\"") + &"}".repeat(keys.len());
        let toml = "# c\n".repeat(before) + &format!("[{}]\nendpoint = \"{url}\"\n", keys[..keys.len() - 1].join("."));
        let ini = "# c\n".repeat(before) + &format!("[{}]\nendpoint = {url}\n", keys[..keys.len() - 1].join("."));
        let properties = "# c\n".repeat(before) + &format!("{dotted}={url}\n");
        let lines = [
            ("a.yaml", yaml, before + keys.len()),
            ("a.json", json, before + keys.len() + 1),
            ("a.toml", toml, before + 2),
            ("a.ini", ini, before + 2),
            ("a.properties", properties, before + 1),
        ];
        for (path, text, line) in lines {
            let told = with_known(&[], |known| from_file(path, &text, known)).expect("well formed");
            prop_assert_eq!(told.len(), 1, "{}: {}", path, text);
            prop_assert_eq!(&told[0].host, &host);
            prop_assert_eq!(told[0].port, Some(port));
            prop_assert_eq!(&told[0].place, &Place::Line { key: dotted.clone(), line }, "{}: {}", path, text);
        }
    }

    #[test]
    fn finds_known_names(index in 0..NAMES.len(), port in 80_u16.., key in "[A-Z]{3,8}") {
        prop_assume!(!matches!(key.as_str(), "HOST" | "BIND" | "LISTEN" | "ORIGIN" | "PROXY" | "CORS"));
        // Ports of services over UDP are left alone, and so is a small number, which may be a weight.
        prop_assume!(!matches!(port, 123 | 161 | 162 | 514 | 5775 | 6831 | 6832 | 8125));
        let value = format!("{}:{port}", NAMES[index]);
        let told = with_known(&[], |known| from_env(&[(format!("Q{key}Q"), value.clone())], known));
        prop_assert_eq!(told.len(), 1);
        prop_assert_eq!(told[0].url(), format!("tcp://{value}"));
    }
}
