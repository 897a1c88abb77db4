//! Whose certificates are believed.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The certificate authorities of this machine, and perhaps others. Its clones are one; the machine's
/// are read with the first connection that needs them.
#[derive(Clone, Debug, Default)]
pub struct Trust(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    others: Vec<CertificateDer<'static>>,
    config: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

/// Why certificates are of no use, as a predicate of the file they are in.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// No PEM.
    #[error("is no PEM file of certificates ({0})")]
    Pem(String),
    /// Nothing in it.
    #[error("has no certificate in it")]
    Empty,
    /// A certificate of another kind.
    #[error("has a certificate that is not understood ({0})")]
    Certificate(rustls::Error),
}

impl Trust {
    /// The machine's, and those in `pem`.
    ///
    /// # Errors
    /// [`TrustError`], of the text.
    pub fn with(pem: &[u8]) -> Result<Self, TrustError> {
        let mut others = Vec::new();
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| TrustError::Pem(error.to_string()))?;
            roots
                .add(certificate.clone())
                .map_err(TrustError::Certificate)?;
            others.push(certificate);
        }
        if others.is_empty() {
            return Err(TrustError::Empty);
        }
        Ok(Trust(Arc::new(Inner {
            others,
            config: OnceLock::new(),
        })))
    }

    /// How TLS is to be spoken. That the machine has no authorities is no error: then nobody else is
    /// believed.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        self.0.config.get_or_init(|| self.build()).clone()
    }

    fn build(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut roots = RootCertStore::empty();
        // Those that are not understood are as good as not there.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(self.0.others.iter().cloned());
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let error = |pem: &str| Trust::with(pem.as_bytes()).unwrap_err().to_string();
        assert_eq!(error("hello"), "has no certificate in it");
        let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert!(error(broken).starts_with("has a certificate that is not understood"));
        let cut = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n";
        assert!(error(cut).starts_with("is no PEM file"), "{}", error(cut));
        assert!(Trust::default().config().is_ok());
    }
}
