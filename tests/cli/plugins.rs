//! Checks of one's own, offline: what a program does wrong is an unknown row in a report that is complete, in bounded time.

use super::{INCIDENT, econn};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The link of the recorded incident.
const LINK: &str = "podman:hapi->http://127.0.0.1:18141";
const METADATA: &str = r#"{"protocol": 1, "name": "odd", "version": "1.0", "checks": [{"id": "odd", "title": "it is odd", "codes": ["ODD1"]}]}"#;
/// Stands in every place where a program could leak one.
const SECRET: &str = "Zx9s3cr3tQpW81";

/// A project with plug-ins.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("checks")).unwrap();
        let text = format!("[plugins]\nfolders = [\"checks\"]\ntimeout = \"2s\"\n{settings}");
        fs::write(folder.path().join("econn.toml"), text).unwrap();
        Self { folder }
    }

    /// With one program that answers this way when it is run.
    fn with(name: &str, metadata: &str, run: &str) -> Self {
        let project = Self::new("");
        project.program(name, metadata, run);
        project
    }

    fn program(&self, name: &str, metadata: &str, run: &str) {
        let script =
            format!("#!/bin/sh\nif [ \"$1\" = metadata ]; then\n{metadata}\nexit\nfi\n{run}\n");
        let path = self.folder.path().join("checks").join(format!("econn-check-{name}"));
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What econn says of the incident, its exit code, and everything that it printed.
    fn report(&self, more: &[&str]) -> (Value, i32, String) {
        self.report_of(Path::new(INCIDENT), more)
    }

    fn report_of(&self, snapshot: &Path, more: &[&str]) -> (Value, i32, String) {
        let (config, snapshot) = (self.file("econn.toml"), snapshot.to_str().unwrap());
        let fixed = [
            "diagnose",
            "--from",
            snapshot,
            "--config",
            config.to_str().unwrap(),
            "--format",
            "json",
        ];
        let output = econn(&[&fixed, more].concat());
        let all =
            String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (report, output.status.code().unwrap(), all)
    }
}

fn row<'a>(report: &'a Value, check: &str) -> &'a Value {
    let rows = report["links"][0]["checks"].as_array().unwrap_or_else(|| panic!("{report}"));
    rows.iter().find(|row| row["check"] == check).unwrap_or_else(|| panic!("{check}: {rows:?}"))
}

fn says(text: &str) -> String {
    format!("cat <<'END'\n{text}\nEND")
}

