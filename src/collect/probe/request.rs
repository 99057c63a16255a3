//! One plain HTTP request to one address, and what came of it. The request goes through the same
//! client library that many programs use; the address is in the URL itself, so nobody is ever asked
//! to resolve a name. Where no status line came back, a second look finds out whether the port
//! speaks TLS instead.

use super::connect::{classify as connected, connect};
use super::greeting::speaks_first;
use super::http2;
use crate::words::words;
use checks::model::{Connect, NO_TLS, PLAIN_HTTP, Reply};
use reqwest::header::HOST;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Proxy};
use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A connect that takes the whole limit must not look like a reply that does.
const MARGIN: Duration = Duration::from_millis(100);
/// How long and how far a reply is read after its status line: enough to see whether it gets through.
const REST: Duration = Duration::from_millis(1500);
const ENOUGH: usize = 256 << 10;
/// So much of it is searched for what a server says of its port.
const BEGINNING: usize = 4 << 10;

/// After how long a port that answered a handshake in plain text is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// What a request came to.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The reply in HTTP/1, or what came instead of one.
    pub(crate) reply: Option<Reply>,
    /// Whether a reply stopped before its end.
    pub(crate) stopped: bool,
    /// Whether the port answers in HTTP/2 alone; then there is no `reply`.
    pub(crate) http2: bool,
    /// Why no TLS handshake began.
    pub(crate) no_handshake: Option<String>,
    /// What the body of a reply begins with.
    pub(crate) beginning: Vec<u8>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::default() }
    }
}

/// Sends `GET path` to `target` with `host` in the Host header and waits for the status line, for
/// `limit` in all. Neither a reply nor HTTP/2 means that there was no connection.
pub(crate) async fn request(target: SocketAddr, host: &str, path: &str, limit: Duration) -> Answer {
    let mut beginning = Vec::new();
    let (reply, stopped) = match send(target, host, path, limit).await {
        Ok(replied) => {
            beginning = replied.beginning;
            (Some(Reply::Status(replied.status)), replied.stopped)
        }
        Err(error) if error.is_connect() || error.is_builder() => (None, false),
        Err(error) => (Some(classify(&error)), error.is_timeout()),
    };
    match reply {
        // On a busy machine both time limits may pass at once: was there a connection?
        Some(Reply::ReadTimeout) if connect(target, limit).await.connect == Connect::Timeout => {
            Answer::default()
        }
        // Some servers answer a plain request on their TLS port with a plain complaint, or without a word; any other 400 is one
        // of a port that speaks both.
        Some(Reply::NotHttp | Reply::Closed | Reply::Reset) if speaks_tls(target, limit).await => {
            Reply::Tls.into()
        }
        Some(Reply::Status(400))
            if (beginning.is_empty() || names_tls(&beginning))
                && speaks_tls(target, limit).await =>
        {
            Reply::Tls.into()
        }
        // Some know only the newer HTTP, without an agreement before it: those of gRPC.
        Some(Reply::NotHttp | Reply::Closed | Reply::Reset)
            if http2::is_spoken(target, limit).await =>
        {
            Answer { http2: true, ..Answer::default() }
        }
        // A server that speaks first is not silent. What it says to a request that it does not understand proves nothing.
        Some(Reply::Closed | Reply::Reset) if speaks_first(target).await => Reply::NotHttp.into(),
        reply => Answer { reply, stopped, beginning, ..Answer::default() },
    }
}

/// Sends the same request to a proxy, for it to pass on to `authority`: the reply, and what its body begins with.
///
/// # Errors
///
/// What the connection to the proxy came to.
pub(crate) async fn proxied(
    proxy: SocketAddr,
    authority: &str,
    path: &str,
    limit: Duration,
) -> Result<(Reply, Vec<u8>), Connect> {
    let client = Proxy::http(format!("http://{proxy}")).map(|proxy| client(limit).proxy(proxy));
    let replied = match client {
        Ok(client) => ask(client, authority, path, "").await,
        Err(error) => Err(error),
    };
    match replied {
        Ok(Replied { status, beginning, .. }) => Ok((Reply::Status(status), beginning)),
        Err(error) if error.is_connect() || error.is_builder() => {
            let cause = std::iter::successors(error.source(), |cause| (*cause).source())
                .find_map(|cause| cause.downcast_ref::<io::Error>());
            Err(cause.map_or(Connect::Timeout, connected))
        }
        Err(error) => Ok((classify(&error), Vec::new())),
    }
}

