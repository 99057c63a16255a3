//! One connection to an engine: opened by its address, and watched, so that no answer is endless.

use super::address::Address;
use super::tls;
use crate::words::words;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

/// No connection may take longer to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// No answer may be larger, in bytes, but those that are read while they arrive by somebody with a limit of their own.
const ANSWER_BYTES: u64 = 64 << 20;
/// How many logins by ssh are under way at once: its servers turn away those who come in crowds.
const LOGINS: usize = 2;

/// Why a connection did not come about, or did not last, in a line for the user.
#[derive(Debug)]
pub(super) struct Failed(pub(super) String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// Bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Opens connections to one engine.
#[derive(Clone)]
pub(super) struct Door {
    address: Arc<Address>,
    tls: Option<Arc<ClientConfig>>,
    logins: Arc<Semaphore>,
    refusal: Refusal,
}

/// Why the engine ended a secured connection, as far as it said so. With TLS 1.3 it says so after the handshake, and that may
/// be between two requests, when nobody waits for an answer that could carry the error.
pub(super) type Refusal = Arc<OnceLock<String>>;

impl Door {
    /// Reads what has to be read before the first connection.
    pub(super) fn new(address: Arc<Address>) -> Result<Self, String> {
        let tls = match &*address {
            Address::Tcp(_, Some(tls)) => Some(Arc::new(tls.config()?)),
            _ => None,
        };
        Ok(Self {
            address,
            tls,
            logins: Arc::new(Semaphore::new(LOGINS)),
            refusal: Refusal::default(),
        })
    }

    /// Where the engine's refusals are told.
    pub(super) fn refusal(&self) -> Refusal {
        Arc::clone(&self.refusal)
    }

    async fn open(self) -> Result<TokioIo<Stream>, Failed> {
        let mut login = None;
        let bytes: Box<dyn Duplex> = match &*self.address {
            Address::Unix(path) => Box::new(
                UnixStream::connect(path).await.map_err(|error| Failed(self.refused(&error)))?,
            ),
            Address::Tcp(authority, _) => {
                let stream = TcpStream::connect(authority.as_str())
                    .await
                    .map_err(|error| Failed(self.refused(&error)))?;
                match self.tls {
                    None => Box::new(stream),
                    Some(config) => Box::new(tls::secure(stream, authority, config).await?),
                }
            }
            Address::Ssh(ssh) => {
                login = Arc::clone(&self.logins).acquire_owned().await.ok();
                ssh.connect()?
            }
        };
        let (address, refusal, left) = (self.address, self.refusal, Some(ANSWER_BYTES));
        Ok(TokioIo::new(Stream { bytes, address, refusal, login, asking: false, left }))
    }

    /// What is wrong with a door that did not open, and what to do.
    fn refused(&self, error: &std::io::Error) -> String {
        let address = &self.address;
        match error.kind() {
            std::io::ErrorKind::NotFound if address.is_socket() => {
                format!("there is no socket at {address}; is the engine installed and started?")
            }
            std::io::ErrorKind::PermissionDenied => match &**address {
                Address::Unix(path) => no_permission(path, address),
                _ => format!("no permission to connect to {address}; does a firewall forbid it?"),
            },
            std::io::ErrorKind::ConnectionRefused => {
                format!("nobody answers at {address}; start the engine")
            }
            // The resolver of names gives its errors no kind of their own.
            _ if error.raw_os_error().is_none() => {
                format!("the name in {address} can't be resolved; check its spelling")
            }
            _ => format!("{address} can't be reached: {}", words(error)),
        }
    }
}

/// Names the group that may use the socket, where there is one.
fn no_permission(path: &Path, address: &Address) -> String {
    let group = path.metadata().ok().filter(|meta| meta.mode() & 0o060 == 0o060);
    let group = group.and_then(|meta| group_name(meta.gid())).filter(|name| name != "root");
    let join = group.map_or_else(
        || "ask its owner".to_owned(),
        |name| format!("join the group that owns the socket, {name} (sudo usermod -aG {name} \"$USER\", then log in again)"),
    );
    format!("no permission on {address}; run as root, or {join}")
}

fn group_name(id: u32) -> Option<String> {
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2)?.parse() == Ok(id)).then(|| fields[0].to_owned())
    })
}

impl Service<Uri> for Door {
    type Response = TokioIo<Stream>;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let door = self.clone();
        Box::pin(async move {
            let late = Failed(format!(
                "{} does not take a connection within {} s",
                door.address,
                CONNECT_LIMIT.as_secs()
            ));
            tokio::time::timeout(CONNECT_LIMIT, door.open()).await.unwrap_or(Err(late))
        })
    }
}

/// One connection to an engine.
pub(super) struct Stream {
    bytes: Box<dyn Duplex>,
    address: Arc<Address>,
    refusal: Refusal,
    /// Held until the far side has said its first word.
    login: Option<OwnedSemaphorePermit>,
    /// Whether the last bytes were ours.
    asking: bool,
    /// How much the answer may still hold; `None` for one that somebody else bounds.
    left: Option<u64>,
}

impl Stream {
    /// Takes note of what came.
    fn came(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.asking = false;
        // An alert of TLS: content type 21, version 3.x.
        let is_first = self.left == Some(ANSWER_BYTES);
        if is_first && self.is_plain() && matches!(bytes, [0x15, 0x03, ..]) {
            return Err(std::io::Error::other(Failed(needs_tls(&self.address))));
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                std::io::Error::other(Failed(format!(
                    "its answer is larger than {} MiB",
                    ANSWER_BYTES >> 20
                )))
            })?;
        }
        Ok(())
    }

    fn is_plain(&self) -> bool {
        matches!(&*self.address, Address::Tcp(_, None))
    }
}

/// What to do where an engine expects TLS and was spoken to without.
pub(super) fn needs_tls(address: &Address) -> String {
    format!(
        "{address} speaks TLS only; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and \
         key.pem, or name a context that has them"
    )
}

/// Whether whoever reads this answer bounds it: archives, events, and what is no longer HTTP.
fn is_bounded_elsewhere(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    ["/archive?", "/attach?", "/events?"].iter().any(|path| line.contains(path))
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.bytes).poll_read(context, buffer);
        match &read {
            Poll::Ready(Ok(())) => {
                self.login = None;
                if let Err(error) = self.came(&buffer.filled()[before..]) {
                    return Poll::Ready(Err(error));
                }
            }
            Poll::Ready(Err(error)) => {
                if let Some(why) = tls::refusal(error, &self.address) {
                    self.refusal.get_or_init(|| why);
                }
            }
            Poll::Pending => {}
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if !self.asking {
            self.asking = true;
            self.left = (!is_bounded_elsewhere(bytes)).then_some(ANSWER_BYTES);
        }
        Pin::new(&mut self.bytes).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(context)
    }
}
