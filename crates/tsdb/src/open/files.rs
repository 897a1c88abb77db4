//! The files in a directory, before anything is done with them.

use std::{
    fs::{self, File},
    io::{self, Read},
    iter,
    path::{Path, PathBuf},
};

use crate::{
    block::Block,
    catalog::{self, Entry},
    error::OpenError,
    health::What,
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
    /// What an import that was killed has left, if it has.
    pub(crate) import: PathBuf,
}

impl Files {
    pub(crate) fn list(dir: &Path) -> io::Result<Files> {
        let mut files = Files {
            blocks: Vec::new(),
            segments: Vec::new(),
            temporary: Vec::new(),
            catalog: catalog::path(&blocks_of(dir)),
            import: import_of(dir),
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

    /// Blocks that the catalog lists, and that neither a block nor the log covers. Those that are
    /// there and damaged are told as such.
    pub(crate) fn missing(&self, listed: &[Entry], there: &[(u64, u64)]) -> Vec<(PathBuf, What)> {
        let dir = self.catalog.parent().unwrap_or(Path::new(""));
        let mut found = Vec::new();
        for Entry { seqs, span } in listed {
            let path = Block::path(dir, *seqs);
            let covers = |of: &(u64, u64)| of.0 <= seqs.0 && seqs.1 <= of.1;
            let is_logged = |(name, _): &(Name, _)| (seqs.0..=seqs.1).contains(&name.seq);
            let is_known = self.blocks.contains(&path) || self.segments.iter().any(is_logged);
            if !is_known && !there.iter().any(covers) {
                let (from_ms, to_ms) = *span;
                found.push((path, What::MissingBlock { from_ms, to_ms }));
            }
        }
        found
    }

    /// The highest number of a generation; 0 without any.
    pub(crate) fn last_generation(&self) -> u64 {
        let blocks = self.blocks.iter().filter_map(|path| Block::seqs_of(path));
        let segments = self.segments.iter().map(|(name, _)| name.seq);
        blocks.map(|seqs| seqs.1).chain(segments).max().unwrap_or(0)
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

/// Where an import sorts.
pub(crate) fn import_of(dir: &Path) -> PathBuf {
    dir.join("import.tmp")
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
