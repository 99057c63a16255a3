//! Who pastes what the report proposes has repaired the link.

use super::econn::{Run, econn, run};
use super::{incident, must, scene};
use crate::harness::cast::Play;
use crate::harness::stage::Stage;
use crate::harness::verdict::{findings, list, text};
use crate::harness::{Cast, Engine, Result, diagnosis, symptom};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

const PATCHED: &str = r#"
about = "a file with a wrong address between secrets, and one with a wrong address beside a user"

[[network]]
name = "net"

[[container]]
name = "server"
command = ["python3", "-m", "http.server", "8080"]
networks = ["net"]
listens = [8080]
publish = ["18141:8080"]

[[container]]
name = "client"
networks = ["net"]
[container.mounts."/etc/app"]
"app.yaml" = """
env:
  - name: DB_PASSWORD
    value: hunter
llm:
  model: mock
  upstreams: ["http://127.0.0.1:{{18141}}"]
  retries: 3
  token:
    hunter
other: http://ci:hunter@127.0.0.1:{{18141}}/x
"""

[[symptom]]
client = "client"
url = "http://127.0.0.1:{{18141}}"
sees = "connection refused"
"#;

/// The endpoint and the network are wrong; the report's own words mend both.
pub(super) fn is_usable(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "endpoint+network")?;
    let mut stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let (hapi, server) = (stage.words.name("hapi")?, stage.words.name("mock-llm-aianalysis")?);
    let diagnose = || -> Result<Run> {
        run(econn().args(diagnosis::arguments(&stage, play)?).args(["--format", "json"]))
    };
    let before = diagnose()?;
    let report = before.report_with(1)?;
    let fixes = fixes(&report, "EC401");

    // `set VARIABLE of hapi to URL and start it again (-e VARIABLE=URL)`
    let option = fixes.iter().find_map(|(say, _)| say.split_once("(-e ")?.1.split_once(')'));
    let (name, url) = option
        .and_then(|(option, _)| option.split_once('='))
        .ok_or_else(|| before.account("EC401 proposes no variable to start the client with"))?;
    must(name == "LLM_ENDPOINT", || before.account("EC401 must name the variable that is wrong"))?;
    let connect = self::fixes(&report, "EC501");
    let connect = connect.iter().find(|(_, command)| command.contains("network connect"));
    let (_, connect) =
        connect.ok_or_else(|| before.account("EC501 proposes no network connect"))?;
    let edit = fixes.iter().find(|(_, command)| command.starts_with("sed "));
    let (_, edit) = edit.ok_or_else(|| before.account("EC401 proposes no edit of the file"))?;

    let mut client =
        play.scene.container.iter().find(|container| container.name == "hapi").cloned();
    let client = client.as_mut().ok_or("the incident has no hapi")?;
    client.env.insert(name.to_owned(), url.to_owned());
    stage.replace(client)?;
    paste(edit)?;
    paste(connect)?;
    engine.run(["restart", "--time=0", &hapi])?;

    let after = run(econn().args(diagnosis::arguments(&stage, play)?).args(["--format", "json"]))?;
    let report = after.report_with(0)?;
    let [link] = list(&report, "links") else {
        return Err(after.account("variable and file must tell the same address: one link"));
    };
    for check in ["endpoint-config", "shared-network"] {
        let row = list(link, "checks").iter().find(|row| text(row, "check") == check);
        must(row.is_some_and(|row| text(row, "outcome") == "pass"), || {
            after.account(&format!("{check} must pass after its repair"))
        })?;
    }
    let meant = text(&link["server"], "container") == server;
    must(meant, || after.account("the proposed address must mean the server"))?;
    let told: Vec<&str> =
        list(&link["endpoint"], "sources").iter().map(|source| text(source, "kind")).collect();
    must(told == ["env", "file"], || after.account("the file must tell the proposed address"))?;

    let seen = symptom::call(&stage, &hapi, url, false)?;
    must(seen == "200", || format!("{hapi} calling the proposed {url} sees {seen}"))?;
    stage.strike()
}

/// A file tells a wrong port in the middle of other things; the report's own patch mends it, and shows nothing else of it.
pub(super) fn patch_is_usable(_: &Cast, engine: Engine) -> Result<()> {
    let play = Play { name: "patch".into(), scene: scene(PATCHED)?, on: vec![] };
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let diagnose =
        || run(econn().args(diagnosis::arguments(&stage, &play)?).args(["--format", "json"]));
    let before = diagnose()?;
    let report = before.report_with(1)?;
    let client = stage.words.name("client")?;
    let is_its = |link: &&Value| text(link, "client") == client;
    let patches: Vec<&str> = list(&report, "links")
        .iter()
        .filter(is_its)
        .flat_map(findings)
        .flat_map(|finding| list(finding, "fix"))
        .filter_map(|fix| fix["patch"].as_str())
        .collect();
    let [patch] = patches[..] else {
        return Err(
            before.account("EC401 must propose one patch: that of the line without a secret")
        );
    };
    must(!before.stdout.contains("hunter"), || before.account("a neighbour's value was shown"))?;
    apply(patch)?;

    let after = diagnose()?;
    let report = after.report()?;
    let named = format!("http://{}:8080", stage.words.name("server")?);
    let link = list(&report, "links")
        .iter()
        .filter(is_its)
        .find(|link| text(&link["endpoint"], "url") == named);
    // The server of this scene has a short queue, which is another matter.
    must(link.is_some_and(|link| matches!(text(link, "outcome"), "pass" | "warn")), || {
        after.account(&format!("{named} must be healthy after the patch"))
    })?;
    stage.strike()
}

/// Applies a proposed patch, whose paths are those of this machine.
pub(super) fn apply(patch: &str) -> Result<()> {
    let mut git = Command::new("git")
        .args(["-C", "/", "apply", "--unidiff-zero", "-p1", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|trouble| trouble.to_string())?;
    let fed = git.stdin.take().map(|mut input| input.write_all(patch.as_bytes()));
    let applied = git.wait().is_ok_and(|status| status.success()) && matches!(fed, Some(Ok(())));
    must(applied, || format!("the patch does not apply:\n{patch}"))
}

/// What the finding proposes: words, and a command where there is one.
fn fixes(report: &Value, code: &str) -> Vec<(String, String)> {
    let found = list(report, "links").iter().flat_map(findings);
    found
        .filter(|finding| text(finding, "code") == code)
        .flat_map(|finding| list(finding, "fix"))
        .map(|fix| (text(fix, "say").to_owned(), text(fix, "command").to_owned()))
        .collect()
}

/// Runs a proposed command as it stands, in a shell whose engines are those of the tests.
fn paste(command: &str) -> Result<()> {
    let output = Command::new("sh")
        .args(["-c", command])
        .env("DOCKER_HOST", Engine::Docker.host())
        .env("CONTAINER_HOST", Engine::Podman.host())
        .output()
        .map_err(|trouble| trouble.to_string())?;
    must(output.status.success(), || {
        format!("the proposed {command:?} fails: {}", String::from_utf8_lossy(&output.stderr))
    })
}
