//! How the history calls whoever writes the log. A call waits for nobody, and ten are as good as one.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// What is to be durable waits so long for more: sources are asked at nearly the same moment, and each
/// sync costs a disk as much as a hundred writes.
const GATHER: Duration = Duration::from_millis(250);

/// Rung by the history, answered by a thread of the journal's.
#[derive(Default)]
pub struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

/// What it is rung for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    /// Samples are to outlive this process.
    Log,
    /// All that was written is to outlive a power failure, too.
    Sync,
}

#[derive(Default)]
struct State {
    /// Who answers: the last who took it over.
    turn: u64,
    called: Option<Call>,
    /// A call is kept waiting for others: none of them need wake who answers.
    gathering: bool,
    /// Since when a call is being answered.
    since: Option<Instant>,
}

impl Bell {
    /// Calls whoever answers, now or when it is done with what it does.
    pub(super) fn ring(&self, call: Call) {
        let mut state = self.state.lock();
        state.called = state.called.max(Some(call));
        if !state.gathering {
            self.rung.notify_all();
        }
    }

    /// Takes it over: whoever answered before is done. Begins with a call for all there is.
    pub(super) fn take_over(&self) -> u64 {
        let mut state = self.state.lock();
        let turn = state.turn + 1;
        *state = State {
            turn,
            called: Some(Call::Sync),
            ..State::default()
        };
        self.rung.notify_all();
        turn
    }

    /// Gives it up: until somebody takes it over, nobody answers.
    pub(super) fn give_up(&self, turn: u64) {
        let mut state = self.state.lock();
        if state.turn == turn {
            state.turn += 1;
            state.since = None;
        }
        self.rung.notify_all();
    }

    /// The next call, once the one before is answered; `None` when it is somebody else's turn.
    pub(super) fn next(&self, turn: u64) -> Option<Call> {
        let mut state = self.state.lock();
        if state.turn == turn {
            state.since = None;
        }
        let mut gathered = None;
        while state.turn == turn {
            match (state.called, gathered) {
                (None, _) => self.rung.wait(&mut state),
                (Some(Call::Sync), None) => {
                    gathered = Some(Instant::now() + GATHER);
                    state.gathering = true;
                }
                (Some(Call::Sync), Some(until)) if Instant::now() < until => {
                    self.rung.wait_until(&mut state, until);
                }
                (called, _) => {
                    state.called = None;
                    state.gathering = false;
                    state.since = Some(Instant::now());
                    return called;
                }
            }
        }
        None
    }

    /// For how long a call has been answered by now.
    pub(super) fn busy(&self) -> Option<Duration> {
        self.state.lock().since.map(|since| since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
    };

    use super::*;

    #[test]
    fn ten_calls_are_one_and_the_gravest_counts() {
        let bell = Bell::default();
        let turn = bell.take_over();
        assert_eq!(bell.next(turn), Some(Call::Sync), "whatever there is");
        assert!(bell.busy().is_some());
        bell.ring(Call::Log);
        bell.ring(Call::Sync);
        bell.ring(Call::Log);
        assert_eq!(bell.next(turn), Some(Call::Sync));
        bell.ring(Call::Log);
        assert_eq!(bell.next(turn), Some(Call::Log));
    }

    #[test]
    fn what_comes_a_moment_later_is_synced_with_the_first() {
        let bell = Bell::default();
        let turn = bell.take_over();
        assert_eq!(bell.next(turn), Some(Call::Sync));
        let first = Instant::now();
        for call in [Call::Sync, Call::Log, Call::Sync] {
            bell.ring(call);
        }
        assert_eq!(bell.next(turn), Some(Call::Sync));
        assert!(first.elapsed() >= GATHER);
        bell.ring(Call::Log);
        assert_eq!(bell.next(turn), Some(Call::Log), "nothing else is left");

        bell.ring(Call::Sync);
        bell.give_up(turn);
        assert_eq!(
            bell.next(turn),
            None,
            "the successor begins with all there is"
        );
    }

    #[test]
    fn who_gathers_is_woken_by_whoever_takes_over_and_by_nobody_else() {
        let bell = Arc::new(Bell::default());
        // On a machine that stands still, the time to gather may be over before it is ended.
        let ended_in_time = (0..20).any(|_| {
            let turn = bell.take_over();
            let waits = bell.clone();
            let gathers = thread::spawn(move || waits.next(turn));
            while !bell.state.lock().gathering && !gathers.is_finished() {
                thread::yield_now();
            }
            bell.ring(Call::Log);
            bell.give_up(turn);
            gathers.join().unwrap().is_none()
        });
        assert!(ended_in_time);
        let turn = bell.take_over();
        assert_eq!(bell.next(turn), Some(Call::Sync));
        bell.ring(Call::Log);
        assert_eq!(bell.next(turn), Some(Call::Log), "rings are heard again");
    }

    #[test]
    fn one_answers_at_a_time() {
        let bell = Arc::new(Bell::default());
        let serve = |turn| {
            let (bell, (heard, calls)) = (bell.clone(), mpsc::channel());
            let serve = move || {
                while let Some(call) = bell.next(turn) {
                    heard.send(call).unwrap();
                }
            };
            (thread::spawn(serve), calls)
        };
        let (first, calls) = serve(bell.take_over());
        assert_eq!(calls.recv(), Ok(Call::Sync));
        let turn = bell.take_over();
        first.join().unwrap();
        assert!(calls.recv().is_err());

        let (second, calls) = serve(turn);
        assert_eq!(calls.recv(), Ok(Call::Sync));
        bell.ring(Call::Log);
        assert_eq!(calls.recv(), Ok(Call::Log));
        bell.give_up(turn);
        second.join().unwrap();
        bell.ring(Call::Log);
        assert_eq!(bell.next(turn), None);
        assert_eq!(bell.busy(), None);
    }
}
