//! Checks of one's own on live containers, logs beside them, and the same report from the saved snapshot.

use super::econn::{econn, run};
use super::{incident, must};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Each kind of check twice: once it holds and once it does not. `SERVER` and `CLIENT` are the containers.
const CHECKS: &str = r#"
[plugins]
folders = ["checks"]
[[check]]
id = "tcp-up"
code = "OWN10"
kind = "tcp"
message = "no connection"
fix = "mend it"
[[check]]
id = "http-ok"
code = "OWN11"
kind = "http"
status = [200, 404]
message = "another status"
fix = "mend it"
[[check]]
id = "http-teapot"
code = "OWN12"
kind = "http"
status = [418]
outcome = "warn"
message = "no teapot"
fix = "brew"
[[check]]
id = "name-known"
code = "OWN13"
kind = "dns"
message = "no address"
fix = "mend it"
[[check]]
id = "listens"
code = "OWN14"
kind = "listening"
message = "nobody listens"
fix = "mend it"
[[check]]
id = "listens-not"
code = "OWN15"
kind = "listening"
port = 9
message = "nobody listens on 9"
fix = "mend it"
[[check]]
id = "endpoint-set"
code = "OWN16"
kind = "env"
name = "LLM_ENDPOINT"
message = "no endpoint"
fix = "set it"
[[check]]
id = "key-set"
code = "OWN17"
kind = "env"
name = "NO_SUCH_KEY"
outcome = "warn"
message = "no key"
fix = "set it"
[[check]]
id = "labelled"
code = "OWN18"
kind = "label"
name = "no.such.label"
outcome = "warn"
message = "no label"
fix = "label it"
[[check]]
id = "image-named"
code = "OWN19"
kind = "image"
image = "*econn*"
message = "another image"
fix = "take ours"
[[check]]
id = "nagios-warns"
code = "OWN20"
kind = "nagios"
command = ["checks/check_disk"]
message = "the disk is nearly full"
fix = "tidy up"
[[check]]
id = "elsewhere"
code = "OWN21"
kind = "tcp"
client = "nobody-*"
message = "no connection"
fix = "mend it"
"#;

/// What must come out, in the order of the report.
const EXPECTED: [(&str, &str); 12] = [
    ("tcp-up", "pass"),
    ("http-ok", "pass"),
    ("http-teapot", "warn"),
    ("name-known", "pass"),
    ("listens", "pass"),
    ("listens-not", "fail"),
    ("endpoint-set", "pass"),
    ("key-set", "warn"),
    ("labelled", "warn"),
    ("image-named", "pass"),
    ("nagios-warns", "warn"),
    ("links", "warn"),
];

const PLUGIN: &str = r#"#!/bin/sh
if [ "$1" = metadata ]; then
    echo '{"protocol": 1, "name": "links", "version": "1", "checks": [{"id": "links", "title": "t", "codes": ["LNK1"]}]}'
    exit
fi
grep -o '"id":"[^"]*->[^"]*"' | sed 's/.*/{"link": &, "check": "links", "code": "LNK1", "severity": "warn", "seen": "x"},/; s/"link": "id":/"link": /' |
    tr -d '\n' | sed 's/^/[/; s/,$/]/'
"#;

fn program(path: &Path, script: &str) -> Result<()> {
    let told = |trouble: std::io::Error| format!("{}: {trouble}", path.display());
    fs::write(path, script).map_err(told)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(told)
}

/// Every kind of check answers on a healthy pair, live and again from the snapshot.
pub(super) fn answers(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "none")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let hapi = stage.words.name("hapi")?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let told = |trouble: std::io::Error| trouble.to_string();
    let file = |name: &str| folder.path().join(name);
    fs::create_dir(file("checks")).map_err(told)?;
    fs::write(file("econn.toml"), CHECKS).map_err(told)?;
    program(&file("checks/econn-check-links"), PLUGIN)?;
    program(
        &file("checks/check_disk"),
        "#!/bin/sh\necho 'DISK WARNING - 91% used|d=91'; exit 1\n",
    )?;
    let (config, saved) = (file("econn.toml"), file("facts.json"));
    let here = ["--config".into(), config.display().to_string()];
    let live = run(econn()
        .args(diagnosis::arguments(&stage, play)?)
        .args(&here)
        .args(["--format", "json"]))?;
    let report = live.report_with(1)?;
    let rows = answered(&report, &hapi)?;
    let expected = EXPECTED.map(|(id, outcome)| (id.to_owned(), outcome.to_owned()));
    must(rows == expected, || live.account(&format!("the rows are {rows:?}")))?;
    let link = of(&report, &hapi)?;
    must(link["root_cause"].is_null() && list(link, "chain").is_empty(), || {
        live.account("a check of one's own is never the cause")
    })?;
    let mut save = diagnosis::arguments(&stage, play)?;
    save[0] = "snapshot".into();
    let kept = run(econn().args(save).args(&here).arg("-o").arg(&saved))?;
    kept.ended_with(&[0])?;
    let facts = fs::read_to_string(&saved).map_err(told)?;
    must(!facts.contains("91% used|d=91"), || "performance data was kept".into())?;
    let again = run(econn()
        .args(["diagnose", "--from"])
        .arg(&saved)
        .args(&here)
        .args(["--format", "json"]))?;
    let replayed = answered(&again.report_with(1)?, &hapi)?;
    must(replayed == expected, || again.account(&format!("the rows are {replayed:?}")))?;
    stage.strike()
}

/// A log of the time before the repair is counted, matched with the link that works now, and said to contradict it.
pub(super) fn log_of_the_past(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "none")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let hapi = stage.words.name("hapi")?;
    let plain = run(econn().args(diagnosis::arguments(&stage, play)?).args(["--format", "json"]))?;
    let url = text(&of(&plain.report_with(0)?, &hapi)?["endpoint"], "url").to_owned();
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let log = folder.path().join("tests.log");
    let at = url.trim_start_matches("http://");
    let line = format!("Post \"{url}/v1\": dial tcp {at}: connect: connection refused\n");
    fs::write(&log, line.repeat(12)).map_err(|trouble| trouble.to_string())?;
    let run = run(econn()
        .args(diagnosis::arguments(&stage, play)?)
        .arg("--log")
        .arg(&log)
        .args(["--format", "json"]))?;
    let report = run.report_with(0)?;
    let logged = &of(&report, &hapi)?["logged"][0];
    must(logged["class"] == "connection refused" && logged["count"] == 12, || {
        run.account(&format!("the link has {logged}"))
    })?;
    let noted = list(&report, "notes").iter().any(|note| {
        note.as_str().is_some_and(|note| note.starts_with("EC920") && note.contains("12 times"))
    });
    must(noted, || run.account("nothing says that the log and the link contradict each other"))?;
    stage.strike()
}

fn of<'a>(report: &'a Value, client: &str) -> Result<&'a Value> {
    let link = list(report, "links").iter().find(|link| text(link, "client") == client);
    link.ok_or_else(|| format!("no link of {client} in {report}"))
}

/// The rows behind econn's own seven, with their outcomes.
fn answered(report: &Value, client: &str) -> Result<Vec<(String, String)>> {
    let rows = list(of(report, client)?, "checks").iter().skip(7);
    Ok(rows.map(|row| (text(row, "check").to_owned(), text(row, "outcome").to_owned())).collect())
}
