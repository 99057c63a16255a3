//! The engine's API without any library: the measure for what econn may cost on top, and a quick hand for what every scene
//! does a few times, where the engine's own program would take longer to start than the engine to answer.

use super::engine::RACES;
use super::{Engine, Result};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many calls are under way at once.
const PARALLEL: usize = 8;

/// Lists the containers, inspects them all, lists the networks; milliseconds.
pub(crate) fn scan(engine: Engine) -> Result<f64> {
    let started = Instant::now();
    let listed = get(engine, "/v1.41/containers/json?all=1")?;
    let ids =
        listed.as_array().into_iter().flatten().filter_map(|container| container["Id"].as_str());
    let waiting = Mutex::new(ids.map(str::to_owned).collect::<Vec<_>>());
    let next = || waiting.lock().ok().and_then(|mut ids| ids.pop());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..PARALLEL)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(id) = next() {
                        get(engine, &format!("/v1.41/containers/{id}/json"))?;
                    }
                    Ok::<(), String>(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;
    get(engine, "/v1.41/networks")?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// One call that reads.
pub(crate) fn get(engine: Engine, path: &str) -> Result<Value> {
    let body = call(engine, "GET", path)?;
    serde_json::from_str(&body).map_err(|trouble| format!("{engine}{path}: {trouble}"))
}

/// One call, which has to succeed, and the body of its answer. An engine that stumbles over another scene is asked again.
pub(crate) fn call(engine: Engine, method: &str, path: &str) -> Result<String> {
    let mut patience = 2;
    loop {
        let (status, body) = answer(engine, method, path)?;
        if (200..400).contains(&status) {
            return Ok(body);
        }
        if patience == 0 || !RACES.iter().any(|race| body.contains(race)) {
            return Err(format!("{engine} {method} {path}: {status} {}", body.trim()));
        }
        patience -= 1;
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// The status and the body. HTTP/1.0 ends the answer by closing, which needs no parsing.
fn answer(engine: Engine, method: &str, path: &str) -> Result<(u16, String)> {
    let socket = engine.host();
    let told = |trouble: std::io::Error| format!("{socket}{path}: {trouble}");
    let mut stream = UnixStream::connect(socket.trim_start_matches("unix://")).map_err(told)?;
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: lab\r\n\r\n").map_err(told)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(told)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| format!("{socket}{path}: no HTTP: {head:?}"))?;
    Ok((status, body.to_owned()))
}
