//! TLS to an engine: whom econn trusts, what it shows of itself, and what went wrong in words.

use super::address::Address;
use super::stream::Failed;
use crate::words::words;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How a connection is secured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tls {
    /// Who says so, for messages.
    pub(crate) who: String,
    /// The authorities that are trusted; without a file those that this machine trusts.
    pub(crate) ca: Option<PathBuf>,
    /// What econn shows of itself: its certificate and its key.
    pub(crate) own: Option<(PathBuf, PathBuf)>,
    /// Whether the engine's certificate is checked at all.
    pub(crate) verify: bool,
}

/// Where systems keep the authorities that they trust.
const TRUSTED: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

impl Tls {
    /// With the authorities that this machine trusts, and nothing to show.
    pub(crate) fn of_everyone(who: &str) -> Self {
        Self { who: who.to_owned(), ca: None, own: None, verify: true }
    }

    /// `ca.pem`, `cert.pem` and `key.pem` of a folder, as far as they are there.
    pub(crate) fn of_folder(who: String, folder: &Path, verify: bool) -> Self {
        let there = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
        let own = there("cert.pem").zip(there("key.pem"));
        Self { who, ca: there("ca.pem"), own, verify }
    }

    /// What the library needs for it.
    pub(crate) fn config(&self) -> Result<ClientConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = if self.verify {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(self.roots()?), provider)
                    .build()
                    .map_err(|error| error.to_string())?;
            builder.with_webpki_verifier(verifier)
        } else {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider)))
        };
        let Some((cert, key)) = &self.own else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates(cert)?;
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unread(key, &error))?;
        builder.with_client_auth_cert(chain, secret).map_err(|error| {
            format!("{} and {} are no pair: {error}", cert.display(), key.display())
        })
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let given = self.ca.clone();
        let usual = || TRUSTED.iter().map(PathBuf::from).find(|path| path.exists());
        let path = given.or_else(usual).ok_or_else(|| {
            format!("{} asks for TLS, and there is no authority to trust; give a ca.pem", self.who)
        })?;
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(certificates(&path)?);
        if added == 0 {
            return Err(format!("{} holds no certificate that can be used", path.display()));
        }
        Ok(roots)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all: Vec<_> = read.map_err(|error| unread(path, &error))?;
    if all.is_empty() {
        return Err(format!("{} holds no certificate in PEM form", path.display()));
    }
    Ok(all)
}

fn unread(path: &Path, error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    let why = match error {
        Error::Io(error) => words(error),
        Error::NoItemsFound => "it holds nothing in PEM form that is needed here".to_owned(),
        _ => "it is no PEM file".to_owned(),
    };
    format!("{} can't be read: {why}", path.display())
}

/// Shakes hands.
pub(super) async fn secure(
    stream: TcpStream,
    authority: &str,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, Failed> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host)
        .map_err(|_| Failed(format!("{authority} has no name that a certificate could be for")))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
        let known = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Failed(match known {
            Some(error) => told(error, authority),
            None => format!(
                "tcp://{authority} ends the TLS handshake ({}); does it speak TLS?",
                words(&error)
            ),
        })
    })
}

/// What TLS says of a connection that broke, if it was TLS that ended it.
pub(super) fn refusal(error: &std::io::Error, address: &Address) -> Option<String> {
    let known = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let Address::Tcp(authority, _) = address else { return None };
    Some(told(known, authority))
}

/// What went wrong between econn and the engine, and what to do.
fn told(error: &rustls::Error, authority: &str) -> String {
    use rustls::Error;
    let refuses = format!("the certificate that tcp://{authority} shows is refused");
    match error {
        Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
                "{refuses}: its issuer is not trusted; give the ca.pem that belongs to this engine"
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("{refuses}: it is for another name; use a name that it holds")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("{refuses}: it has expired; make a new one, or set this machine's clock")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("{refuses}: it is not valid yet; set this machine's clock")
            }
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => format!(
                "{refuses}: it is an authority's own; make one for the server (CA:FALSE), signed by that authority"
            ),
            other => format!("{refuses}: {other}"),
        },
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied,
        ) => format!(
            "tcp://{authority} asks for a client certificate and refuses the one it gets, or gets none: give the cert.pem and \
             key.pem that belong to this engine (DOCKER_CERT_PATH, or the files of the context)"
        ),
        Error::InvalidMessage(_) => format!(
            "tcp://{authority} does not speak TLS, which was asked for; leave out TLS (DOCKER_TLS_VERIFY), or give the port \
             on which it does"
        ),
        other => format!("no TLS with tcp://{authority}: {other}"),
    }
}

/// Takes every certificate, because the user has said so; what is signed still has to be signed with it.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
