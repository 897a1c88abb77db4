//! For tests: a folder of files, from one text that holds them all.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A folder of its own, gone when dropped.
pub(super) struct Tree(PathBuf);

impl Tree {
    /// An empty one.
    pub(super) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vitals-tree-{}-{number}", process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Tree(path)
    }

    /// The files of a text in which each begins with a line `== path`.
    pub(super) fn of(text: &str) -> Self {
        let tree = Tree::new();
        for file in text.split("== ").skip(1) {
            let (path, content) = file.split_once('\n').unwrap();
            tree.write(path, content);
        }
        tree
    }

    pub(super) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
