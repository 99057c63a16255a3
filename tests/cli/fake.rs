//! A small fake engine behind a real socket: it answers as a Docker engine with a client and its server does, but for the
//! path that a test breaks. One request for each connection; its threads end with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};

/// What is done instead of a healthy answer.
pub(crate) type Breaks = Arc<dyn Fn(&mut dyn Write) -> std::io::Result<()> + Send + Sync>;

/// Answers in place of the healthy ones, by path.
pub(crate) type Answers = &'static [(&'static str, &'static str)];

pub(crate) struct Fake {
    folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// An engine whose answers to paths with this piece are broken.
    pub(crate) fn start(piece: &'static str, breaks: Breaks) -> Self {
        Self::serving(piece, breaks, &[])
    }

    /// A healthy engine that answers otherwise.
    pub(crate) fn with(answers: Answers) -> Self {
        Self::serving("/never-asked", Arc::new(|_| Ok(())), answers)
    }

    fn serving(piece: &'static str, breaks: Breaks, answers: Answers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("engine.sock")).unwrap();
        let asked = Arc::new(Mutex::new(vec![]));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (breaks, noted) = (Arc::clone(&breaks), Arc::clone(&noted));
                // A client that breaks off is one of the things that are tested.
                std::thread::spawn(move || drop(serve(&stream, piece, &breaks, &noted, answers)));
            }
        });
        Self { folder, asked }
    }

    /// A healthy engine.
    pub(crate) fn well() -> Self {
        Self::with(&[])
    }

    pub(crate) fn host(&self) -> String {
        format!("unix://{}/engine.sock", self.folder.path().display())
    }

    /// Whether a path with this piece was asked for.
    pub(crate) fn was_asked(&self, piece: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|line| line.contains(piece))
    }
}

fn serve(
    stream: &std::os::unix::net::UnixStream,
    piece: &str,
    breaks: &Breaks,
    noted: &Mutex<Vec<String>>,
    answers: Answers,
) -> std::io::Result<()> {
    let Some(line) = asked(stream)? else { return Ok(()) };
    noted.lock().unwrap().push(line.clone());
    let mut out = stream;
    if line.contains(piece) {
        return breaks(&mut out);
    }
    let path = line.split(' ').nth(1).unwrap_or_default();
    let own = answers.iter().find(|(known, _)| path.split('?').next() == Some(known));
    out.write_all(&own.map_or_else(|| healthy(path), |(_, body)| answer("200 OK", body)))
}

/// The first line of a request, whose rest is read and left.
pub(crate) fn asked(stream: impl Read) -> std::io::Result<Option<String>> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            return Ok(Some(first.trim_end().to_owned()));
        }
    }
}

/// What a healthy engine answers.
pub(crate) fn healthy(path: &str) -> Vec<u8> {
    let (status, body) = match path.split('?').next().unwrap_or_default() {
        "/_ping" => ("200 OK", "OK".to_owned()),
        "/containers/json" => (
            "200 OK",
            r#"[{"Id":"c1","Names":["/client"]},{"Id":"s1","Names":["/server"]}]"#.to_owned(),
        ),
        "/containers/c1/json" => {
            ("200 OK", container("client", r#"["API_URL=http://server:8080"]"#))
        }
        "/containers/s1/json" => ("200 OK", container("server", "[]")),
        "/networks" => ("200 OK", r#"[{"Name":"net","Driver":"bridge"}]"#.to_owned()),
        "/info" => ("200 OK", r#"{"ID":"FAKE","Name":"fake"}"#.to_owned()),
        _ => ("404 Not Found", r#"{"message":"no such thing"}"#.to_owned()),
    };
    answer(status, &body)
}

fn container(name: &str, env: &str) -> String {
    format!(
        r#"{{"Name":"/{name}","Image":"sha256:1","Path":"serve","Args":[],
            "State":{{"Status":"running","Pid":0}},
            "Config":{{"Image":"app:1","Env":{env}}},
            "HostConfig":{{"NetworkMode":"net"}},
            "NetworkSettings":{{"Networks":{{"net":{{"IPAddress":"192.0.2.7"}}}}}}}}"#
    )
}

/// A whole answer.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