#[test]
fn whatever_a_program_does_wrong_the_report_is_complete_and_its_row_unknown() {
    let whole = econn(&["diagnose", "--from", INCIDENT, "--format", "json"]);
    let whole: Value = serde_json::from_slice(&whole.stdout).unwrap();
    let entry = |text: &str| says(&text.replace("LINK", LINK));
    let cases: Vec<(&str, String, &str)> = vec![
        ("it crashes", format!("echo {SECRET} >&2; exit 1"), "ended with 1; 1 line on stderr"),
        ("it is killed", "kill -SEGV $$".into(), "was killed by signal 11"),
        (
            "it raises",
            format!(
                "echo 'Traceback (most recent call last):\n  File x\nKeyError: {SECRET}' >&2; exit 1"
            ),
            "3 lines on stderr: KeyError",
        ),
        (
            "it has no network",
            format!("echo 'dial tcp db:5432: connect: connection refused {SECRET}' >&2; exit 2"),
            "connection refused 1 time at db:5432",
        ),
        ("it hangs", "sleep 600".into(), "gave no answer within 2s"),
        ("its child hangs", "sleep 600 & sleep 600".into(), "gave no answer within 2s"),
        ("it answers late", format!("sleep 5; {}", says("[]")), "gave no answer within 2s"),
        (
            "it ignores a request to end",
            "trap '' TERM INT; sleep 600".into(),
            "gave no answer within 2s",
        ),
        ("it floods", "yes".into(), "printed more than 1 MiB"),
        ("it floods stderr", "yes >&2".into(), "gave no answer within 2s"),
        ("it prints nothing", String::new(), "printed no list of findings"),
        ("it prints garbage", says("<html>oops</html>"), "printed no list of findings"),
        ("it prints bytes", "printf '\\377\\376\\000'".into(), "printed no list of findings"),
        ("it prints half", "printf '[{\"link\":'".into(), "printed no list of findings"),
        ("it prints an object", says("{}"), "printed no list of findings"),
        ("its entry is none", says("[7]"), "printed an entry that is no finding"),
        (
            "its link is unknown",
            says(
                r#"[{"link": "x", "check": "odd", "code": "ODD1", "severity": "fail", "seen": "x"}]"#,
            ),
            "speaks of the link x",
        ),
        (
            "its check is unknown",
            entry(r#"[{"link": "LINK", "check": "other", "outcome": "skip", "reason": "x"}]"#),
            "speaks of the check other",
        ),
        (
            "its check is econn's",
            entry(
                r#"[{"link": "LINK", "check": "bind-address", "outcome": "skip", "reason": "x"}]"#,
            ),
            "speaks of the check bind-address",
        ),
        (
            "its outcome is unknown",
            entry(r#"[{"link": "LINK", "check": "odd", "outcome": "pass"}]"#),
            "has the outcome pass",
        ),
        (
            "its code is econn's",
            entry(
                r#"[{"link": "LINK", "check": "odd", "code": "EC101", "severity": "fail", "seen": "x"}]"#,
            ),
            "a finding EC101",
        ),
        (
            "its severity is unknown",
            entry(
                r#"[{"link": "LINK", "check": "odd", "code": "ODD1", "severity": "bad", "seen": "x"}]"#,
            ),
            "is no finding",
        ),
        (
            "it says it itself",
            entry(
                r#"[{"link": "LINK", "check": "odd", "outcome": "unknown", "reason": "no key"}]"#,
            ),
            "no key",
        ),
    ];
    for (what, run, why) in cases {
        let project = Project::with("odd", &says(METADATA), &run);
        let begun = Instant::now();
        let (report, code, all) = project.report(&[]);
        let row = row(&report, "odd");
        assert_eq!(row["outcome"], "unknown", "{what}: {row}");
        assert!(row["reason"].as_str().unwrap().contains(why), "{what}: {row}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{what} took {:?}", begun.elapsed());
        assert_eq!(code, 1, "{what}: the incident's faults stand");
        assert!(!all.contains(SECRET), "{what}: {all}");
        let chain = |of: &Value| of["links"][0]["chain"].clone();
        assert_eq!(chain(&report), chain(&whole), "{what}");
        let rows = report["links"][0]["checks"].as_array().unwrap();
        let own = whole["links"][0]["checks"].as_array().unwrap();
        assert_eq!(&rows[..own.len()], &own[..], "{what}: every other row is as it was");
    }
}

#[test]
fn nothing_of_a_hanging_program_is_left() {
    let mark = format!("{}", 100_000 + std::process::id());
    let project = Project::with("odd", &says(METADATA), &format!("sleep {mark} & sleep {mark}"));
    project.report(&[]);
    assert_eq!(sleeping(&mark), 0);
}

/// How many processes sleep for so long, which is what they are known by.
fn sleeping(mark: &str) -> usize {
    let sleeps = |entry: std::io::Result<fs::DirEntry>| {
        let line = fs::read_to_string(entry.ok()?.path().join("cmdline")).ok()?;
        line.contains(&format!("sleep\0{mark}")).then_some(())
    };
    fs::read_dir("/proc").unwrap().filter_map(sleeps).count()
}

/// Programs run in groups of their own, which a terminal's Ctrl-C does not reach; econn ends them with itself.
#[test]
fn an_interrupted_run_leaves_nothing_of_a_program() {
    let until = |done: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !done() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        done()
    };
    let replay = ["diagnose", "--from", INCIDENT];
    let record = ["run", "--host", "unix:///no/such.sock"];
    let cases = [
        (&replay[..], false, "INT", 130),
        (&replay, false, "TERM", 143),
        (&replay, true, "INT", 130),
        (&replay, true, "HUP", 129),
        (&record, true, "INT", 130),
    ];
    for (at, (arguments, is_asked, signal, code)) in cases.into_iter().enumerate() {
        let mark = format!("{}", 200_000 + 10 * std::process::id() as usize + at);
        let sleep = format!("sleep {mark} & sleep {mark}");
        let project = if is_asked {
            Project::with("odd", &sleep, &says("[]"))
        } else {
            Project::with("odd", &says(METADATA), &sleep)
        };
        let text = "[plugins]\nfolders = [\"checks\"]\ntimeout = \"60s\"\n";
        fs::write(project.file("econn.toml"), text).unwrap();
        let mut command = super::quiet(arguments);
        command.arg("--config").arg(project.file("econn.toml"));
        command.env("XDG_STATE_HOME", project.folder.path());
        if arguments[0] == "run" {
            command.args(["--", "true"]);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        assert!(until(&|| sleeping(&mark) == 2), "{arguments:?} {signal}: it was never started");
        let pid = child.id().to_string();
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success()
        );
        let begun = Instant::now();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?} {signal}");
        assert!(begun.elapsed() < Duration::from_secs(2), "it took {:?}", begun.elapsed());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "econn: interrupted\n", "{arguments:?} {signal}");
        assert!(until(&|| sleeping(&mark) == 0), "{arguments:?} {signal}: it runs on");
    }
}

