//! Two snapshots of what did not change are the same, but for the moment at which each was taken, what was measured, and how
//! many connections the kernel of the machine keeps in mind, which all its programs make.

use super::econn::{Run, econn, run};
use super::{incident, must};
use crate::harness::cast::Play;
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// What tells the moment.
const MOMENT: [&str; 4] = ["taken_at", "up_seconds", "age_seconds", "tracked"];
/// What probes measure, and what they leave in the kernel's counters and in the processes that answer them.
const MEASURED: [&str; 13] = [
    "ms",
    "held_ms",
    "answer_ms",
    "baseline_us",
    "staircases",
    "watched_ms",
    "slowest_ms",
    "overflows",
    "drops",
    "now",
    "open",
    "periods",
    "throttled",
];

pub(super) fn to_diff(cast: &Cast, engine: Engine) -> Result<()> {
    for side in ["none", "serial+stale+bind+endpoint+network"] {
        let play = incident(cast, side)?;
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
        let saved = |name: &str, passive: bool| {
            let file = folder.path().join(name);
            let mut command = econn();
            let arguments = diagnosis::arguments(&stage, play)?;
            command.arg("snapshot").args(&arguments[1..]).arg("--output").arg(&file);
            run(command.args(passive.then_some("--passive")))?.ended_with(&[0])?;
            Ok::<_, String>((file.clone(), own(&read(&file)?, &stage)?))
        };
        for passive in [true, false] {
            let measured = if passive { &[][..] } else { &MEASURED };
            let (_, first) = saved("a.json", passive)?;
            let (packed, second) = saved("b.json.gz", passive)?;
            let mut other = vec![];
            differing("", &first, &second, &mut |path| {
                let is_known = |key: &str| MOMENT.contains(&key) || measured.contains(&key);
                if !path.split('.').any(is_known) {
                    other.push(path.to_owned());
                }
            });
            must(other.is_empty(), || format!("{side}, passive {passive}: {other:?}"))?;
            let judged =
                || run(econn().args(["diagnose", "--format", "json", "--from"]).arg(&packed));
            must(judged()?.stdout == judged()?.stdout, || "one file, two reports".into())?;
            if passive {
                as_live(&stage, play, &judged()?)?;
            }
        }
        stage.strike()?;
    }
    Ok(())
}

/// The report on a snapshot is that on the containers themselves, but for the moment.
fn as_live(stage: &Stage, play: &Play, replayed: &Run) -> Result<()> {
    let live = run(econn().args(diagnosis::arguments(stage, play)?).args([
        "--passive",
        "--format",
        "json",
    ]))?;
    let own = |report: Value| {
        let mut own = report;
        own["notes"] = Value::Null;
        own["taken_at"] = Value::Null;
        serde_json::to_string_pretty(&own).map_err(|trouble| trouble.to_string())
    };
    let (seen, again) = (own(live.report()?)?, own(replayed.report()?)?);
    must(seen == again && live.exit() == replayed.exit(), || {
        live.account(&format!("the same facts gave, from a file:\n{again}"))
    })
}

/// A snapshot's own file, packed or not.
fn read(file: &Path) -> Result<Value> {
    let mut bytes = std::fs::read(file).map_err(|trouble| trouble.to_string())?;
    if file.extension().is_some_and(|ending| ending == "gz") {
        let packed = std::mem::take(&mut bytes);
        let read = flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes);
        read.map_err(|trouble| format!("{}: {trouble}", file.display()))?;
    }
    serde_json::from_slice(&bytes).map_err(|trouble| format!("{}: {trouble}", file.display()))
}

/// What the snapshot says of this scene: other tests may change the rest meanwhile.
fn own(snapshot: &Value, stage: &Stage) -> Result<Value> {
    let namespace = stage.words.fill("{{ns}}")?;
    let is_own = |value: &&Value| text(value, "name").contains(&namespace);
    let mut own = snapshot.clone();
    for kind in ["containers", "networks"] {
        own[kind] = list(snapshot, kind).iter().filter(is_own).cloned().collect();
        must(own[kind][0].is_object(), || format!("no {kind} of the scene"))?;
    }
    let subnets: Vec<Value> =
        list(&own, "networks").iter().flat_map(|n| list(n, "subnets").to_vec()).collect();
    for machine in own["machines"].as_object_mut().into_iter().flat_map(|m| m.values_mut()) {
        if let Some(routes) = machine["routes"].as_array_mut() {
            routes.retain(|route| subnets.contains(&route["subnet"]));
            must(!routes.is_empty(), || "no route to a network of the scene".into())?;
        }
    }
    own["notes"] = Value::Null;
    own["redactions"] = Value::Null;
    Ok(own)
}

/// Tells the path of every value that is not the same.
fn differing(path: &str, one: &Value, other: &Value, tell: &mut dyn FnMut(&str)) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, value) in a {
                differing(&format!("{path}.{key}"), value, &b[key], tell);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (value, other)) in a.iter().zip(b).enumerate() {
                differing(&format!("{path}.{at}"), value, other, tell);
            }
        }
        _ if one == other => {}
        _ => tell(path),
    }
}
