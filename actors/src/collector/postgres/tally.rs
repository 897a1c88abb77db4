//! What PostgreSQL counts, from look to look.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::{
    connection::Row,
    questions::{number, text},
};
use crate::collector::window::{Counter, Window};

const MINUTE: Duration = Duration::from_secs(60);
const FIVE_MINUTES: Duration = Duration::from_secs(300);
/// Blocks that were looked up of fewer are no ratio.
const FEWEST_BLOCKS: f64 = 100.0;
/// Columns of [`super::questions::DATABASES`] behind the first.
const COUNTED: usize = 5;

/// All databases together. What a database that is dropped had counted stays counted.
#[derive(Debug)]
pub(super) struct Databases {
    counters: HashMap<String, [Counter; COUNTED]>,
    /// Commits, rollbacks, blocks found, blocks read, deadlocks; `None` before the first look.
    totals: Option<[f64; COUNTED]>,
    blocks: Window,
}

impl Default for Databases {
    fn default() -> Self {
        Databases {
            counters: HashMap::new(),
            totals: None,
            blocks: Window::new(FIVE_MINUTES),
        }
    }
}

impl Databases {
    pub(super) fn look(&mut self, rows: &[Row], now: Instant) {
        let mut before = std::mem::take(&mut self.counters);
        let (mut sums, mut new) = ([0.0; COUNTED], [0.0; COUNTED]);
        for row in rows {
            let id = text(row, 0).unwrap_or_default().to_owned();
            let mut counters = before.remove(&id).unwrap_or_default();
            for (at, counter) in counters.iter_mut().enumerate() {
                let value = number(row, at + 1).unwrap_or_default();
                sums[at] += value;
                new[at] += counter.look(value);
            }
            self.counters.insert(id, counters);
        }
        self.totals = Some(match self.totals {
            None => sums,
            Some(mut totals) => {
                totals
                    .iter_mut()
                    .zip(new)
                    .for_each(|(total, new)| *total += new);
                totals
            }
        });
        let [_, _, hit, read, _] = new;
        self.blocks.add(&[hit, read], now);
    }

    pub(super) fn transactions(&self) -> Option<f64> {
        self.totals
            .map(|[commits, rollbacks, ..]| commits + rollbacks)
    }

    pub(super) fn rollbacks(&self) -> Option<f64> {
        self.totals.map(|[_, rollbacks, ..]| rollbacks)
    }

    pub(super) fn deadlocks(&self) -> Option<f64> {
        self.totals.map(|[.., deadlocks]| deadlocks)
    }

    /// The share of blocks found among those that were looked up in the last five minutes, once there
    /// were enough.
    pub(super) fn cache_hit_ratio(&self) -> Option<f64> {
        let sums = self.blocks.sums()?;
        let (hit, read) = (sums.new.first()?, sums.new.get(1)?);
        (hit + read >= FEWEST_BLOCKS).then(|| hit / (hit + read))
    }
}

/// All statements together.
#[derive(Debug)]
pub(super) struct Statements {
    last: Option<(f64, f64)>,
    window: Window,
}

impl Default for Statements {
    fn default() -> Self {
        Statements {
            last: None,
            window: Window::new(MINUTE),
        }
    }
}

impl Statements {
    /// Calls, and the milliseconds they took, since whenever that was. Sums that are lower than before
    /// have lost statements, or all of them: then nothing is known of the time in between.
    pub(super) fn look(&mut self, calls: f64, ms: f64, now: Instant) {
        let new = match self.last {
            Some((before, ms_before)) if calls >= before && ms >= ms_before => {
                [calls - before, ms - ms_before]
            }
            _ => [0.0, 0.0],
        };
        self.last = Some((calls, ms));
        self.window.add(&new, now);
    }

    /// Seconds a statement took on average over the last minute.
    pub(super) fn mean_seconds(&self) -> Option<f64> {
        let sums = self.window.sums()?;
        let (calls, ms) = (sums.new.first()?, sums.new.get(1)?);
        (*calls > 0.0).then(|| ms / calls / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(id: &str, counts: [u32; COUNTED]) -> Row {
        let counts = counts.iter().map(|count| Some(count.to_string()));
        std::iter::once(Some(id.to_owned())).chain(counts).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_goes_takes_nothing_along() {
        let mut databases = Databases::default();
        let mut look = async |rows: &[Row]| {
            tokio::time::advance(Duration::from_secs(10)).await;
            databases.look(rows, Instant::now());
            (
                databases.transactions().unwrap(),
                databases.cache_hit_ratio(),
            )
        };
        let (a, b) = (
            database("1", [90, 10, 0, 0, 0]),
            database("2", [50, 0, 900, 100, 1]),
        );
        assert_eq!(look(&[a.clone(), b]).await, (150.0, None));
        let b = database("2", [60, 0, 1_080, 120, 1]);
        assert_eq!(look(&[a.clone(), b]).await, (160.0, Some(0.9)));
        assert_eq!(look(std::slice::from_ref(&a)).await, (160.0, Some(0.9)));
        // pg_stat_reset()
        let a = database("1", [5, 0, 0, 40, 0]);
        assert_eq!(look(&[a]).await, (165.0, Some(0.75)));
        assert_eq!(databases.rollbacks(), Some(10.0));
        assert_eq!(databases.deadlocks(), Some(1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn sums_that_fall_tell_nothing_of_the_time_between() {
        let mut statements = Statements::default();
        let mut look = async |calls, ms| {
            tokio::time::advance(Duration::from_secs(10)).await;
            statements.look(calls, ms, Instant::now());
            statements.mean_seconds()
        };
        assert_eq!(look(1_000.0, 9e6).await, None, "of before");
        assert_eq!(look(1_010.0, 9e6 + 200.0).await, Some(0.02));
        assert_eq!(look(500.0, 1e6).await, Some(0.02));
        assert_eq!(look(510.0, 1e6 + 600.0).await, Some(0.04));
    }
}
