//! Sentences of the contract on links, on looking without probing, and on saying the same again, on real engines.

use super::econn::{econn, run};
use super::{must, scene};
use crate::harness::cast::Play;
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::{Value, json};

/// One client that is told the same and different things in every way, and a server that answers all.
const TOLD: &str = r#"
about = "a client that is told its servers in every way"

[[network]]
name = "net"

[[container]]
name = "server"
command = ["python3", "-m", "http.server", "8080"]
networks = ["net"]
listens = [8080]

[[container]]
name = "stopped"
networks = ["net"]
command = ["sh", "-c", "exit 3"]
state = "exited"

[[container]]
name = "client"
networks = ["net"]
command = ["sh", "-c", "while :; do sleep 1; done", "sh", "--upstream=http://{{server}}:8080"]
[container.env]
API_URL = "http://ci:hunter@{{server}}:8080/?token=hunter#hunter"
DB_HOST = "{{server}}"
DB_PORT = "5432"
STOPPED_URL = "http://{{stopped}}:9090"
BARE_URL = "{{server}}:8081"
OUTSIDE_URL = "https://api.example.com"
LISTEN_ADDR = "0.0.0.0:8000"
CORS_ALLOWED_ORIGINS = "http://localhost:3000"
BASE_URL = "http://localhost:8000"
HOST = "localhost"
PORT = "8000"
ANY = "http://0.0.0.0:7000"
ANY_OF_SIX = "http://[::]:7001"
ANY_PORT = ":7002"
HTTPS_PROXY = "http://{{server}}:3128"
NO_PROXY = "localhost"
[container.mounts."/etc/app"]
"app.yaml" = """
service:
  upstreams:
    - url: http://ci:hunter@{{server}}:8080
    - url: http://{{server}}:8082
"""
"app.ini" = """
[web]
url = http://{{server}}:8083
"""
"#;

/// What is a link is one, under the name and from the places that the contract says, and nothing else is.
pub(super) fn holds(_: &Cast, engine: Engine) -> Result<()> {
    let play = Play { name: "told".into(), scene: scene(TOLD)?, on: vec![] };
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let (client, server) = (stage.words.name("client")?, stage.words.name("server")?);
    let stopped = stage.words.name("stopped")?;
    let arguments = diagnosis::arguments(&stage, &play)?;
    let live = run(econn().args(&arguments).args(["--format", "json"]))?;
    let report = live.report_with(1)?;
    must(!live.stdout.contains("hunter"), || live.account("a secret is shown"))?;

    let links = list(&report, "links");
    let found: Vec<&str> = links.iter().map(|link| text(&link["endpoint"], "url")).collect();
    let mut expected = vec![
        format!("http://{server}:8080"),
        format!("http://{server}:8082"),
        format!("http://{server}:8083"),
        format!("http://{stopped}:9090"),
        format!("tcp://{server}:5432"),
        format!("tcp://{server}:8081"),
        "https://api.example.com".to_owned(),
    ];
    expected.sort();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    must(sorted == expected, || live.account(&format!("{sorted:?} are not {expected:?}")))?;

    let link = |url: &str| links.iter().find(|link| text(&link["endpoint"], "url") == url);
    let places = |url: &str| -> Vec<Value> {
        let sources = link(url).map(|link| list(&link["endpoint"], "sources").to_vec());
        let place = |source: &Value| json!([source["kind"], source["name"], source["key"]]);
        sources.unwrap_or_default().iter().map(place).collect()
    };
    for (url, told) in [
        (
            &at(&server, 8080),
            json!([
                ["env", "API_URL", null],
                ["arg", null, null],
                ["file", null, "service.upstreams[0].url"]
            ]),
        ),
        (&at(&server, 8082), json!([["file", null, "service.upstreams[1].url"]])),
        (&at(&server, 8083), json!([["file", null, "web.url"]])),
        (&format!("tcp://{server}:5432"), json!([["env", "DB_HOST", null]])),
    ] {
        let places = json!(places(url));
        must(places == told, || live.account(&format!("{url} is told by {places}, not {told}")))?;
    }
    for link in links {
        let id = format!("{}:{client}->{}", text(link, "engine"), text(&link["endpoint"], "url"));
        must(text(link, "id") == id, || live.account(&format!("{id} is the link's id")))?;
        must(link["endpoint"]["source"] == link["endpoint"]["sources"][0], || {
            live.account("the source is the first of the sources")
        })?;
    }
    let outside = link("https://api.example.com").map(|link| text(link, "outcome"));
    must(outside == Some("skip"), || live.account("the outside world is skipped"))?;
    let its_server = link(&format!("http://{stopped}:9090")).map(|link| link["server"].clone());
    let named = json!({"kind": "container", "container": stopped, "port": 9090});
    must(its_server == Some(named), || live.account("a stopped server is named"))?;

    looks_only(&arguments, &at(&server, 8080))?;
    says_it_again(&arguments)
}

/// The server at a port of it.
fn at(server: &str, port: u16) -> String {
    format!("http://{server}:{port}")
}

/// `--passive` leaves to its reason what only a probe can decide; where nothing else is wrong, nothing is unknown.
fn looks_only(arguments: &[String], healthy: &str) -> Result<()> {
    let passive = run(econn().args(arguments).args(["--passive", "--format", "json"]))?;
    let report = passive.report_with(1)?;
    let link = list(&report, "links").iter().find(|l| text(&l["endpoint"], "url") == healthy);
    for row in link.map(|link| list(link, "checks")).unwrap_or_default() {
        let (check, outcome) = (text(row, "check"), text(row, "outcome"));
        let probed = ["server-concurrency", "network-path"].contains(&check);
        // The length of its queue, which is short, is seen without a probe.
        let seen = check == "server-concurrency" && outcome == "warn";
        must(!probed || seen || (outcome == "skip" && row["reason"] == "--passive"), || {
            passive.account(&format!("{check} needs a probe"))
        })?;
        must(outcome != "unknown", || passive.account(&format!("{check} is unknown")))?;
    }
    must(link.is_some(), || passive.account("the link is there without a probe, too"))
}

/// A snapshot is judged to the same bytes each time, in every format.
fn says_it_again(arguments: &[String]) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let file = folder.path().join("snapshot.json");
    let file = file.to_str().ok_or("a folder that is no text")?;
    let saved = run(econn().arg("snapshot").args(&arguments[1..]).args(["-o", file]))?;
    saved.ended_with(&[0])?;
    must(saved.stdout.is_empty(), || saved.account("a snapshot prints nothing"))?;
    for format in ["json", "table", "markdown", "sarif", "html"] {
        let judge = || {
            run(econn().args(["diagnose", "--from", file, "--format", format, "--color", "never"]))
        };
        let (first, second) = (judge()?, judge()?);
        first.ended_with(&[1])?;
        must(first.stdout == second.stdout && first.stderr.is_empty(), || {
            second.account("the same snapshot gives the same bytes")
        })?;
    }
    Ok(())
}
