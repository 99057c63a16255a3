//! As much of a web client as a registry needs: one question, and one bounded answer.

use crate::collect::engine::Tls;
use crate::words::words;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, USER_AGENT};
use hyper::http::request::Builder;
use hyper::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Nothing that a registry says of an image is longer, in bytes.
const MOST: usize = 4 << 20;
/// Where engines look for the authority of one registry.
const PAPERS: [&str; 2] = ["/etc/docker/certs.d", "/etc/containers/certs.d"];

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// A header that is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A client that trusts whom the engines trust, as far as that is written on this machine.
pub(super) struct Web {
    registry: String,
    trust: OnceLock<Result<Arc<ClientConfig>, String>>,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Web {
    pub(super) fn new(registry: &str) -> Self {
        Self { registry: registry.to_owned(), trust: OnceLock::new() }
    }

    /// Asks once; says what is wrong with the way.
    pub(super) async fn ask(
        &self,
        method: &Method,
        uri: &Uri,
        accept: &str,
        shown: Option<&str>,
    ) -> Result<Answer, String> {
        let place = uri.authority().ok_or("a registry without a host can't be asked")?.as_str();
        let mut request = Request::builder()
            .method(method)
            .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, place)
            .header(USER_AGENT, "econn")
            .header(ACCEPT, accept);
        if let Some(shown) = shown {
            request = request.header(AUTHORIZATION, shown);
        }
        let answer = timeout(PATIENCE, self.exchange(request, uri)).await;
        answer
            .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
            .map_err(|why| format!("{place}: {why}"))
    }

    async fn exchange(&self, request: Builder, uri: &Uri) -> Result<Answer, String> {
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
        let stream = TokioIo::new(self.open(uri).await?);
        let (mut sender, connection) =
            http1::handshake(stream).await.map_err(|error| told(&error))?;
        let driven = tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(|error| told(&error))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                format!("its answer is larger than {} MiB", MOST >> 20)
            } else {
                "its answer broke off".to_owned()
            }
        })?;
        driven.abort();
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }

    async fn open(&self, uri: &Uri) -> Result<Box<dyn Duplex>, String> {
        let is_plain = uri.scheme_str() == Some("http");
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if is_plain { 80 } else { 443 });
        let stream = TcpStream::connect((host, port)).await.map_err(|error| {
            // The resolver of names gives its errors no kind of their own.
            if error.raw_os_error().is_none() {
                "its name can't be resolved".to_owned()
            } else {
                words(&error)
            }
        })?;
        if is_plain {
            return Ok(Box::new(stream));
        }
        let trust = self.trust.get_or_init(|| trust(&self.registry)).clone()?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| "it has no name that a certificate could be for")?;
        let secure = TlsConnector::from(trust).connect(name, stream).await;
        Ok(Box::new(secure.map_err(|error| format!("no TLS with it: {}", words(&error)))?))
    }
}

/// The authorities to trust: the one that was written down for this registry, else those of this machine.
fn trust(registry: &str) -> Result<Arc<ClientConfig>, String> {
    let own = PAPERS.iter().map(|folder| Path::new(folder).join(registry).join("ca.crt"));
    let tls = Tls { ca: { own }.find(|path| path.exists()), ..Tls::of_everyone(registry) };
    tls.config().map(Arc::new)
}

/// What went wrong with a conversation.
fn told(error: &hyper::Error) -> String {
    if error.is_parse() {
        return "it does not speak HTTP".to_owned();
    }
    let mut cause = std::error::Error::source(error);
    while let Some(now) = cause {
        if let Some(io) = now.downcast_ref::<std::io::Error>() {
            return words(io);
        }
        cause = now.source();
    }
    "it ended the conversation".to_owned()
}
