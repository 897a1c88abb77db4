//! Threads made ahead for actors to come: to start one takes about as long as all else that a start does.

use std::{sync::Arc, thread, time::Duration};

use actix_rt::{Arbiter, ArbiterHandle, System};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

/// So long a thread for blocking calls waits for the next one: much that calls so does it every thirty seconds.
const KEPT: Duration = Duration::from_secs(35);

/// A thread for an actor.
fn start() -> ArbiterHandle {
    Arbiter::with_tokio_rt(runtime).handle()
}

#[expect(clippy::expect_used, reason = "as actix does it")]
fn runtime() -> Runtime {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().thread_keep_alive(KEPT).build();
    runtime.expect("an event queue and a timer for a thread")
}

/// Threads at hand for the actors of a tree, see [`Root::start_on`](crate::Root::start_on). Dropping it ends
/// those nobody has taken.
#[derive(Default)]
pub struct Threads(Arc<Stock>);

#[derive(Default)]
struct Stock(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    at_hand: Vec<ArbiterHandle>,
    /// That are still to be made ahead.
    to_come: usize,
}

impl Threads {
    /// Makes so many from now on, on a thread of its own, beside whatever the caller does next. Whoever
    /// needs one before it is made makes it, and one less is made.
    ///
    /// # Panics
    /// Outside an actix system.
    pub fn ahead(count: usize) -> Threads {
        let stock = Arc::new(Stock(Mutex::new(Shelf {
            at_hand: Vec::with_capacity(count),
            to_come: count,
        })));
        let (system, ahead) = (System::current(), stock.clone());
        let make = move || {
            System::set_current(system);
            while ahead.is_one_to_come() {
                ahead.bring(start());
            }
        };
        // Without it, each is made when it is needed.
        let _ = thread::Builder::new().name("threads".into()).spawn(make);
        Threads(stock)
    }

    /// The next one.
    pub(crate) fn take(&self) -> ArbiterHandle {
        let at_hand = self.0.take();
        at_hand.unwrap_or_else(start)
    }

    /// Has one at hand, unless there is one.
    pub(crate) fn have_one(&self) {
        if !self.0.has_any() {
            self.0.keep(start());
        }
    }
}

impl Stock {
    fn is_one_to_come(&self) -> bool {
        self.0.lock().to_come > 0
    }

    /// One that was to come; ends it, if whoever needed it did not wait.
    fn bring(&self, thread: ArbiterHandle) {
        let mut shelf = self.0.lock();
        if shelf.to_come > 0 {
            shelf.to_come -= 1;
            shelf.at_hand.push(thread);
        } else {
            thread.stop();
        }
    }

    /// One more; ends it, if somebody else has made one meanwhile.
    fn keep(&self, thread: ArbiterHandle) {
        let mut shelf = self.0.lock();
        if shelf.at_hand.is_empty() {
            shelf.at_hand.push(thread);
        } else {
            thread.stop();
        }
    }

    fn take(&self) -> Option<ArbiterHandle> {
        let mut shelf = self.0.lock();
        let thread = shelf.at_hand.pop();
        if thread.is_none() {
            shelf.to_come = shelf.to_come.saturating_sub(1);
        }
        thread
    }

    /// At hand or about to be.
    fn has_any(&self) -> bool {
        let shelf = self.0.lock();
        !shelf.at_hand.is_empty() || shelf.to_come > 0
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        for thread in self.0.get_mut().at_hand.drain(..) {
            thread.stop();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // What is being made beside is the last.
        self.0.0.lock().to_come = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::{collections::HashSet, sync::mpsc, time::Duration};

    /// The thread behind a handle, once it answers.
    fn id(thread: &ArbiterHandle) -> thread::ThreadId {
        let (answer, answered) = mpsc::channel();
        assert!(thread.spawn_fn(move || answer.send(thread::current().id()).unwrap()));
        answered.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    #[test]
    fn there_are_as_many_as_were_wanted_whoever_makes_them_and_more_where_more_are_needed() {
        actix_rt::System::new().block_on(async {
            for wanted in [0, 1, 5] {
                let threads = Threads::ahead(wanted);
                let taken: Vec<_> = (0..7).map(|_| threads.take()).collect();
                let different: HashSet<_> = taken.iter().map(id).collect();
                assert_eq!(different.len(), 7);
                assert!(!threads.0.has_any());
                taken.iter().for_each(|thread| _ = thread.stop());
            }
        });
    }

    #[test]
    fn one_is_at_hand_after_it_was_asked_for_and_nobody_makes_a_second() {
        actix_rt::System::new().block_on(async {
            let threads = Threads::default();
            threads.have_one();
            threads.have_one();
            // As by two who have both found none.
            threads.0.keep(start());
            assert_eq!(threads.0.0.lock().at_hand.len(), 1);
        });
    }

    #[test]
    fn those_nobody_takes_end_with_it() {
        actix_rt::System::new().block_on(async {
            let threads = Threads::ahead(3);
            let one = threads.take();
            let stock = Arc::downgrade(&threads.0);
            threads.have_one();
            drop(threads);
            // Whoever makes them is done soon after.
            while stock.strong_count() > 0 {
                thread::yield_now();
            }
            assert_ne!(id(&one), thread::current().id(), "what was taken goes on");
            one.stop();
        });
    }
}
