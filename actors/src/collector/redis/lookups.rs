//! How often something was found that was looked up, by differences: what a server has counted in all
//! its life tells nothing of now.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::info::Info;
use crate::collector::window::{Counter, Window};

const FIVE_MINUTES: Duration = Duration::from_secs(300);
/// Look-ups of fewer are no ratio.
const FEWEST: f64 = 100.0;

/// Of all servers together.
#[derive(Debug)]
pub(super) struct Lookups {
    /// Hits and misses, by the id each server gives itself when it starts: one that has taken over is
    /// another.
    counters: HashMap<String, [Counter; 2]>,
    window: Window,
}

impl Default for Lookups {
    fn default() -> Self {
        Lookups {
            counters: HashMap::new(),
            window: Window::new(FIVE_MINUTES),
        }
    }
}

impl Lookups {
    /// Adds what is new with the servers that answered.
    pub(super) fn look<'i>(&mut self, servers: impl Iterator<Item = &'i Info>, now: Instant) {
        let mut before = std::mem::take(&mut self.counters);
        let mut new = [0.0; 2];
        for info in servers {
            let keys = ["keyspace_hits", "keyspace_misses"];
            let [Some(hits), Some(misses)] = keys.map(|key| info.number(key)) else {
                continue;
            };
            let id = info.text("run_id").unwrap_or_default().to_owned();
            let mut counters = before.remove(&id).unwrap_or_default();
            new[0] += counters[0].look(hits);
            new[1] += counters[1].look(misses);
            self.counters.insert(id, counters);
        }
        self.window.add(&new, now);
    }

    /// The share of hits in the last five minutes, once there were enough look-ups.
    pub(super) fn hit_ratio(&self) -> Option<f64> {
        let sums = self.window.sums()?;
        let (hits, misses) = (sums.new.first()?, sums.new.get(1)?);
        (hits + misses >= FEWEST).then(|| hits / (hits + misses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: &str, hits: u32, misses: u32) -> Info {
        let text = format!("run_id:{id}\nkeyspace_hits:{hits}\nkeyspace_misses:{misses}\n");
        Info::read(text.as_bytes())
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_is_new_counts_whoever_has_counted_it() {
        let mut lookups = Lookups::default();
        let mut look = async |servers: &[Info]| {
            tokio::time::advance(Duration::from_secs(10)).await;
            lookups.look(servers.iter(), Instant::now());
            lookups.hit_ratio()
        };
        assert_eq!(look(&[info("a", 1_000, 9_000)]).await, None, "of before");
        assert_eq!(look(&[info("a", 1_099, 9_000)]).await, None, "too few");
        assert_eq!(look(&[info("a", 1_160, 9_040)]).await, Some(0.8));
        // Another has taken over, with counts of its own.
        assert_eq!(look(&[info("b", 70_000, 0)]).await, Some(0.8));
        assert_eq!(look(&[info("b", 70_000, 120)]).await, Some(0.5));
        // CONFIG RESETSTAT
        assert_eq!(look(&[info("b", 80, 0)]).await, Some(0.6));
        // Two masters of a cluster.
        let both = [info("b", 80, 0), info("c", 5_000, 5_000)];
        assert_eq!(look(&both).await, Some(0.6));
        let both = [info("b", 80, 50), info("c", 5_000, 5_050)];
        assert_eq!(look(&both).await, Some(0.48));
    }
}
