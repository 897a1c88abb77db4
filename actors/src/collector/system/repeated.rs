//! The last answer to a question that is asked again and again, beside the measurement, and told until
//! the next answer, but no longer than it counts.

use std::{io, time::Duration};

use tokio::time::Instant;

use crate::{
    beside::{Answer, Beside},
    collector::{CollectError, Reason},
};

/// So long before an answer counts no more the question is asked anew, so that there is no gap where
/// ticks come every second.
const AHEAD: Duration = Duration::from_millis(1500);
/// Where there is nothing to tell a measurement waits so long for an answer.
const PATIENCE: Duration = Duration::from_millis(20);
/// A question that stays open longer is told as a failure.
const OVERDUE: Duration = Duration::from_secs(5);

/// A question, and the last answer to it.
pub(super) struct Repeated<T> {
    /// What is asked, for messages.
    part: String,
    /// An answer that is older is told no more.
    counts: Duration,
    beside: Beside<T>,
    known: Option<(Instant, T)>,
    /// When it was asked last.
    asked: Option<Instant>,
    failure: Option<CollectError>,
}

impl<T: Send + 'static> Repeated<T> {
    pub(super) fn new(part: impl Into<String>, counts: Duration) -> Self {
        Repeated {
            part: part.into(),
            counts,
            beside: Beside::default(),
            known: None,
            asked: None,
            failure: None,
        }
    }

    /// Whether it is time to ask.
    pub(super) fn is_due(&self) -> bool {
        self.is_due_within(self.counts)
    }

    /// Whether it would be, if answers counted for no longer than this.
    pub(super) fn is_due_within(&self, counts: Duration) -> bool {
        let due = |asked: Instant| asked.elapsed() >= counts.saturating_sub(AHEAD);
        self.asked.is_none_or(due)
    }

    /// Whether the question is not answered yet.
    pub(super) fn is_open(&self) -> bool {
        self.beside.is_open()
    }

    /// Asks, unless the question before is still open.
    pub(super) fn ask(&mut self, question: impl FnOnce() -> T + Send + 'static) {
        match self.beside.ask("vitals-beside", question) {
            Ok(()) => self.asked = Some(Instant::now()),
            Err(error) => self.failure = Some(self.no_thread(&error)),
        }
    }

    /// Takes an answer that has come. Waits for one only where there is nothing else to tell and
    /// the question is young: not for a question that hangs.
    pub(super) async fn settle(&mut self) {
        match self.latest() {
            None => self.settle_new().await,
            Some(_) => {
                let answer = self.beside.look();
                self.take(answer);
            }
        }
    }

    /// The same, but waits whatever there is to tell.
    pub(super) async fn settle_new(&mut self) {
        let answer = match self.asked {
            Some(asked) => self.beside.wait(asked + PATIENCE).await,
            None => self.beside.look(),
        };
        self.take(answer);
    }

    fn take(&mut self, answer: Answer<T>) {
        match answer {
            Answer::Unasked => {}
            Answer::Ready(answer, at) => {
                self.known = Some((at, answer));
                self.failure = None;
            }
            Answer::Waiting(since) if since < OVERDUE => {}
            Answer::Waiting(_) => {
                let detail = format!("no answer within {OVERDUE:?}");
                self.failure = Some(self.failed(Reason::Timeout, detail));
            }
            Answer::Lost => {
                let detail = "whoever was to answer panicked".to_owned();
                self.failure = Some(self.failed(Reason::Unavailable, detail));
            }
        }
    }

    /// The last answer, while it counts.
    pub(super) fn latest(&self) -> Option<&T> {
        let (at, answer) = self.known.as_ref()?;
        (at.elapsed() <= self.counts).then_some(answer)
    }

    /// Why there is no new answer, if so.
    pub(super) fn failure(&self) -> Option<&CollectError> {
        self.failure.as_ref()
    }

    fn no_thread(&self, error: &io::Error) -> CollectError {
        self.failed(Reason::Unavailable, format!("no thread to ask on: {error}"))
    }

    fn failed(&self, reason: Reason, detail: String) -> CollectError {
        CollectError {
            part: self.part.clone(),
            reason,
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::time::advance;

    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    /// A tick: asks when due, takes what has come.
    async fn tick<T: Send + 'static>(
        repeated: &mut Repeated<T>,
        question: impl FnOnce() -> T + Send + 'static,
    ) {
        if repeated.is_due() {
            repeated.ask(question);
        }
        repeated.settle().await;
    }

    /// Until the answer is there, in real time: the thread knows nothing of the paused clock.
    async fn answered<T: Clone + Send + 'static>(repeated: &mut Repeated<T>) -> T {
        loop {
            repeated.settle().await;
            if let Some(answer) = repeated.latest() {
                return answer.clone();
            }
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn asked_anew_before_the_answer_is_too_old() {
        let mut repeated = Repeated::new("x", 10 * SEC);
        tick(&mut repeated, || 1).await;
        assert_eq!(answered(&mut repeated).await, 1);
        tokio::time::pause();
        advance(8 * SEC).await;
        tick(&mut repeated, || panic!("too soon")).await;
        assert_eq!(repeated.latest(), Some(&1));
        advance(SEC).await;
        let (release, hung) = mpsc::channel::<u8>();
        tick(&mut repeated, move || hung.recv().unwrap_or(0)).await;
        assert_eq!(repeated.latest(), Some(&1), "told until there is another");
        release.send(2).unwrap();
        while repeated.latest() != Some(&2) {
            repeated.settle().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_told_as_a_failure_and_its_last_answer_goes() {
        let mut repeated = Repeated::new("/mnt/files", 10 * SEC);
        repeated.ask(|| 1);
        assert_eq!(answered(&mut repeated).await, 1);
        advance(9 * SEC).await;
        let (release, hung) = mpsc::channel::<u8>();
        tick(&mut repeated, move || hung.recv().unwrap_or(0)).await;
        assert_eq!((repeated.latest(), repeated.failure()), (Some(&1), None));
        advance(5 * SEC).await;
        let before = Instant::now();
        tick(&mut repeated, || panic!("the question is still open")).await;
        assert_eq!(before.elapsed(), Duration::ZERO, "nobody waits for it");
        assert_eq!(repeated.latest(), None);
        let failure = repeated.failure().unwrap().to_string();
        assert_eq!(failure, "/mnt/files: no answer within 5s (timeout)");

        release.send(2).unwrap();
        assert_eq!(answered(&mut repeated).await, 2);
        assert_eq!(repeated.failure(), None);
    }
}