/// Looks what a port does that should speak TLS, and with which no handshake was completed: `TlsError` where it answers in plain
/// text instead, else what became of the beginning of one. `path` is asked for where HTTP is expected.
pub(crate) async fn handshake(
    target: SocketAddr,
    host: &str,
    path: Option<&str>,
    limit: Duration,
) -> Answer {
    let mut said = hello(target, limit).await;
    if matches!(said, Hello::Text { .. }) {
        // A server that has no place left may say so without a handshake.
        tokio::time::sleep(PAUSE).await;
        said = hello(target, limit).await;
    }
    let asked = async || match path {
        Some(path) => {
            matches!(request(target, host, path, limit).await.reply, Some(Reply::Status(_)))
        }
        None => false,
    };
    match said {
        // Who shows a certificate was not handed on to here.
        Hello::Tls { is_alert } => {
            let why = if is_alert {
                "was refused by the server"
            } else {
                "was not completed: another client may agree with the server"
            };
            Answer { stopped: !is_alert, no_handshake: Some(why.into()), ..Answer::default() }
        }
        Hello::Text { is_http: true } => Reply::TlsError(PLAIN_HTTP.into()).into(),
        _ if asked().await => Reply::TlsError(PLAIN_HTTP.into()).into(),
        Hello::Text { is_http: false } => Reply::TlsError(NO_TLS.into()).into(),
        Hello::Unanswered(why) => {
            Answer { stopped: true, no_handshake: Some(why), ..Answer::default() }
        }
    }
}

/// A reply in HTTP.
struct Replied {
    status: u16,
    /// Whether it stopped before its end.
    stopped: bool,
    /// What its body begins with.
    beginning: Vec<u8>,
}

/// Whether a text speaks of TLS, as servers do that were sent a plain request: "The plain HTTP request was sent to HTTPS port",
/// "Client sent an HTTP request to an HTTPS server", "You're speaking plain HTTP to an SSL-enabled server port", "This
/// combination of host and port requires TLS".
fn names_tls(text: &[u8]) -> bool {
    // A link of the page is no complaint.
    let text = String::from_utf8_lossy(text).to_ascii_lowercase().replace("https://", "");
    ["https", "ssl", "tls"].iter().any(|word| text.contains(word))
}

fn client(limit: Duration) -> ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .pool_max_idle_per_host(0)
        .user_agent("econn")
        .connect_timeout(limit)
        .timeout(limit + MARGIN)
}

async fn send(
    target: SocketAddr,
    host: &str,
    path: &str,
    limit: Duration,
) -> reqwest::Result<Replied> {
    ask(client(limit), &target.to_string(), path, host).await
}

/// Asks `authority` for a path; `host` stands in the Host header, where it is another one.
async fn ask(
    client: ClientBuilder,
    authority: &str,
    path: &str,
    host: &str,
) -> reqwest::Result<Replied> {
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mut request = client.build()?.get(format!("http://{authority}{slash}{path}"));
    let host: String = host.chars().filter(char::is_ascii_graphic).collect();
    if !host.is_empty() {
        request = request.header(HOST, host);
    }
    let mut reply = request.send().await?;
    let status = reply.status().as_u16();
    let mut beginning = Vec::new();
    let rest = async {
        let mut seen = 0;
        while let Ok(Some(piece)) = reply.chunk().await {
            seen += piece.len();
            let room = BEGINNING.saturating_sub(beginning.len());
            beginning.extend(piece.iter().take(room));
            if seen > ENOUGH {
                break;
            }
        }
    };
    let stopped = timeout(REST, rest).await.is_err();
    Ok(Replied { status, stopped, beginning })
}

