//! Certificates as servers have them: signed by an authority of a test's own, good or not.

use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

use super::directory::Directory;

/// Signs certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: Directory,
}

/// How a certificate stands to the present time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// It is good.
    Still,
    /// It is over.
    Expired,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap());
        Authority {
            issuer: issuer.unwrap(),
            directory: Directory::new(),
        }
    }

    /// The file of its own certificate, for whoever believes it.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.write("authority.pem", &self.issuer.pem())
    }

    /// The files of a certificate for `name`, and of its key.
    pub(crate) fn certify(&self, name: &str, lasting: Lasting) -> [PathBuf; 2] {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if lasting == Lasting::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        [
            self.directory.write("server.pem", &certificate.pem()),
            self.directory.write("server.key", &key.serialize_pem()),
        ]
    }
}
