//! Engines that answer with anything: every run ends in time and in little memory, says what was wrong, and never calls it
//! well.

use super::fake::{Breaks, Fake, answer};
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No run may need more memory, in KiB.
const MEMORY: u64 = 300 << 10;
/// How long a run may take that nothing holds up, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// What every good answer of an engine begins with.
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\nServer: Docker/1 (linux)\r\n";

/// The ways to answer badly: name, whether it holds the run up until its limit, and what is done.
fn ways() -> Vec<(&'static str, bool, Breaks)> {
    fn says(bytes: impl Into<Vec<u8>>) -> Breaks {
        let bytes = bytes.into();
        Arc::new(move |out: &mut dyn Write| out.write_all(&bytes))
    }
    fn then(head: String, go_on: fn(&mut dyn Write) -> std::io::Result<()>) -> Breaks {
        Arc::new(move |out: &mut dyn Write| {
            out.write_all(head.as_bytes())?;
            go_on(out)
        })
    }
    fn waits(_: &mut dyn Write) -> std::io::Result<()> {
        std::thread::sleep(Duration::from_secs(30));
        Ok(())
    }
    fn chunks(out: &mut dyn Write) -> std::io::Result<()> {
        let chunk = [b"10000\r\n".as_slice(), &[b'['; 65536], b"\r\n"].concat();
        loop {
            out.write_all(&chunk)?;
        }
    }
    fn drips(out: &mut dyn Write) -> std::io::Result<()> {
        for _ in 0..300 {
            out.write_all(b"1\r\n[\r\n")?;
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
    fn headers(out: &mut dyn Write) -> std::io::Result<()> {
        loop {
            out.write_all(format!("X-Long: {}\r\n", "x".repeat(4000)).as_bytes())?;
        }
    }
    fn goes_on(out: &mut dyn Write) -> std::io::Result<()> {
        loop {
            out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    }
    let chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_value = format!(r#"{{"Config":{{"ExposedPorts":{{"x":{deep}}}}}}}"#);
    vec![
        ("noise", false, says(b"\x00\xff\x13 what is HTTP?\n\n\x00".to_vec())),
        ("nothing", false, says(vec![])),
        ("half a head", false, says(&HEAD.as_bytes()[..40])),
        ("half a body", false, says(format!("{HEAD}Content-Length: 1000\r\n\r\n[{{\"Id\""))),
        (
            "a length beyond all bounds",
            false,
            says(format!("{HEAD}Content-Length: 99999999999999999\r\n\r\n[]")),
        ),
        ("a length that is none", false, says(format!("{HEAD}Content-Length: -5\r\n\r\n[]"))),
        ("no JSON", false, says(answer("200 OK", "<html>hello</html>"))),
        (
            "other types",
            false,
            says(answer("200 OK", r#"{"Id":7,"Names":{},"Name":[],"State":3}"#)),
        ),
        ("a list of other types", false, says(answer("200 OK", r#"[7,null,"x",{"Id":[]}]"#))),
        ("deep JSON", false, says(answer("200 OK", &deep))),
        ("deep JSON in a value", false, says(answer("200 OK", &deep_value))),
        ("no text", false, says([HEAD.as_bytes(), b"Content-Length: 2\r\n\r\n\xff\xfe"].concat())),
        ("an error", false, says(answer("500 Internal Server Error", r#"{"message":"ill"}"#))),
        (
            "a redirect",
            false,
            says(
                "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            ),
        ),
        (
            "another protocol",
            false,
            says(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\nx",
            ),
        ),
        (
            "gzip",
            false,
            says(
                [
                    format!("{HEAD}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n").as_bytes(),
                    b"\x1f\x8b\x08\x00",
                ]
                .concat(),
            ),
        ),
        ("endless chunks", false, then(chunked.clone(), chunks)),
        ("endless headers", false, then(HEAD.to_owned(), headers)),
        ("silence", true, then(String::new(), waits)),
        ("silence behind the head", true, then(chunked.clone(), waits)),
        ("silence in the body", true, then(format!("{chunked}1\r\n[\r\n"), waits)),
        ("a drip", true, then(chunked, drips)),
        ("endless promises", true, then(String::new(), goes_on)),
    ]
}

/// Runs the binary under test, and gives the most memory that it held, in KiB.
fn watched(arguments: &[&str]) -> (Output, u64, Duration) {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_econn"))
        .args(arguments)
        .env_remove("HOME")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary under test starts");
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|kb| kb.split_whitespace().next()?.parse().ok());
        memory = memory.max(peak.unwrap_or(0));
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (child.wait_with_output().unwrap(), memory, started.elapsed())
}

/// One run against an engine that answers in one of the ways to paths with `piece`.
fn survives(piece: &'static str, name: &str, holds_up: bool, breaks: Breaks) -> Result<(), String> {
    let fake = Fake::start(piece, breaks);
    let limit = if holds_up { "2s" } else { "30s" };
    let host = fake.host();
    let arguments = ["diagnose", "--host", &host, "--timeout", limit, "--format", "json"];
    let (output, memory, took) = watched(&arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let wrong = |what: &str| {
        Err(format!("{name} at {piece}: {what}\nafter {took:?}, {memory} KiB\n{stderr}\n{stdout}"))
    };
    let lines = stderr.lines().filter(|line| !line.ends_with(" ...")).count();
    let told = stderr.chars().chain(stdout.chars());
    if output.status.code() != Some(3) {
        return wrong("must exit with 3");
    }
    if took > if holds_up { Duration::from_secs(15) } else { PATIENCE } || memory > MEMORY {
        return wrong("took too long or too much");
    }
    if told.clone().any(|c| c.is_control() && c != '\n') || stderr.contains("panicked") {
        return wrong("prints what it should not");
    }
    if lines > 1 || stderr.len() > 1000 {
        return wrong("must say one line at most on stderr");
    }
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let error = report["engines"][0]["error"].is_string();
    let unknown = report["links"]
        .as_array()
        .is_some_and(|links| links.iter().any(|link| link["outcome"] == "unknown"));
    let notes = report["notes"].as_array().is_some_and(|notes| !notes.is_empty());
    if lines == 0 && !error && !unknown && !notes {
        return wrong("does not say what was wrong");
    }
    if !holds_up && !fake.was_asked(piece) {
        return wrong("was never asked");
    }
    Ok(())
}

/// All ways at one path, a few at a time.
fn all_at(piece: &'static str) {
    let ways = std::sync::Mutex::new(ways());
    let wrong = std::sync::Mutex::new(vec![]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((name, holds_up, breaks)) = ways.lock().unwrap().pop() else { return };
                    let survived = survives(piece, name, holds_up, breaks);
                    wrong.lock().unwrap().extend(survived.err());
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_hostile_ping_is_survived() {
    all_at("/_ping");
}

#[test]
fn a_hostile_list_is_survived() {
    all_at("/containers/json");
}

#[test]
fn hostile_words_about_a_container_are_survived() {
    all_at("/containers/c1/json");
}

#[test]
fn hostile_networks_are_survived() {
    all_at("/networks");
}

#[test]
fn hostile_words_about_an_image_are_survived() {
    all_at("/images/");
}

/// A list without end in sight, short enough to be read and too long to be looked at.
#[test]
fn a_million_containers_are_refused_in_a_line() {
    for entry in [
        r#"{"Id":"1"}"#,
        r#"{"Id":"0123456789abcdef0123456789abcdef","Names":["/a-name-of-usual-length"]}"#,
    ] {
        let body = format!("[{}]", vec![entry; 1_000_000].join(","));
        let fake = Fake::start("/containers/json", {
            let bytes = answer("200 OK", &body);
            Arc::new(move |out: &mut dyn Write| out.write_all(&bytes))
        });
        let (output, memory, _) = watched(&["diagnose", "--host", &fake.host()]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(
            told.contains("more than 10000 containers") || told.contains("larger than 48 MiB"),
            "{told}"
        );
        assert!(memory < MEMORY, "{memory} KiB");
    }
}

/// What an engine calls its containers is a stranger's text, and two may have one name.
#[test]
fn names_cannot_write_on_the_terminal() {
    let list = answer(
        "200 OK",
        r#"[{"Id":"c1","Names":["/client"]},{"Id":"c1","Names":["/client"]},
            {"Id":"e1","Names":["/\u001b[31mred\u0007\n\r\u202eevil"]},{"Id":"e2","Names":["/client"]},{"Id":"s1"}]"#,
    );
    let fake =
        Fake::start("/containers/json", Arc::new(move |out: &mut dyn Write| out.write_all(&list)));
    for format in ["table", "markdown", "github", "gitlab", "junit", "html"] {
        let (output, _, _) =
            watched(&["diagnose", "--host", &fake.host(), "--format", format, "--timeout", "20s"]);
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(
            !told.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{format}: {told:?}"
        );
    }
}

#[test]
fn an_engine_that_is_too_old_is_told_with_the_reason() {
    let old = |server: &str, api: &str, libpod: &str| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nApi-Version: {api}\r\n{libpod}Server: {server}\r\nContent-Length: 2\r\n\r\nOK"
        );
        Fake::start("/_ping", Arc::new(move |out: &mut dyn Write| out.write_all(head.as_bytes())))
    };
    for (fake, told) in [
        (old("Docker/1.10.3 (linux)", "1.22", ""), "Docker at unix"),
        (old("Libpod/3.4.4 (linux)", "1.40", "Libpod-Api-Version: 3.4.4\r\n"), "Podman at unix"),
        (old("Docker/1 (linux)", "new", ""), "its API version is no number"),
        (old("nginx", "", ""), "its API version is no number"),
    ] {
        let (output, _, _) = watched(&["diagnose", "--host", &fake.host()]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}

/// Every call is told, and nothing but looks occurs where nothing is made.
#[test]
fn the_calls_are_told_on_demand() {
    let fake = Fake::well();
    let (output, _, _) =
        watched(&["diagnose", "--host", &fake.host(), "--trace-api", "--timeout", "20s"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let calls: Vec<&str> = stderr.lines().filter(|line| line.contains(" api ")).collect();
    assert!(
        calls
            .iter()
            .any(|line| line.contains(" read GET /_ping 200 ") && line.ends_with(" 2 bytes")),
        "{stderr}"
    );
    assert!(
        calls.iter().any(|line| line.contains(" read GET /containers/c1/json 200 ")),
        "{stderr}"
    );
    assert!(!stderr.contains(" own ") && !stderr.contains("API_URL"), "{stderr}");
    let (quiet, _, _) = watched(&["diagnose", "--host", &fake.host(), "--timeout", "20s"]);
    assert!(!String::from_utf8_lossy(&quiet.stderr).contains(" api "));
}

/// The same engine behind two names is listed once; two engines are two.
#[test]
fn an_engine_reached_in_two_ways_counts_once() {
    let (one, other) = (
        Fake::well(),
        Fake::start(
            "/info",
            Arc::new(|out: &mut dyn Write| {
                out.write_all(&answer("200 OK", r#"{"ID":"OTHER","Name":"fake"}"#))
            }),
        ),
    );
    let alias = tempfile::tempdir().unwrap();
    let second = alias.path().join("again.sock");
    std::fs::hard_link(one.host().trim_start_matches("unix://"), &second).unwrap();
    let engines = |second: String| {
        let output = Command::new(env!("CARGO_BIN_EXE_econn"))
            .args(["diagnose", "--format", "json", "--timeout", "20s"])
            .env("DOCKER_HOST", one.host())
            .env("CONTAINER_HOST", second)
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let names = report["engines"].as_array().unwrap().iter();
        names.map(|engine| engine["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(engines(format!("unix://{}", second.display())), ["docker"]);
    assert_eq!(engines(other.host()), ["docker", "docker-2"]);
}
