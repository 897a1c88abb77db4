//! Filesystems that somebody else has to answer for: asked beside the measurement, each by itself.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    machine::{Machine, Space},
    repeated::Repeated,
};
use crate::collector::{CollectError, Reason};

/// More are not watched: each can cost a thread.
const MOST: usize = 32;

/// An answer that is older is told no more.
const COUNTS: Duration = Duration::from_secs(10);

/// What is known of a remote filesystem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    /// It was asked for the first time just now.
    Nothing,
    /// It answers with an error, or not at all.
    Failure,
    /// As it was at most ten seconds ago.
    Space(Space),
}

/// The questions, by path.
#[derive(Default)]
pub(super) struct Remote {
    asked: BTreeMap<PathBuf, Repeated<Option<Space>>>,
    unwatched: usize,
}

impl Remote {
    /// Asks those whose time it is, and takes what has been answered.
    pub(super) async fn freshen<'a>(
        &mut self,
        paths: impl Iterator<Item = &'a Path> + Clone,
        machine: &Machine,
    ) {
        // One that was unmounted while it hung keeps its thread, and its place.
        self.asked
            .retain(|known, asked| asked.is_open() || paths.clone().any(|path| path == known));
        self.unwatched = 0;
        for path in paths {
            if !self.asked.contains_key(path) && self.asked.len() >= MOST {
                self.unwatched += 1;
                continue;
            }
            let new = || Repeated::new(path.display().to_string(), COUNTS);
            let asked = self.asked.entry(path.to_owned()).or_insert_with(new);
            if asked.is_due() {
                let (space, path) = (machine.space, path.to_owned());
                asked.ask(move || space(&path).ok());
            }
        }
        // All at once wait no longer than one.
        for asked in self.asked.values_mut() {
            asked.settle().await;
        }
    }

    pub(super) fn told(&self, path: &Path) -> Told {
        let Some(asked) = self.asked.get(path) else {
            return Told::Nothing;
        };
        match (asked.latest(), asked.failure()) {
            (Some(Some(space)), _) => Told::Space(*space),
            (Some(None), _) | (None, Some(_)) => Told::Failure,
            (None, None) => Told::Nothing,
        }
    }

    /// Those that do not answer.
    pub(super) fn failures(&self) -> impl Iterator<Item = CollectError> {
        let too_many = (self.unwatched > 0).then(|| CollectError {
            part: "network filesystems".to_owned(),
            reason: Reason::TooLarge,
            detail: format!("{} beyond {MOST} are not watched", self.unwatched),
        });
        let stuck = self.asked.values().filter_map(Repeated::failure).cloned();
        stuck.chain(too_many)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::time::Instant;

    use super::*;

    /// Answers on all paths but one, and with an error on another.
    fn machine() -> Machine {
        Machine {
            space: |path| match path.to_str() {
                Some("/hung") => loop {
                    std::thread::park();
                },
                Some("/stale") => Err(io::Error::from_raw_os_error(116)),
                _ => Ok(Space {
                    size: 7.0,
                    ..Space::default()
                }),
            },
            ..Machine::this()
        }
    }

    async fn freshen(remote: &mut Remote, paths: &[&str]) {
        let paths = paths.iter().map(Path::new);
        remote.freshen(paths, &machine()).await;
    }

    #[tokio::test]
    async fn one_that_hangs_delays_neither_the_others_nor_us() {
        const ALL: [&str; 3] = ["/hung", "/stale", "/well"];
        let mut remote = Remote::default();
        let before = Instant::now();
        freshen(&mut remote, &ALL).await;
        assert!(before.elapsed() < Duration::from_secs(1));
        while remote.told(Path::new("/well")) == Told::Nothing
            || remote.told(Path::new("/stale")) == Told::Nothing
        {
            freshen(&mut remote, &ALL).await;
        }
        let well = remote.told(Path::new("/well"));
        assert!(matches!(well, Told::Space(space) if space.size == 7.0));
        assert_eq!(remote.told(Path::new("/stale")), Told::Failure);
        assert_eq!(remote.told(Path::new("/hung")), Told::Nothing);
        assert_eq!(remote.failures().count(), 0, "not yet");

        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(6)).await;
        freshen(&mut remote, &ALL).await;
        assert_eq!(remote.told(Path::new("/hung")), Told::Failure);
        let failures: Vec<_> = remote.failures().map(|f| f.to_string()).collect();
        assert_eq!(failures, ["/hung: no answer within 5s (timeout)"]);

        freshen(&mut remote, &["/well"]).await;
        assert_eq!(remote.asked.len(), 2, "an open question keeps its place");
    }

    #[tokio::test]
    async fn there_is_a_bound() {
        let names: Vec<String> = (0..40).map(|number| format!("/{number}")).collect();
        let paths: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut remote = Remote::default();
        freshen(&mut remote, &paths).await;
        let failures: Vec<_> = remote.failures().map(|f| f.detail).collect();
        assert_eq!(failures, ["8 beyond 32 are not watched"]);
    }
}
