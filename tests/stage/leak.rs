//! What must not get out, looked for wherever something gets out: answers, log, files.

use std::{fs, path::Path};

use super::vitals::Vitals;

/// Routes that tell of what is watched; all series are among it.
const TELL: [&str; 6] = [
    "/",
    "/metrics",
    "/summary",
    "/health",
    "/vitals/v1/tree",
    "/federate?match%5B%5D=%7B__name__=~%22.%2B%22%7D",
];

impl Vitals {
    /// A word, in lower case, is in no answer, no line of the log and no file.
    #[track_caller]
    pub(crate) fn tells_nowhere(&self, word: &str, when: &str) {
        let has_it = |text: &str| text.to_ascii_lowercase().contains(word);
        for path in TELL {
            let answer = self.get(path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert!(!has_it(&answer.body), "{when}: {path}: {}", answer.body);
        }
        let log = self.process.log();
        let line = log.iter().find(|line| has_it(line));
        assert_eq!(line, None, "{when}");
        let files = files_with_it(self.directory.path(), &has_it);
        assert_eq!(files, [""; 0], "{when}");
    }
}

/// All files below a directory that have it in them.
fn files_with_it(directory: &Path, has_it: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_it(&path, has_it));
        } else if let Ok(bytes) = fs::read(&path)
            && has_it(&String::from_utf8_lossy(&bytes))
        {
            found.push(path.display().to_string());
        }
    }
    found
}