#[test]
fn a_program_that_can_not_say_what_it_is_has_an_unknown_row_by_its_name() {
    let other = |from: &str, to: &str| says(&METADATA.replace(from, to));
    for (what, metadata, why) in [
        ("another name", other(r#""name": "odd""#, r#""name": "even""#), "calls itself even"),
        ("a newer protocol", other(r#""protocol": 1"#, r#""protocol": 2"#), "speaks protocol 2"),
        (
            "no checks",
            other(r#"[{"id": "odd", "title": "it is odd", "codes": ["ODD1"]}]"#, "[]"),
            "names 0 checks",
        ),
        (
            "an id of econn's",
            other(r#""id": "odd""#, r#""id": "bind-address""#),
            "a check bind-address",
        ),
        ("a code of econn's", other("ODD1", "EC901"), "the code EC901"),
        ("a code in small letters", other("ODD1", "odd1"), "the code odd1"),
        ("no metadata", "exit 1".into(), "metadata ended with 1"),
        ("metadata too late", "sleep 600".into(), "metadata gave no answer within 2s"),
    ] {
        let project = Project::with("odd", &metadata, &says("[]"));
        let (report, code, _) = project.report(&[]);
        let row = row(&report, "odd");
        assert_eq!((&row["outcome"], code), (&json!("unknown"), 1), "{what}");
        assert!(row["reason"].as_str().unwrap().contains(why), "{what}: {row}");
    }
}

#[test]
fn two_programs_can_not_have_one_check() {
    let project = Project::with("odd", &says(METADATA), &says("[]"));
    let second = METADATA.replace(r#""name": "odd""#, r#""name": "second""#);
    project.program("second", &says(&second), &says("[]"));
    let (report, ..) = project.report(&[]);
    assert_eq!(row(&report, "odd")["outcome"], "pass");
    assert!(row(&report, "second")["reason"].as_str().unwrap().contains("another plug-in has"));
}

#[test]
fn a_finding_is_shown_counted_and_never_the_cause() {
    let entry = json!([{
        "link": LINK, "check": "odd", "code": "ODD1", "severity": "fail", "title": "it is odd", "seen": "7",
        "evidence": [{"what": "the number", "value": "7"}], "fix": [{"say": "add one", "command": "add 1"}],
        "layer": 3, "masked_by": "x", "later": true,
    }]);
    let twice = Value::Array([entry[0].clone(), entry[0].clone()].into());
    let project = Project::with("odd", &says(METADATA), &says(&twice.to_string()));
    let (report, code, _) = project.report(&[]);
    let found = row(&report, "odd");
    assert_eq!((&found["outcome"], &found["layer"], code), (&json!("fail"), &Value::Null, 1));
    assert_eq!(found["findings"].as_array().unwrap().len(), 1, "what is said twice counts once");
    assert_eq!(found["findings"][0]["masked_by"], report["links"][0]["root_cause"]);
    assert!(!report["links"][0]["chain"].as_array().unwrap().contains(&json!("ODD1")));
    let (report, ..) = project.report(&["--skip", "odd"]);
    assert_eq!(row(&report, "odd")["outcome"], "skip");
    let (report, code, _) = project.report(&["--only", "odd"]);
    assert_eq!((&row(&report, "odd")["outcome"], code), (&json!("fail"), 1));
    assert_eq!(
        (&report["links"][0]["root_cause"], &report["outcome"]),
        (&Value::Null, &json!("fail"))
    );
    let (.., all) = project.report(&["--only", "od"]);
    assert!(all.contains("there is no check od; did you mean odd?"), "{all}");
}

#[test]
fn a_program_may_answer_before_it_reads_and_read_nothing() {
    let mut snapshot: Value = serde_json::from_slice(&fs::read(INCIDENT).unwrap()).unwrap();
    let many = "x".repeat(100);
    snapshot["notes"] = (0..30_000).map(|_| many.clone()).collect();
    let project =
        Project::with("odd", &says(METADATA), "printf '[%s]' \"$(yes ' ' | head -c 200000)\"");
    let file = project.file("big.json");
    fs::write(&file, snapshot.to_string()).unwrap();
    let (report, ..) = project.report_of(&file, &[]);
    assert_eq!(row(&report, "odd")["outcome"], "pass");
    let project = Project::with("odd", &says(METADATA), "wc -c >&2; printf '[]'; exit 0");
    let (report, ..) = project.report_of(&file, &[]);
    assert_eq!(row(&report, "odd")["outcome"], "pass", "three megabytes are read to their end");
}

#[test]
fn what_it_prints_is_shown_without_secrets() {
    let mut entry = String::new();
    let seen = format!("http://u:{SECRET}@mock/?t={SECRET} password={SECRET} Bearer {SECRET}");
    write!(
        entry,
        r#"[{{"link": "{LINK}", "check": "odd", "code": "ODD1", "severity": "warn", "seen": "{seen}", "title": "{seen}",
        "evidence": [{{"what": "{seen}", "value": "{seen}"}}],
        "fix": [{{"say": "{seen}", "command": "curl -H 'Authorization: Bearer {SECRET}'", "patch": "+token: {SECRET}"}}]}}]"#
    )
    .unwrap();
    let project = Project::with("odd", &says(METADATA), &says(&entry));
    for format in
        ["json", "table", "markdown", "html", "junit", "sarif", "gitlab", "github", "prometheus"]
    {
        let (.., all) = project.report(&["--format", format]);
        assert!(!all.contains(SECRET), "{format}: {all}");
    }
}

#[test]
fn it_sees_the_variables_that_it_may_and_no_other() {
    let project = Project::with(
        "odd",
        &says(METADATA),
        &format!(
            "printf '[{{\"link\": \"{LINK}\", \"check\": \"odd\", \"outcome\": \"skip\", \"reason\": \"%s\"}}]' \"$(env | cut -d= -f1 | sort | tr '\\n' ' ')\""
        ),
    );
    let (report, ..) = project.report(&[]);
    let seen = row(&report, "odd")["reason"].as_str().unwrap().to_owned();
    let allowed = [
        "PATH", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HOME", "PWD", "SHLVL", "_",
        "OLDPWD",
    ];
    let strange: Vec<&str> =
        seen.split_whitespace().filter(|name| !allowed.contains(name)).collect();
    assert_eq!(strange, Vec::<&str>::new(), "{seen}");
}

#[test]
fn the_working_folder_is_not_searched_and_what_anybody_may_write_is_not_run() {
    let project = Project::with("odd", &says(METADATA), &says("[]"));
    let program = project.file("checks/econn-check-odd");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o777)).unwrap();
    let (report, ..) = project.report(&[]);
    assert!(!report.to_string().contains("\"odd\""), "{report}");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(project.file("econn.toml"), "[plugins]\npath = true\n").unwrap();
    let listed = |path: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_econn"))
            .args(["checks", "--config", project.file("econn.toml").to_str().unwrap()])
            .env("PATH", path)
            .current_dir(project.file("checks"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let folder = project.file("checks").display().to_string();
    let usual = std::env::var("PATH").unwrap();
    assert!(!listed(&format!(".::{usual}")).contains("it is odd"));
    assert!(
        listed(&format!("{folder}:{usual}"))
            .contains("-  odd  it is odd (econn-check-odd 1.0)\n     ODD1")
    );
    fs::write(project.file("econn.toml"), "[plugins]\nfolders = [\"nowhere\"]\n").unwrap();
    let (_, code, all) = project.report(&[]);
    assert!(code == 2 && all.contains("nowhere: there is no such file or folder"), "{all}");
}

/// The examples of the book, in three languages.
#[test]
fn the_examples_of_the_book_work() {
    let project = Project::new("");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins");
    let toml = format!("[plugins]\nfolders = [{:?}, {:?}]\n", examples, rust_examples());
    fs::write(project.file("econn.toml"), toml).unwrap();
    let (report, ..) = project.report(&[]);
    let plain = row(&report, "plaintext");
    assert_eq!(
        (&plain["outcome"], &plain["findings"][0]["code"]),
        (&json!("warn"), &json!("PLAIN1"))
    );
    assert_eq!(plain["findings"][0]["seen"], "http://127.0.0.1:18141 is not encrypted");
    assert_eq!(row(&report, "underscore")["outcome"], "pass");
    assert_eq!(row(&report, "memory")["outcome"], "pass");
    let mut snapshot: Value = serde_json::from_slice(&fs::read(INCIDENT).unwrap()).unwrap();
    for container in snapshot["containers"].as_array_mut().unwrap() {
        container["state"]["oom_killed"] = json!(true);
    }
    snapshot["links"][0]["endpoint"]["host"] = json!("mock_llm");
    let file = project.file("broken.json");
    fs::write(&file, snapshot.to_string()).unwrap();
    let (report, ..) = project.report_of(&file, &[]);
    assert_eq!(row(&report, "memory")["findings"][0]["code"], "MEM1");
    assert_eq!(row(&report, "underscore")["findings"][0]["seen"], "hapi is told mock_llm");
}

/// The folder of the built example in Rust; built here where only this test is.
fn rust_examples() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_econn")).parent().unwrap().join("examples");
    if !folder.join("econn-check-memory").exists() {
        let mut cargo = Command::new(env!("CARGO"));
        // What cargo told this test of its package would be taken for a change of what is built already.
        for (name, _) in std::env::vars_os().filter(|(name, _)| {
            name.to_str()
                .is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"))
        }) {
            cargo.env_remove(name);
        }
        let built = cargo
            // With the profile of everything that is built already.
            .args(["build", "--quiet", "--profile", "test", "--example", "econn-check-memory"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.unwrap().success(), "the example is built");
    }
    folder
}
