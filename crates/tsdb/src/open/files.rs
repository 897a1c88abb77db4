//! The files in a directory, before anything is done with them.

use std::{
    fs::{self, File},
    io::{self, Read},
    iter,
    path::{Path, PathBuf},
};

use crate::{
    catalog,
    error::OpenError,
    journal::{blocks_of, wal_of},
    preamble::{self, Found, Kind},
    wal::Name,
};

pub(crate) struct Files {
    pub(crate) blocks: Vec<PathBuf>,
    /// By generation and part.
    pub(crate) segments: Vec<(Name, PathBuf)>,
    /// Leftovers of blocks in the making.
    pub(crate) temporary: Vec<PathBuf>,
    /// Where it is, if it is.
    pub(crate) catalog: PathBuf,
}

impl Files {
    pub(crate) fn list(dir: &Path) -> io::Result<Files> {
        let mut files = Files {
            blocks: Vec::new(),
            segments: Vec::new(),
            temporary: Vec::new(),
            catalog: catalog::path(&blocks_of(dir)),
        };
        for path in entries(&blocks_of(dir))? {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("blk") => files.blocks.push(path),
                Some("tmp") => files.temporary.push(path),
                _ => {}
            }
        }
        for path in entries(&wal_of(dir))? {
            if let Some(name) = Name::of(&path) {
                files.segments.push((name, path));
            }
        }
        files.blocks.sort();
        files.segments.sort();
        Ok(files)
    }

    /// # Errors
    /// The first file of a newer version.
    pub(crate) fn refuse_newer(&self) -> Result<(), OpenError> {
        let blocks = self.blocks.iter().map(|path| (path, Kind::Block));
        let segments = self.segments.iter().map(|(_, path)| (path, Kind::Segment));
        let catalog = iter::once((&self.catalog, Kind::Catalog));
        for (path, kind) in blocks.chain(segments).chain(catalog) {
            let mut head = [0; preamble::LEN];
            let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
            if read.is_ok()
                && let Found::Newer(version) = preamble::look(&head, kind)
            {
                let file = path.clone();
                return Err(OpenError::Newer { file, version });
            }
        }
        Ok(())
    }
}

/// None where there is no such directory.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
