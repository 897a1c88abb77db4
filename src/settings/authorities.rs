//! `ca_file`: certificates to be believed besides the machine's.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use vitals_actors::http::Trust;

use super::small_file;
use super::table::Table;
use super::text;

/// A file of certificates, as it was when the settings were read.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Authorities {
    path: PathBuf,
    #[serde(skip)]
    digest: [u8; 32],
    #[serde(skip)]
    pub(crate) trust: Trust,
}

impl PartialEq for Authorities {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.digest) == (&other.path, other.digest)
    }
}

impl Authorities {
    fn read(path: &Path) -> Result<Self, String> {
        let text = small_file::read(path)?;
        Ok(Authorities {
            path: path.to_owned(),
            digest: Sha256::digest(text.as_bytes()).into(),
            trust: Trust::with(text.as_bytes()).map_err(|error| error.to_string())?,
        })
    }

    /// The path of a file, or nothing.
    pub(super) fn optional<S: Serializer>(
        file: &Option<Self>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let path = file.as_ref().map(|file| file.path.display());
        text::optional(&path, serializer)
    }

    /// Reads `ca_file`.
    pub(super) fn setting(table: &mut Table<'_>, slot: &mut Option<Self>) {
        let allowed = "the path of a PEM file of certificates, or \"\" for none";
        table.file("ca_file", slot, allowed, Authorities::read);
    }
}
