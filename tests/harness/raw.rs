//! The engine's API without any library: the measure for what econn may cost on top.

use super::{Engine, Result};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::Instant;

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

/// One call. HTTP/1.0 ends the answer by closing, which needs no parsing.
pub(crate) fn get(engine: Engine, path: &str) -> Result<Value> {
    let socket = engine.host();
    let told = |trouble: std::io::Error| format!("{socket}{path}: {trouble}");
    let mut stream = UnixStream::connect(socket.trim_start_matches("unix://")).map_err(told)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: lab\r\n\r\n").map_err(told)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(told)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(|trouble| format!("{socket}{path}: {trouble}"))
}
