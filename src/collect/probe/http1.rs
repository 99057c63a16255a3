//! As much HTTP/1.1 as the concurrency probes need on plain sockets: they must hold a connection in
//! a chosen state and see the very moment of the first byte, which a client library hides. It
//! understands status lines and where a reply ends.

use crate::redact::shown;

use super::reply::{Line, MAX_REPLY, Progress, progress, status_line};
use std::fmt::Write;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the rest of a reply is waited for, so that the server need not see its client vanish in
/// the middle.
const REST: Duration = Duration::from_millis(250);

/// The request in the three shapes that the probes send.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// Complete; the server closes afterwards.
    pub(super) fresh: String,
    /// Complete; the connection is to be kept open.
    pub(super) kept: String,
    /// The first half: a server goes on reading.
    pub(super) half: String,
    /// The path as it is sent.
    pub(super) path: String,
}

impl Ask {
    /// A GET of `path`. Whatever has no place in a request line or a header is encoded or left out.
    pub(super) fn new(host: &str, path: &str) -> Self {
        let path = request_target(path);
        let host: String = host.chars().filter(char::is_ascii_graphic).collect();
        let half = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: econn\r\n");
        let whole =
            |connection: &str| format!("{half}Accept: */*\r\nConnection: {connection}\r\n\r\n");
        Self { fresh: whole("close"), kept: whole("keep-alive"), half, path }
    }

    /// The path without what may be a secret in it.
    pub(super) fn shown(&self) -> String {
        shown(&self.path)
    }
}

fn request_target(path: &str) -> String {
    let mut target = String::from(if path.starts_with('/') { "" } else { "/" });
    for byte in path.split('#').next().unwrap_or_default().bytes() {
        if byte.is_ascii_graphic() {
            target.push(char::from(byte));
        } else {
            let _ = write!(target, "%{byte:02X}");
        }
    }
    target
}

/// Why there is no status line.
#[derive(Debug)]
pub(super) enum Silence {
    /// Closed without a byte, or in the middle of the line.
    Closed,
    /// Reset, or refused at the connect.
    CutOff,
    /// Bytes that are not HTTP.
    NotHttp,
    /// Another error of the probe's own side.
    Other(io::Error),
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused => Self::CutOff,
            _ => Self::Other(error),
        }
    }
}

/// One connection and what came back on it so far.
pub(super) struct Talk {
    stream: TcpStream,
    seen: Vec<u8>,
}

impl Talk {
    pub(super) async fn connect(to: SocketAddr) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(to).await?, seen: Vec::new() })
    }

    pub(super) async fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await
    }

    /// Waits for the status line.
    pub(super) async fn status(&mut self) -> Result<u16, Silence> {
        loop {
            match status_line(&self.seen) {
                Line::Status(status) => return Ok(status),
                Line::NotHttp => return Err(Silence::NotHttp),
                Line::More if self.more().await? == 0 => return Err(Silence::Closed),
                Line::More => {}
            }
        }
    }

    /// Waits for the whole reply; true when the server then keeps the connection open.
    pub(super) async fn whole(&mut self) -> Result<bool, Silence> {
        loop {
            match progress(&self.seen) {
                Progress::Done { kept } => return Ok(kept),
                Progress::NoEnd => return Ok(false),
                Progress::More if self.more().await? == 0 => return Err(Silence::Closed),
                Progress::More => {}
            }
        }
    }

    /// Reads the rest of the reply, for a moment, and hangs up.
    pub(super) async fn finish(mut self) {
        let rest = async {
            while matches!(progress(&self.seen), Progress::More) && self.seen.len() < MAX_REPLY {
                if !matches!(self.more().await, Ok(1..)) {
                    break;
                }
            }
        };
        let _ = timeout(REST, rest).await;
    }

    /// Waits until the server closes the connection or says something unasked.
    pub(super) async fn stirred(&self) {
        let mut byte = [0];
        loop {
            if self.stream.readable().await.is_err() {
                return;
            }
            match self.stream.try_read(&mut byte) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                _ => return,
            }
        }
    }

    async fn more(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.seen).await
    }
}

#[cfg(test)]
mod tests {
    use super::Ask;

    #[test]
    fn a_request_holds_nothing_but_one_request() {
        let ask = Ask::new("mock\r\nX: 1", "a b\r\nEvil: 1#part");
        assert_eq!(ask.path, "/a%20b%0D%0AEvil:%201");
        assert!(
            ask.fresh.starts_with("GET /a%20b%0D%0AEvil:%201 HTTP/1.1\r\nHost: mockX:1\r\n"),
            "{}",
            ask.fresh
        );
        assert!(
            ask.fresh.ends_with("Connection: close\r\n\r\n")
                && ask.kept.ends_with("Connection: keep-alive\r\n\r\n")
        );
        assert!(!ask.half.contains("\r\n\r\n"));
        assert_eq!(Ask::new("h", "").path, "/");
    }
}
