//! Doors with TLS, and the papers for them: an authority, an engine's certificate, a client's. Made anew for each test.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The engine's certificate, by what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// For 127.0.0.1, and valid.
    Right,
    /// For another name.
    OfAnother,
    /// Of a time that has passed.
    Expired,
}

/// A folder with `ca.pem`, `cert.pem`, `key.pem` of a client, and what its engine shows.
pub(crate) struct Papers {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Papers {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for certificates");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![]).expect("an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let ca = params.self_signed(&key).expect("an authority").pem();
        let papers = Self { folder, issuer: Issuer::new(params, key) };
        papers.write("ca.pem", &ca);
        let (cert, key) =
            papers.signed("client", Shown::Right, ExtendedKeyUsagePurpose::ClientAuth);
        papers.write("cert.pem", &cert);
        papers.write("key.pem", &key);
        papers
    }

    /// Where they are, as `DOCKER_CERT_PATH` wants it.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A folder with this authority alone.
    pub(crate) fn without_own(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder for certificates");
        std::fs::copy(self.path().join("ca.pem"), folder.path().join("ca.pem")).expect("a copy");
        folder
    }

    /// What a door needs that asks for a certificate of this authority.
    pub(crate) fn door(&self, shown: Shown) -> Arc<ServerConfig> {
        let (cert, key) = self.signed("127.0.0.1", shown, ExtendedKeyUsagePurpose::ServerAuth);
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(self.path().join("ca.pem")).expect("the authority");
        roots.add(ca).expect("the authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_client_cert_verifier(clients.build().expect("who may come in"));
        let chain = vec![CertificateDer::from_pem_slice(cert.as_bytes()).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        Arc::new(config.with_single_cert(chain, key).expect("a certificate and its key"))
    }

    fn signed(&self, name: &str, shown: Shown, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let name = if shown == Shown::OfAnother { "another.example" } else { name };
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a certificate");
        params.extended_key_usages = vec![usage];
        if shown == Shown::Expired {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        (cert.pem(), key.serialize_pem())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).expect("a file for a certificate");
        path
    }
}
