//! A registry of a few answers, and what is made of them.

use super::door::Door;
use super::login::Login;
use super::name::Name;
use super::{Image, beside};
use checks::model::Published;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const OLD: &str = "2026-01-01T08:00:00.5Z";
const NEW: &str = "2026-01-02T08:00:00Z";

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

/// What a path is answered with: a status, headers and a body.
type Shelf = HashMap<String, (u16, String, String)>;

/// A registry that holds under `mock:1` the image `d`, with configuration `c`, of that layer and time.
fn shelf(layer: &str, created: &str) -> Shelf {
    let manifest = format!(r#"{{"config":{{"digest":"{}"}}}}"#, digest("c"));
    let config = format!(
        r#"{{"created":"{created}","rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
        digest(layer)
    );
    let named = format!("Docker-Content-Digest: {}\r\n", digest("d"));
    Shelf::from([
        ("manifests/1".into(), (200, named, String::new())),
        (format!("manifests/{}", digest("d")), (200, String::new(), manifest)),
        (format!("blobs/{}", digest("c")), (200, String::new(), config)),
    ])
}

fn and(mut shelf: Shelf, path: String, status: u16, headers: &str, body: &str) -> Shelf {
    shelf.insert(path, (status, headers.into(), body.into()));
    shelf
}

/// The image that runs: `a`, of the layer `1`.
fn running() -> Image {
    Image {
        id: "a".repeat(64),
        layers: vec![digest("1")],
        labels: HashMap::new(),
        created: OLD.parse().ok(),
        digests: vec![],
        env: Vec::new(),
        command: Vec::new(),
        entrypoint: Vec::new(),
        user: String::new(),
        workdir: String::new(),
        on_build: vec![],
        os: "linux".into(),
        architecture: "amd64".into(),
        variant: None,
    }
}

/// Asks the registry; `{port}` in its answers is its port. Beside what came of it: what it was asked for.
fn asks(shelf: Shelf, digests: &[String]) -> (Result<Published, String>, String) {
    asks_as(None, shelf, digests)
}

/// The same with a login that is kept for it: `+` is a token, `*` the login.
fn asks_as(
    login: Option<Login>,
    shelf: Shelf,
    digests: &[String],
) -> (Result<Published, String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let asked = Arc::new(Mutex::new(String::new()));
    let (noted, own) = (Arc::clone(&asked), port.clone());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            let rest: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let shows = |what: &str| rest.iter().any(|line| line.ends_with(what));
            let (token, known) = (shows("Bearer t0ken"), shows("Basic dXNlcg=="));
            let mark = if token {
                " +"
            } else if known {
                " *"
            } else {
                ""
            };
            let _ = writeln!(noted.lock().unwrap(), "{first}{mark}");
            let path = first.split(' ').nth(1).unwrap_or_default();
            let path = path.strip_prefix("/v2/shop/mock/").unwrap_or(path);
            let is_inside = path.contains('/') && !path.starts_with('/');
            let locked = shelf.contains_key("locked") && mark.is_empty() && is_inside;
            let (status, headers, body) = match shelf.get(if locked { "locked" } else { path }) {
                Some((status, headers, body)) => {
                    (*status, headers.replace("{port}", &own), body.clone())
                }
                None => (404, String::new(), String::new()),
            };
            let length = body.len();
            let body = if first.starts_with("HEAD") { String::new() } else { body };
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
            );
        }
    });
    let name = Name::parse(&format!("127.0.0.1:{port}/shop/mock:1")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(beside(&Door::new(name, login), &running(), digests));
    let asked = asked.lock().unwrap().replace(&port, "PORT");
    (found.map_err(|why| why.replace(&port, "PORT")), asked)
}

/// In a word what came of it.
fn told(shelf: Shelf, digests: &[String]) -> String {
    match asks(shelf, digests).0 {
        Ok(Published { same_content: true, .. }) => "same".into(),
        Ok(Published { holds_running, is_newer, .. }) => {
            format!("other, {}{is_newer:?}", if holds_running { "" } else { "stranger, " })
        }
        Err(why) => why,
    }
}

