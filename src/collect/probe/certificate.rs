//! One TLS handshake, to see the certificate that the server shows, and the request behind it. For whom a certificate is, and
//! until when, is the same for every client. Whether a client trusts who signed it is asked elsewhere, where the client's files can be read.

use checks::model::{Certificate, Reply, Validity};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use webpki::{EndEntityCert, Error, KeyUsage};

/// Names of one certificate that are kept, at most.
const NAMES: usize = 8;
/// Certificates of one chain that are kept, at most.
const CHAIN: usize = 8;
/// The longest name of an authority that is shown.
const LONGEST_ISSUER: usize = 64;
/// How DER writes the kinds of name: common name, organisation.
const KINDS: [&[u8]; 2] = [&[6, 3, 0x55, 4, 3], &[6, 3, 0x55, 4, 10]];
/// How long a server is given to turn away a client without a certificate, and the HTTP statuses by which it may.
const VERDICT: Duration = Duration::from_millis(1500);
const TURNED_AWAY: [u16; 5] = [400, 401, 403, 495, 496];
/// HTTP/2 as clients and servers agree on it in a handshake.
const HTTP2: &[u8] = b"h2";
/// The longest host name there is.
const LONGEST: usize = 253;

/// What a server showed, and what it answered.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) certificate: Certificate,
    /// It and what came with it, in DER.
    pub(crate) chain: Vec<Vec<u8>>,
    /// What a request came to, where one was sent and nothing of the client's own was demanded.
    pub(crate) reply: Option<Reply>,
    /// Whether the port answers in HTTP/2 alone; then there is no `reply`.
    pub(crate) http2: bool,
}

/// A request over TLS: the Host header, and the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
}

/// Shakes hands with `target` as a client that dials `host`, reads the certificate, and asks `question` where HTTP is expected.
/// Whether a server that asks for the client's own certificate demands it is seen by what it does without one. `None` where the
/// port does not speak TLS, shows no certificate that can be read, or `host` is nothing that a certificate can name.
pub(crate) async fn certificate(
    target: SocketAddr,
    host: &str,
    question: Option<Question<'_>>,
    limit: Duration,
) -> Option<Shown> {
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let witness = Witness::new();
    // A server that demands the client's own certificate may end the handshake, and has shown its own before.
    let hands = timeout(limit, witness.shake(target, &name, &[])).await;
    let shown = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let asked = witness.asked.load(Ordering::Relaxed);
    let mut turned_away = matches!(hands, Ok(Err(_)));
    let mut reply = None;
    if let Ok(Ok(mut secure)) = hands {
        let wait = if asked { VERDICT } else { limit };
        let answer = answer(&mut secure, question, wait).await;
        turned_away = !is_admitted(answer.as_ref(), question.is_some());
        reply = answer.ok().filter(|_| question.is_some() && !asked);
        let _ = timeout(VERDICT, secure.shutdown()).await;
    }
    // Without an agreement some servers say nothing, those of gRPC among them.
    let is_mute = matches!(reply, Some(Reply::Closed | Reply::Reset | Reply::NotHttp));
    let http2 = is_mute && speaks_http2(target, &name, limit).await;
    let demands = turned_away && asked;
    let certificate = Certificate { demands, ..read(shown.first()?, &name, UnixTime::now())? };
    let chain = shown.iter().map(|one| one.to_vec()).collect();
    Some(Shown { certificate, chain, reply: reply.filter(|_| !http2), http2 })
}

/// Whether the server agrees to HTTP/2.
async fn speaks_http2(target: SocketAddr, name: &ServerName<'static>, limit: Duration) -> bool {
    let hands = timeout(limit, Witness::new().shake(target, name, &[HTTP2])).await;
    matches!(hands, Ok(Ok(secure)) if secure.get_ref().1.alpn_protocol() == Some(HTTP2))
}

/// What the server says, asked or by itself.
///
/// # Errors
///
/// How it ended the connection in TLS.
async fn answer(
    secure: &mut TlsStream<TcpStream>,
    question: Option<Question<'_>>,
    wait: Duration,
) -> io::Result<Reply> {
    let mut line = Vec::new();
    let talk = async {
        if let Some(Question { host, path }) = question {
            let plain =
                |text: &str| text.chars().filter(char::is_ascii_graphic).collect::<String>();
            let ask = format!(
                "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: econn\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                plain(path),
                plain(host)
            );
            secure.write_all(ask.as_bytes()).await?;
        }
        while line.len() < STATUS_LINE && secure.read_buf(&mut line).await? > 0 {}
        io::Result::Ok(())
    };
    match timeout(wait, talk).await {
        Err(_) => return Ok(Reply::ReadTimeout),
        Ok(Err(error)) => match error.kind() {
            // Many servers leave without a word of TLS.
            ErrorKind::UnexpectedEof => {}
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Ok(Reply::Reset),
            _ => return Err(error),
        },
        Ok(Ok(())) => {}
    }
    let text = String::from_utf8_lossy(&line);
    let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    Ok(match status {
        Some(status) => Reply::Status(status),
        None if line.is_empty() => Reply::Closed,
        None => Reply::NotHttp,
    })
}

