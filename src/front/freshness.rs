//! Makes a scrape see the host as it is now: one measurement for all who wait.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::timeout};
use vitals_actors::{collector::system::SystemCollector, last_known::LastKnown, messages::Refresh};

use crate::collectors::Seat;

/// Values of this age are as good as new.
const MAX_AGE: Duration = Duration::from_millis(20);
/// A scrape waits no longer for new ones.
const PATIENCE: Duration = Duration::from_millis(50);

pub(crate) struct Freshness {
    system: Arc<Seat<SystemCollector>>,
    last_known: Arc<LastKnown>,
    /// Held by whoever asks; the others wait for what comes of it.
    asking: Mutex<()>,
}

impl Freshness {
    pub(crate) fn new(system: Arc<Seat<SystemCollector>>, last_known: Arc<LastKnown>) -> Self {
        Freshness {
            system,
            last_known,
            asking: Mutex::new(()),
        }
    }

    /// Returns when the aggregator has young values of the host, or when the patience of a scrape
    /// is over: then it goes on with what is there.
    pub(crate) async fn refresh(&self) {
        if self.is_fresh() {
            return;
        }
        let refresh = async {
            let _asking = self.asking.lock().await;
            if !self.is_fresh() {
                let question = Refresh { max_age: MAX_AGE };
                let system = self.system.load_full();
                // Whatever the answer, the page shows the age of what it shows.
                let _ = system.ask(question, PATIENCE).await;
            }
        };
        let _ = timeout(PATIENCE, refresh).await;
    }

    fn is_fresh(&self) -> bool {
        let standing = self.last_known.standing.load();
        let heard = standing.heard_whole(self.system.load().name());
        heard.is_some_and(|at| at.elapsed() <= MAX_AGE)
    }
}