#[test]
fn one_image_is_known_by_its_digest_its_configuration_or_its_layers() {
    let (found, asked) = asks(shelf("2", NEW), &[digest("d")]);
    assert!(found.unwrap().same_content);
    assert_eq!(asked, "HEAD /v2/shop/mock/manifests/1 HTTP/1.1\n");
    // A list, of which the engine knows the part for its machine.
    let list = format!(
        r#"{{"manifests":[{{"digest":"{}","platform":{{"os":"linux","architecture":"arm64"}}}},{{"digest":"{}","platform":{{"os":"linux","architecture":"amd64"}}}}]}}"#,
        digest("f"),
        digest("e")
    );
    let manifest = format!(r#"{{"config":{{"digest":"{}"}}}}"#, digest("a"));
    let listed = |list: &str| {
        let shelf = and(shelf("2", NEW), format!("manifests/{}", digest("d")), 200, "", list);
        and(shelf, format!("manifests/{}", digest("e")), 200, "", &manifest)
    };
    assert_eq!(told(listed(&list), &[digest("e")]), "same");
    // Compressed anew when it was pushed.
    assert_eq!(told(listed(&list), &[]), "same");
    assert_eq!(told(shelf("1", NEW), &[]), "same");
    assert_eq!(
        told(listed(&list.replace("amd64", "s390x")), &[]),
        "what 127.0.0.1:PORT holds there is no image for linux/amd64"
    );
}

#[test]
fn another_image_is_told_by_its_layers_and_only_where_the_registry_knows_the_running_one() {
    assert_eq!(told(shelf("2", NEW), &[]), "other, stranger, Some(true)");
    let known =
        |created: &str| and(shelf("2", created), format!("blobs/{}", digest("a")), 200, "", "");
    assert_eq!(told(known(NEW), &[]), "other, Some(true)");
    assert_eq!(told(known("2025-12-31T00:00:00Z"), &[]), "other, Some(false)");
    // The same time, no time, a placeholder for one.
    for created in [OLD, "", "1980-01-01T00:00:00Z"] {
        assert_eq!(told(known(created), &[]), "other, None", "{created}");
    }
    // By a digest that its engine knows; kept elsewhere.
    let sent_on = "Location: https://elsewhere.invalid/x\r\n";
    let pulled = and(shelf("2", NEW), format!("manifests/{}", digest("9")), 307, sent_on, "");
    assert_eq!(told(pulled, &[digest("9")]), "other, Some(true)");
}

#[test]
fn a_token_for_anyone_is_fetched_and_shown_to_the_registry_only() {
    let asks_for_it =
        "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"s\"\r\n";
    let locked = and(shelf("2", NEW), "locked".into(), 401, asks_for_it, "");
    let giver = "/token?service=s&scope=repository:shop/mock:pull";
    let open = and(locked.clone(), giver.into(), 200, "", r#"{"token":"t0ken"}"#);
    let (found, asked) = asks(open.clone(), &[digest("d")]);
    assert!(found.unwrap().same_content);
    let expected = format!(
        "HEAD /v2/shop/mock/manifests/1 HTTP/1.1\nGET {giver} HTTP/1.1\nHEAD /v2/shop/mock/manifests/1 HTTP/1.1 +\n"
    );
    assert_eq!(asked, expected);
    let refused = "127.0.0.1:PORT shows 127.0.0.1:PORT/shop/mock:1 to nobody without a login, and none is kept here";
    assert_eq!(told(locked, &[]), refused);
    let basic =
        and(shelf("2", NEW), "locked".into(), 401, "WWW-Authenticate: Basic realm=\"x\"\r\n", "");
    assert_eq!(told(basic.clone(), &[]), refused);
    // A login that is kept here goes to the giver of tokens, or to the registry where that wants it.
    let login = || Some(Login("dXNlcg==".into()));
    let (found, asked) = asks_as(login(), open, &[digest("d")]);
    assert!(found.unwrap().same_content);
    assert_eq!(
        asked,
        expected.replace(&format!("{giver} HTTP/1.1"), &format!("{giver} HTTP/1.1 *"))
    );
    let (found, asked) = asks_as(login(), basic, &[digest("d")]);
    assert!(found.unwrap().same_content);
    assert_eq!(asked.lines().nth(1), Some("HEAD /v2/shop/mock/manifests/1 HTTP/1.1 *"));
    // A configuration that is kept elsewhere.
    let blob = format!("blobs/{}", digest("c"));
    let config = shelf("1", NEW)[&blob].2.clone();
    let moved = and(shelf("2", NEW), blob, 307, "Location: /elsewhere\r\n", "");
    assert_eq!(told(and(moved, "/elsewhere".into(), 200, "", &config), &[]), "same");
}

#[test]
fn what_a_registry_does_not_say_has_its_reason() {
    let answered = |status: u16, headers: &str| {
        told(Shelf::from([("manifests/1".into(), (status, headers.into(), String::new()))]), &[])
    };
    let name = "127.0.0.1:PORT/shop/mock:1";
    assert_eq!(told(Shelf::new(), &[]), format!("127.0.0.1:PORT holds no {name}"));
    assert_eq!(answered(200, ""), format!("127.0.0.1:PORT does not tell the digest of {name}"));
    assert_eq!(answered(200, "Docker-Content-Digest: sha256:../x\r\n"), answered(200, ""));
    assert_eq!(answered(429, ""), "127.0.0.1:PORT was asked too often from here");
    assert_eq!(answered(503, ""), format!("127.0.0.1:PORT answered 503 of {name}"));
    let of_old = and(
        shelf("2", NEW),
        format!("manifests/{}", digest("d")),
        200,
        "",
        r#"{"schemaVersion":1}"#,
    );
    assert_eq!(told(of_old, &[]), "what 127.0.0.1:PORT holds there is no image for linux/amd64");
    let page = and(shelf("2", NEW), format!("manifests/{}", digest("d")), 200, "", "<html>");
    assert_eq!(told(page, &[]), format!("127.0.0.1:PORT: its answer of {name} can't be read"));
}