/// As much of an answer as a status takes: `HTTP/1.1 200`.
const STATUS_LINE: usize = 12;

/// Whether the server goes on with a client that has shown no certificate: those of TLS 1.3 turn it away after the handshake.
fn is_admitted(answer: Result<&Reply, &io::Error>, was_asked: bool) -> bool {
    match answer {
        Err(_) | Ok(Reply::Closed | Reply::Reset) => false,
        Ok(Reply::Status(status)) => !TURNED_AWAY.contains(status),
        // Who was asked and says nothing has not gone on; where nobody asks, silence is the rule.
        Ok(Reply::ReadTimeout) => !was_asked,
        Ok(_) => true,
    }
}

fn read(shown: &CertificateDer<'_>, host: &ServerName<'_>, now: UnixTime) -> Option<Certificate> {
    let certificate = EndEntityCert::try_from(shown).ok()?;
    let (covers, names) = match certificate.verify_is_valid_for_subject_name(host) {
        Ok(()) => (true, certificate.valid_dns_names().map(str::to_owned).collect()),
        Err(Error::CertNotValidForName(context)) => {
            (false, context.presented.iter().filter_map(|name| plain(name)).collect())
        }
        Err(_) => return None,
    };
    // Without a trust anchor this never ends well; what comes before the issuer is looked at is the time.
    let usage = KeyUsage::server_auth();
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let validity = match certificate.verify_for_usage(algorithms, &[], &[], now, usage, None, None)
    {
        Err(Error::CertExpired { not_after, .. }) => Validity::Ended(date(not_after)?),
        Err(Error::CertNotValidYet { not_before, .. }) => Validity::Begins(date(not_before)?),
        _ => Validity::Now,
    };
    let issuer = KINDS.iter().find_map(|kind| named(certificate.issuer(), kind));
    let self_signed = certificate.issuer() == certificate.subject();
    let names = kept(names);
    Some(Certificate { names, covers, validity, issuer, self_signed, trust: None, demands: false })
}

/// The last name of a kind in a distinguished name, where it can be shown.
fn named(name: &[u8], kind: &[u8]) -> Option<String> {
    let at = name.windows(kind.len()).rposition(|window| window == kind)?;
    let [_, length, text @ ..] = name.get(at + kind.len()..)? else { return None };
    let text = std::str::from_utf8(text.get(..usize::from(*length))?).ok()?;
    let shows = |c: char| c.is_alphanumeric() || " .-_'()&,".contains(c);
    (!text.is_empty() && text.len() <= LONGEST_ISSUER && text.chars().all(shows))
        .then(|| text.to_owned())
}

/// `DnsName("mock")` without its wrapping.
fn plain(presented: &str) -> Option<String> {
    let (_, name) = presented.split_once('(')?;
    Some(name.strip_suffix(')')?.trim_matches('"').to_owned())
}

/// A certificate is a stranger's text: what is no name is left out.
fn kept(mut names: Vec<String>) -> Vec<String> {
    let is_name = |name: &String| {
        name.len() <= LONGEST
            && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_*:".contains(c))
    };
    names.retain(is_name);
    names.truncate(NAMES);
    names
}

fn date(at: UnixTime) -> Option<String> {
    let at = jiff::Timestamp::from_second(i64::try_from(at.as_secs()).ok()?).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Takes every certificate, and remembers it. Nothing that matters is ever sent over such a connection.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Vec<CertificateDer<'static>>>>,
    /// Whether it was asked for one of its own.
    asked: AtomicBool,
}

impl Witness {
    fn new() -> Arc<Self> {
        let provider = Arc::new(ring::default_provider());
        Arc::new(Self { provider, seen: Mutex::default(), asked: AtomicBool::default() })
    }

    /// Shakes hands, and offers these protocols.
    async fn shake(
        self: &Arc<Self>,
        target: SocketAddr,
        name: &ServerName<'static>,
        protocols: &[&[u8]],
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesClientCert>);
        config.alpn_protocols = protocols.iter().map(|one| one.to_vec()).collect();
        let stream = TcpStream::connect(target).await?;
        TlsConnector::from(Arc::new(config)).connect(name.clone(), stream).await
    }
}

impl ResolvesClientCert for Witness {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(shown).chain(others).take(CHAIN);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(chain.map(|one| one.clone().into_owned()).collect());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
