//! A client that scrapes all the time, and keeps count.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    until::pause,
    wire::{Connection, Response},
};

/// From one scrape to the next.
const PACE: Duration = Duration::from_millis(20);

/// Scrapes `/metrics` every 20 ms on a thread of its own.
pub(crate) struct Scraper {
    enough: Arc<AtomicBool>,
    thread: Option<JoinHandle<Tally>>,
}

/// What became of all scrapes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) scrapes: usize,
    /// Answered from what was last known.
    pub(crate) stale: usize,
    /// How often a connection that was to be kept had to be made anew.
    pub(crate) connections: usize,
    /// What was not a whole page.
    pub(crate) failures: Vec<String>,
}

impl Scraper {
    /// A new connection for each scrape.
    pub(crate) fn on_new_connections(address: SocketAddr) -> Self {
        Self::start(move |tally| {
            tally.connections += 1;
            Connection::open(address)?.get("/metrics")
        })
    }

    /// One connection for all, for as long as it lasts. A server may close it between two answers;
    /// what was asked in that very moment is asked again, as RFC 9110 has it (9.2.2).
    pub(crate) fn on_one_connection(address: SocketAddr) -> Self {
        let mut kept: Option<Connection> = None;
        Self::start(move |tally| {
            if let Some(connection) = &mut kept {
                match connection.get("/metrics") {
                    Ok(response) => {
                        if response.closes() {
                            kept = None;
                        }
                        return Ok(response);
                    }
                    Err(error) if is_before_the_answer(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            tally.connections += 1;
            let mut connection = Connection::open(address)?;
            let response = connection.get("/metrics");
            kept = Some(connection);
            response
        })
    }

    fn start(mut scrape: impl FnMut(&mut Tally) -> io::Result<Response> + Send + 'static) -> Self {
        let enough = Arc::<AtomicBool>::default();
        let told = enough.clone();
        let thread = thread::spawn(move || {
            let mut tally = Tally::default();
            while !told.load(Relaxed) {
                let scraped = scrape(&mut tally);
                tally.scrapes += 1;
                match scraped {
                    Ok(response) => tally.judge(&response),
                    Err(error) => tally.failures.push(format!("{error:?}")),
                }
                pause(PACE);
            }
            tally
        });
        Scraper {
            enough,
            thread: Some(thread),
        }
    }

    /// Ends it, and tells.
    pub(crate) fn finish(mut self) -> Tally {
        self.enough.store(true, Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

/// The connection ended and nothing of the answer had come.
fn is_before_the_answer(error: &io::Error) -> bool {
    use ErrorKind::*;
    matches!(
        error.kind(),
        ConnectionAborted | BrokenPipe | ConnectionReset
    )
}

impl Tally {
    fn judge(&mut self, response: &Response) {
        let page = String::from_utf8_lossy(&response.body);
        let whole = page.ends_with('\n');
        let has = |start: &str| page.lines().any(|line| line.starts_with(start));
        let (node, own) = (has("node_cpu_seconds_total{"), has("vitals_"));
        if response.head.contains("\r\nx-vitals-stale: true\r\n") {
            self.stale += 1;
        }
        if response.status != 200 || !whole || !node || !own {
            let status = response.status;
            self.failures.push(format!(
                "{status}, whole {whole}, node_cpu {node}, vitals {own}, {} bytes",
                page.len()
            ));
        }
    }

    /// Not one of them failed.
    #[track_caller]
    pub(crate) fn all_went_well(&self) {
        assert!(self.scrapes > 0);
        let (failed, scrapes) = (self.failures.len(), self.scrapes);
        assert!(
            failed == 0,
            "{failed} of {scrapes} scrapes: {:#?}",
            self.failures
        );
    }
}

impl Drop for Scraper {
    fn drop(&mut self) {
        self.enough.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
