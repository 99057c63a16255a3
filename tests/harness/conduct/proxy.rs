//! A proxy before an engine's socket: it writes every call down, can break the answers, and can stop the world when a
//! certain call has been answered.
//!
//! One call for each connection, stored and passed on: simple enough to be believed. Its threads end with the test.

use crate::harness::{Engine, Result};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection closes, and the socket is gone.
    Gone,
    /// Half of the answer, then the connection closes.
    Cut,
    /// Success, with a body that is not what it should be.
    Garbage,
    /// Success, with this body.
    Says(&'static str),
    /// Bytes that are no HTTP.
    Noise,
    /// Status 500.
    Ill,
    /// Nothing, and the connection stays open.
    Silent,
}

/// Which calls are broken, and where to stop.
#[derive(Default)]
pub(super) struct Plan {
    /// The first call that is broken, counted from 1, and how.
    pub(super) fault: Option<(usize, Fault)>,
    /// Only calls with this piece in their path are broken.
    pub(super) path: String,
    /// Only that call is broken, and the next one is well.
    pub(super) once: bool,
    /// The first answered call of this kind is held back until `resume`.
    pub(super) pause: Option<fn(&Call) -> bool>,
}

/// One call that came by.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: String,
    /// The text of the engine's answer; empty where it was not asked.
    pub(super) answer: String,
    pub(super) broken: bool,
}

impl Call {
    pub(super) fn makes_a_container(&self) -> bool {
        self.method == "POST" && self.path.contains("/containers/create")
    }

    /// The id of the container that the call has made.
    pub(super) fn made(&self) -> Option<&str> {
        self.makes_a_container().then_some(())?;
        self.answer.split_once("\"Id\":\"")?.1.split('"').next()
    }
}

pub(super) struct Proxy {
    folder: tempfile::TempDir,
    shared: Arc<Shared>,
    paused: Receiver<()>,
    resume: Sender<()>,
}

struct Shared {
    engine: String,
    socket: PathBuf,
    plan: Plan,
    calls: Mutex<Vec<Call>>,
    ended: AtomicBool,
    /// Says that the world stands still, and waits to go on; taken by the first call that pauses.
    gate: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl Proxy {
    pub(super) fn start(engine: Engine, plan: Plan) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
        let socket = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&socket).map_err(|trouble| trouble.to_string())?;
        let (tell_paused, paused) = channel();
        let (resume, resumed) = channel();
        let shared = Arc::new(Shared {
            engine: engine.host().trim_start_matches("unix://").to_owned(),
            socket,
            calls: Mutex::default(),
            ended: AtomicBool::new(false),
            gate: Mutex::new(plan.pause.map(|_| (tell_paused, resumed))),
            plan,
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.has_ended() {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A client that breaks off is one of the things that are tested.
                std::thread::spawn(move || drop(shared.serve(&stream)));
            }
        });
        Ok(Self { folder, shared, paused, resume })
    }

    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("engine.sock").display())
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.shared.calls().clone()
    }

    /// Waits until the call to pause at has been answered by the engine.
    pub(super) fn wait_for_pause(&self) -> Result<()> {
        let came = self.paused.recv_timeout(Duration::from_secs(20));
        came.map_err(|_| format!("the awaited call never came; these did: {:#?}", self.calls()))
    }

    pub(super) fn resume(&self) {
        let _ = self.resume.send(());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Nobody gets in any more.
    fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = UnixStream::connect(&self.socket);
        let _ = fs::remove_file(&self.socket);
    }

    fn serve(&self, mut client: &UnixStream) -> std::io::Result<()> {
        let Some((head, mut call)) = read_call(client)? else { return Ok(()) };
        if self.has_ended() {
            return Ok(());
        }
        let (place, fault) = self.note(&mut call);
        let asked = matches!(fault, None | Some(Fault::Cut));
        let bytes = if asked { self.ask(&head, &call.body)? } else { vec![] };
        call.answer = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(known) = self.calls().get_mut(place) {
            known.answer.clone_from(&call.answer);
        }
        if self.plan.pause.is_some_and(|here| here(&call)) {
            let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((paused, resumed)) = gate {
                let _ = paused.send(());
                let _ = resumed.recv_timeout(Duration::from_secs(20));
            }
        }
        match fault {
            None => client.write_all(&bytes),
            Some(Fault::Cut) => client.write_all(&bytes[..bytes.len() / 2]),
            Some(Fault::Gone) => {
                self.end();
                Ok(())
            }
            Some(Fault::Garbage) => answer(client, "200 OK", "[{\"Id\": 7, \"Names\""),
            Some(Fault::Says(body)) => answer(client, "200 OK", body),
            Some(Fault::Ill) => {
                answer(client, "500 Internal Server Error", "{\"message\":\"ill\"}")
            }
            Some(Fault::Noise) => client.write_all(b"\x00\xff\x13 what is HTTP?\n\n\x00"),
            Some(Fault::Silent) => {
                while !self.has_ended() {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Ok(())
            }
        }
    }

    /// Writes the call down, and says where, and what becomes of its answer.
    fn note(&self, call: &mut Call) -> (usize, Option<Fault>) {
        let mut calls = self.calls();
        let number = calls.len() + 1;
        let Plan { fault, once, path, .. } = &self.plan;
        let reached = |first: usize| if *once { number == first } else { number >= first };
        let fault = fault.filter(|(first, _)| reached(*first) && call.path.contains(path));
        call.broken = fault.is_some();
        calls.push(call.clone());
        (number - 1, fault.map(|(_, fault)| fault))
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, head: &str, body: &str) -> std::io::Result<Vec<u8>> {
        let mut engine = UnixStream::connect(&self.engine)?;
        engine.write_all(head.as_bytes())?;
        engine.write_all(body.as_bytes())?;
        let mut bytes = vec![];
        engine.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The head to pass on, which asks for one answer only, and the call. `None` where the client only knocked.
fn read_call(client: &UnixStream) -> std::io::Result<Option<(String, Call)>> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0_usize);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut words = head.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    head.push_str("Connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some((head, Call { method, path, body, answer: String::new(), broken: false })))
}

fn answer(mut client: &UnixStream, status: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