fn classify(error: &reqwest::Error) -> Reply {
    if error.is_timeout() {
        return Reply::ReadTimeout;
    }
    let mut source = error.source();
    let mut reply = Reply::Closed;
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            match cause.kind() {
                ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted => return Reply::Reset,
                ErrorKind::TimedOut => return Reply::ReadTimeout,
                _ => {}
            }
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            reply = Reply::NotHttp;
        }
        source = cause.source();
    }
    reply
}

/// What a port answers to the beginning of a TLS handshake.
enum Hello {
    /// A TLS record; one of refusal is an alert.
    Tls { is_alert: bool },
    /// Anything else.
    Text { is_http: bool },
    /// Nothing, and how so.
    Unanswered(String),
}

async fn speaks_tls(target: SocketAddr, limit: Duration) -> bool {
    matches!(hello(target, limit).await, Hello::Tls { .. })
}

async fn hello(target: SocketAddr, limit: Duration) -> Hello {
    let mut stream = match timeout(limit, TcpStream::connect(target)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Hello::Unanswered(format!("did not connect: {}", words(&error))),
        Err(_) => return Hello::Unanswered("did not connect in time".into()),
    };
    let look = async {
        stream.write_all(&client_hello()).await?;
        let mut record = [0; 3];
        stream.read_exact(&mut record).await?;
        io::Result::Ok(record)
    };
    match timeout(limit, look).await {
        Ok(Ok(record)) if is_tls_record(record) => Hello::Tls { is_alert: record[0] == ALERT },
        Ok(Ok(text)) => Hello::Text { is_http: &text == b"HTT" },
        Ok(Err(_)) => Hello::Unanswered("was closed by the server".into()),
        Err(_) => Hello::Unanswered(format!("was not answered within {} s", limit.as_secs())),
    }
}

/// The first byte of a TLS alert.
const ALERT: u8 = 0x15;

/// An alert or a handshake message of SSL 3 to TLS 1.3.
fn is_tls_record([kind, major, minor]: [u8; 3]) -> bool {
    matches!(kind, ALERT | 0x16) && major == 3 && minor <= 4
}

/// A TLS 1.2 client's first message, with common ciphers. A server that wants something else says
/// so in a TLS alert.
pub(super) fn client_hello() -> Vec<u8> {
    const CIPHERS: [u16; 10] =
        [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x002f];
    // Groups, point formats and signature algorithms, each with its number and length.
    const EXTENSIONS: [u8; 36] = [
        0, 10, 0, 8, 0, 6, 0, 0x1d, 0, 0x17, 0, 0x18, // x25519, P-256, P-384
        0, 11, 0, 2, 1, 0, // uncompressed points
        0, 13, 0, 14, 0, 12, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, // ECDSA, PSS and PKCS#1
    ];
    let mut body = vec![3, 3];
    // Nothing secret follows, so the random bytes need not be random.
    body.extend([0x65; 32]);
    body.push(0);
    body.extend([0, 2 * u8::try_from(CIPHERS.len()).unwrap_or(0)]);
    body.extend(CIPHERS.iter().flat_map(|cipher| cipher.to_be_bytes()));
    body.extend([1, 0]);
    body.extend([0, u8::try_from(EXTENSIONS.len()).unwrap_or(0)]);
    body.extend(EXTENSIONS);
    let length = u8::try_from(body.len()).unwrap_or(0);
    let mut hello = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    hello.extend(body);
    hello
}

#[cfg(test)]
mod tests {
    use super::{client_hello, is_tls_record};

    #[test]
    fn the_hello_says_its_own_length() {
        let hello = client_hello();
        assert_eq!(usize::from(hello[4]), hello.len() - 5);
        assert_eq!(usize::from(hello[8]), hello.len() - 9);
    }

    #[test]
    fn records_are_told_from_text() {
        assert!(is_tls_record([0x16, 3, 3]) && is_tls_record([0x15, 3, 1]));
        assert!(!is_tls_record(*b"HTT") && !is_tls_record(*b"-ER") && !is_tls_record([0, 0, 0]));
    }
}
