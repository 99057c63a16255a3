//! A diagnosis changes nothing of the user's: not on the engine, not on the disk, and no call tries to.

use super::econn::{OWNER, econn, run};
use super::proxy::{Call, Plan, Proxy};
use super::{incident, must, scene};
use crate::harness::cast::Play;
use crate::harness::stage::Stage;
use crate::harness::{Cast, Engine, Result, diagnosis, raw};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How often a difference must show until it is econn's: others may use the engine at the same time.
const ROUNDS: usize = 3;

/// A server whose image asks for a volume: the engine makes one for each container of it, ours among them.
const WITH_A_VOLUME: &str = r#"
about = "the image has a volume"
[[network]]
name = "net"
[[build]]
name = "server"
[build.files]
"Dockerfile" = """
FROM econn-lab-python:1
COPY server.py /app/server.py
VOLUME /data
CMD ["python3", "/app/server.py"]
"""
"server.py" = """
import http.server
server = http.server.ThreadingHTTPServer
server.request_queue_size = 128
server(("0.0.0.0", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
[[container]]
name = "server"
build = "server"
networks = ["net"]
listens = [8080]
[[container]]
name = "client"
networks = ["net"]
env = { API_URL = "http://{{server}}:8080" }
[source]
server = "server"
"#;

pub(super) fn nothing(cast: &Cast, engine: Engine) -> Result<()> {
    of(incident(cast, "serial+stale+bind+endpoint+network")?, engine, 1)
}

/// The same where the containers that read the image get volumes of their own.
pub(super) fn no_volume(_: &Cast, engine: Engine) -> Result<()> {
    let play = Play { name: "with-a-volume".into(), scene: scene(WITH_A_VOLUME)?, on: Vec::new() };
    of(&play, engine, 0)
}

fn of(play: &Play, engine: Engine, exit: i32) -> Result<()> {
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let mut differences = vec![];
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
        let before = objects(engine)?;
        let proxy = Proxy::start(engine, Plan::default())?;
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, play)?).args(["--host", &proxy.host()]);
        for variable in ["HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(variable, folder.path());
        }
        let run = run(command.args(["--format", "json"]).current_dir(folder.path()))?;
        let after = objects(engine)?;
        run.report_with(exit)?;
        only_own_containers(&proxy.calls())?;
        let files = std::fs::read_dir(folder.path()).map_err(|trouble| trouble.to_string())?;
        must(files.count() == 0, || run.account("a file was left"))?;
        if before == after {
            return stage.strike();
        }
        differences.push(differing(&before, &after));
    }
    Err(format!("the engine's objects are not what they were, each time:\n{differences:#?}"))
}

/// Everything that the engine holds: containers with their states and networks, networks, images, volumes.
fn objects(engine: Engine) -> Result<BTreeSet<String>> {
    let mut objects = BTreeSet::new();
    let mut add = |kind: &str, list: &Value, keep: &[&str]| {
        for object in list.as_array().into_iter().flatten() {
            let kept: Vec<&Value> = keep.iter().map(|key| &object[key]).collect();
            objects.insert(format!("{kind} {}", json!(kept)));
        }
    };
    let keep = ["Id", "Names", "Image", "ImageID", "State", "Labels", "Ports", "NetworkSettings"];
    add("container", &raw::get(engine, "/v1.41/containers/json?all=1")?, &keep);
    let keep = ["Id", "Name", "Driver", "Internal", "IPAM", "Options", "Labels"];
    add("network", &raw::get(engine, "/v1.41/networks")?, &keep);
    add("image", &raw::get(engine, "/v1.41/images/json?all=1")?, &["Id", "RepoTags"]);
    let volumes = raw::get(engine, "/v1.41/volumes")?;
    add("volume", &volumes["Volumes"], &["Name", "Mountpoint", "Labels"]);
    Ok(objects)
}

fn differing(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    let gone = before.difference(after).map(|object| format!("gone: {object}"));
    gone.chain(after.difference(before).map(|object| format!("new: {object}"))).collect()
}

/// Calls read, or make and remove a container of our own, which is never started.
pub(super) fn only_own_containers(calls: &[Call]) -> Result<()> {
    let made: Vec<&str> = calls.iter().filter_map(Call::made).collect();
    must(!made.is_empty(), || "the image was read without a container of its own?".to_owned())?;
    for call in calls {
        let own = match call.method.as_str() {
            "GET" | "HEAD" => true,
            "POST" => call.makes_a_container() && is_labelled(&call.body),
            "DELETE" => made.iter().any(|id| {
                let path = call.path.split('?').next().unwrap_or_default();
                path.ends_with(&format!("/containers/{id}"))
            }),
            _ => false,
        };
        must(own, || format!("a call that changes what is not econn's: {call:#?}"))?;
    }
    for id in made {
        let removed = calls.iter().any(|call| call.method == "DELETE" && call.path.contains(id));
        must(removed, || format!("the helper {id} was never removed"))?;
    }
    Ok(())
}

fn is_labelled(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["Labels"][OWNER].as_str().is_some_and(|owner| !owner.is_empty())
}
