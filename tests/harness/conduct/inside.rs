//! econn inside a container that was given the engine's socket: its own surroundings are a stranger's.

use super::econn::{PATIENCE, Run, start};
use super::{incident, must};
use crate::harness::engine::BASE_IMAGE;
use crate::harness::scene::Container;
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis, run_id};

/// What only the namespaces of the server and the client can tell.
const NEEDS_THE_NAMESPACE: [&str; 2] = ["bind-address", "server-concurrency"];

/// On a healthy scene nothing fails, and on a broken one nothing passes that was not seen. Beside econn somebody listens
/// on the very ports of the scene, so that a look at the wrong sockets would show.
pub(super) fn knows_its_place(cast: &Cast, engine: Engine) -> Result<()> {
    for (side, exits) in [("none", &[3][..]), ("serial+bind+endpoint", &[1, 3])] {
        let mut play = incident(cast, side)?.clone();
        play.scene.container.push(by_itself());
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let mut arguments = diagnosis::arguments(&stage, &play)?;
        // The source's folder is not inside.
        if let Some(at) = arguments.iter().position(|word| word == "--source") {
            arguments.drain(at..at + 2);
        }
        // What can't be entered from there is not seen, unless a sidecar may look.
        arguments.extend(["--vantage".into(), "netns".into()]);
        let run = inside(engine, &stage.words.fill("{{18141}}")?, &arguments)?;
        run.ended_with(exits)?;
        let report = run.report_with(run.exit())?;
        let (hapi, itself) = (stage.words.name("hapi")?, stage.words.name("itself")?);
        let link_of = |client: &str| {
            let found = list(&report, "links").iter().find(|link| text(link, "client") == client);
            found.ok_or_else(|| run.account(&format!("the environment tells {client} a link")))
        };
        let (link, own) = (link_of(&hapi)?, link_of(&itself)?);
        must(["unknown", "skip"].contains(&text(own, "outcome")), || {
            run.account(&format!("whether {itself} means itself was not seen"))
        })?;
        for row in list(link, "checks") {
            let (check, outcome) = (text(row, "check"), text(row, "outcome"));
            if NEEDS_THE_NAMESPACE.contains(&check) {
                must(outcome == "unknown", || run.account(&format!("{check} was not seen")))?;
            }
            must(outcome != "fail" || check == "endpoint-config", || {
                run.account(&format!("{check} blames what was not seen"))
            })?;
        }
        let told = list(link, "checks").iter().find(|row| text(row, "check") == "endpoint-config");
        let told = told.map_or("", |row| text(row, "outcome"));
        let right: &[&str] =
            if side == "none" { &["pass", "unknown"] } else { &["fail", "unknown"] };
        must(right.contains(&told), || run.account(&format!("endpoint-config must be {right:?}")))?;
        stage.strike()?;
    }
    Ok(())
}

/// With sidecars it sees what it would see outside, and the strangers beside it as little as ever.
pub(super) fn sees_by_sidecars(cast: &Cast, engine: Engine) -> Result<()> {
    for (side, exit, chain) in
        [("none", 0, &[][..]), ("serial+bind+endpoint", 1, &["EC401", "EC301", "EC101"])]
    {
        let mut play = incident(cast, side)?.clone();
        play.scene.container.push(by_itself());
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let mut arguments = diagnosis::arguments(&stage, &play)?;
        if let Some(at) = arguments.iter().position(|word| word == "--source") {
            arguments.drain(at..at + 2);
        }
        let run = inside(engine, &stage.words.fill("{{18141}}")?, &arguments)?;
        let report = run.report_with(exit)?;
        let link = |client: &str| {
            let client = stage.words.name(client)?;
            let found = list(&report, "links").iter().find(|link| text(link, "client") == client);
            found.ok_or_else(|| run.account(&format!("no link of {client}")))
        };
        let told: Vec<&str> =
            list(link("hapi")?, "chain").iter().filter_map(serde_json::Value::as_str).collect();
        must(told == chain, || run.account(&format!("the chain must be {chain:?}")))?;
        let own = text(link("itself")?, "outcome");
        must(["pass", "warn"].contains(&own), || run.account("it rightly means itself"))?;
        stage.strike()?;
    }
    Ok(())
}

/// A client that rightly calls its own loopback, while another container serves that port, too.
fn by_itself() -> Container {
    Container {
        name: "itself".into(),
        command: ["python3", "-m", "http.server", "8080"].map(str::to_owned).to_vec(),
        env: [("SELF_API_URL".to_owned(), "http://127.0.0.1:8080".to_owned())].into(),
        listens: vec![8080],
        ..Container::default()
    }
}

fn inside(engine: Engine, published: &str, arguments: &[String]) -> Result<Run> {
    let strangers = format!(
        "for port in 8080 {published}; do python3 -m http.server $port >/dev/null 2>&1 & done; sleep 1; exec \"$@\""
    );
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    let mut command = engine.command();
    command.args(["run", "--rm", "--pull=never"]);
    command.arg(format!("--label=econn.lab={}", run_id()));
    command.arg(format!("--volume={}:/econn:ro", env!("CARGO_BIN_EXE_econn")));
    command.arg(format!("--volume={socket}:/run/engine.sock"));
    command.args([BASE_IMAGE, "sh", "-c", &strangers, "sh", "/econn"]).args(arguments);
    command.args(["--host", "unix:///run/engine.sock", "--format", "json"]);
    start(&mut command)?.end(PATIENCE)
}
