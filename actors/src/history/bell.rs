//! How the history calls whoever writes the log. A call waits for nobody, and ten are as good as one.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

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
    /// Since when a call is being answered.
    since: Option<Instant>,
}

impl Bell {
    /// Calls whoever answers, now or when it is done with what it does.
    pub(super) fn ring(&self, call: Call) {
        let mut state = self.state.lock();
        state.called = state.called.max(Some(call));
        self.rung.notify_all();
    }

    /// Takes it over: whoever answered before is done. Begins with a call for all there is.
    pub(super) fn take_over(&self) -> u64 {
        let mut state = self.state.lock();
        let turn = state.turn + 1;
        *state = State {
            turn,
            called: Some(Call::Sync),
            since: None,
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
        while state.turn == turn {
            if let Some(call) = state.called.take() {
                state.since = Some(Instant::now());
                return Some(call);
            }
            self.rung.wait(&mut state);
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
