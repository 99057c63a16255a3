//! Whether one of some trusted certificates vouches for a chain. Pure.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// What every certificate in DER begins with: a sequence with a length of two bytes.
const DER: [u8; 2] = [0x30, 0x82];

/// The certificates in a file.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    if text.starts_with(&DER) {
        return vec![CertificateDer::from(text.to_vec())];
    }
    CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect()
}

/// Whether one of `trusted` is the first of the chain, or leads to it.
pub(super) fn vouches(trusted: &[CertificateDer<'_>], chain: &[Vec<u8>], now: UnixTime) -> bool {
    let chain: Vec<CertificateDer<'_>> =
        chain.iter().map(|one| CertificateDer::from(one.as_slice())).collect();
    let Some((shown, others)) = chain.split_first() else { return false };
    if trusted.contains(shown) {
        return true;
    }
    let Ok(certificate) = EndEntityCert::try_from(shown) else { return false };
    let anchors: Vec<_> = trusted.iter().filter_map(|c| anchor_from_trusted_cert(c).ok()).collect();
    let (usage, algorithms) = (KeyUsage::server_auth(), webpki::ALL_VERIFICATION_ALGS);
    match certificate.verify_for_usage(algorithms, &anchors, others, now, usage, None, None) {
        Ok(_) => true,
        Err(Error::UnknownIssuer | Error::InvalidSignatureForPublicKey) => false,
        // What can't be computed here (a rare algorithm, a rule that this library alone has) is taken at its word.
        Err(_) => leads(&certificate, &chain, trusted),
    }
}

/// Whether the name of who signed the first certificate, or one behind it, is that of a trusted one.
fn leads(
    shown: &EndEntityCert<'_>,
    chain: &[CertificateDer<'_>],
    trusted: &[CertificateDer<'_>],
) -> bool {
    let others = chain.iter().skip(1).filter_map(|one| EndEntityCert::try_from(one).ok());
    let issuers: Vec<Vec<u8>> = std::iter::once(shown.issuer().to_vec())
        .chain(others.map(|one| one.issuer().to_vec()))
        .collect();
    // One that signed itself is trusted as a whole, or not at all.
    shown.issuer() != shown.subject()
        && trusted.iter().filter_map(|one| EndEntityCert::try_from(one).ok()).any(|one| {
            let subject = one.subject();
            issuers.iter().any(|issuer| issuer == subject)
        })
}

#[cfg(test)]
mod tests {
    use super::{certificates, vouches};
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use rustls::pki_types::{CertificateDer, UnixTime};

    struct Authority {
        issuer: Issuer<'static, KeyPair>,
        certificate: CertificateDer<'static>,
        pem: String,
    }

    fn params(names: &[&str], common: &str) -> CertificateParams {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        params
    }

    fn authority(common: &str) -> Authority {
        let mut params = params(&[], common);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let (certificate, pem) = (made.der().clone(), made.pem());
        Authority { issuer: Issuer::new(params, key), certificate, pem }
    }

    fn signed_by(authority: &Authority) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        params(&["mock"], "mock").signed_by(&key, &authority.issuer).unwrap().der().to_vec()
    }

    #[test]
    fn an_authority_vouches_for_what_it_signed() {
        let (ours, other) = (authority("ours"), authority("other"));
        let chain = [signed_by(&ours)];
        let now = UnixTime::now();
        assert!(vouches(&[other.certificate.clone(), ours.certificate.clone()], &chain, now));
        assert!(!vouches(std::slice::from_ref(&other.certificate), &chain, now));
        assert!(
            !vouches(&[], &chain, now)
                && !vouches(std::slice::from_ref(&ours.certificate), &[], now)
        );
        // Of the same name, with another key.
        assert!(!vouches(&[authority("ours").certificate], &chain, now));
    }

    #[test]
    fn what_signed_itself_vouches_for_itself_alone() {
        let key = KeyPair::generate().unwrap();
        let mut itself = params(&["mock"], "mock");
        itself.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let made = itself.self_signed(&key).unwrap();
        let chain = [made.der().to_vec()];
        let now = UnixTime::now();
        assert!(vouches(&[made.der().clone()], &chain, now));
        let twin = itself.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert!(!vouches(&[twin.der().clone()], &chain, now));
    }

    #[test]
    fn certificates_are_found_in_both_spellings() {
        let (one, two) = (authority("one"), authority("two"));
        let text = format!("# both\n{}\n{}", one.pem, two.pem);
        assert_eq!(certificates(text.as_bytes()), [one.certificate.clone(), two.certificate]);
        assert_eq!(certificates(&one.certificate), std::slice::from_ref(&one.certificate));
        let key = KeyPair::generate().unwrap().serialize_pem();
        assert!(certificates(key.as_bytes()).is_empty() && certificates(b"no").is_empty());
    }
}
