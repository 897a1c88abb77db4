//! Questions that may never be answered: an unreachable file server keeps `statvfs` waiting for
//! ever, a dead resolver keeps a name for half a minute, a network card its driver's lock. They are
//! asked on threads of their own, so that nobody waits who does not want to.
//!
//! Not tokio's blocking pool: a runtime that ends waits for what runs there.

use std::{io, thread, time::Duration};

use tokio::{
    sync::oneshot::{self, Receiver, error::TryRecvError},
    time::{Instant, timeout_at},
};

/// One question at a time, asked again and again: while one is not answered there is no second, and
/// so never more than one thread.
pub(crate) struct Beside<T> {
    asked: Option<Asked<T>>,
}

struct Asked<T> {
    at: Instant,
    answer: Receiver<T>,
}

/// What has become of a question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// None is open.
    Unasked,
    /// Not answered for so long.
    Waiting(Duration),
    /// The answer, and when it was asked for.
    Ready(T, Instant),
    /// Whoever was to answer is gone without one.
    Lost,
}

impl<T> Default for Beside<T> {
    fn default() -> Self {
        Beside { asked: None }
    }
}

impl<T: Send + 'static> Beside<T> {
    /// Asks, unless a question is open. `name` is the thread's.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn ask(
        &mut self,
        name: &str,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<()> {
        if self.asked.is_some() {
            return Ok(());
        }
        let (sender, answer) = oneshot::channel();
        // An answer that nobody waits for any more is for nobody.
        let ask = move || drop(sender.send(question()));
        thread::Builder::new().name(name.to_owned()).spawn(ask)?;
        let at = Instant::now();
        self.asked = Some(Asked { at, answer });
        Ok(())
    }

    /// Whether there is a question that is not answered, as far as has been looked.
    pub(crate) fn is_open(&self) -> bool {
        self.asked.is_some()
    }

    /// What has become of it, without waiting. An answer is given once.
    pub(crate) fn look(&mut self) -> Answer<T> {
        let Some(asked) = &mut self.asked else {
            return Answer::Unasked;
        };
        let at = asked.at;
        let answer = match asked.answer.try_recv() {
            Ok(answer) => Answer::Ready(answer, at),
            Err(TryRecvError::Closed) => Answer::Lost,
            Err(TryRecvError::Empty) => return Answer::Waiting(at.elapsed()),
        };
        self.asked = None;
        answer
    }

    /// What has become of it by `deadline`. A question that is still open then stays open.
    pub(crate) async fn wait(&mut self, deadline: Instant) -> Answer<T> {
        let Some(asked) = &mut self.asked else {
            return Answer::Unasked;
        };
        let at = asked.at;
        let answer = match timeout_at(deadline, &mut asked.answer).await {
            Ok(Ok(answer)) => Answer::Ready(answer, at),
            Ok(Err(_)) => Answer::Lost,
            Err(_) => return Answer::Waiting(at.elapsed()),
        };
        self.asked = None;
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn an_answer_is_given_once() {
        let mut beside = Beside::default();
        assert_eq!(beside.look(), Answer::<u8>::Unasked);
        beside.ask("test", || 7).unwrap();
        let answer = beside.wait(Instant::now() + 30 * SEC).await;
        assert!(matches!(answer, Answer::Ready(7, _)), "{answer:?}");
        assert_eq!(beside.look(), Answer::Unasked);
    }

    #[tokio::test]
    async fn while_a_question_is_open_no_other_is_asked() {
        let mut beside = Beside::default();
        let (release, hung) = mpsc::channel::<u8>();
        beside.ask("test", move || hung.recv()).unwrap();
        let answer = beside.wait(Instant::now()).await;
        assert!(matches!(answer, Answer::Waiting(_)), "{answer:?}");
        beside.ask("test", || panic!("asked twice")).unwrap();
        assert!(matches!(beside.look(), Answer::Waiting(_)));
        release.send(7).unwrap();
        let answer = beside.wait(Instant::now() + 30 * SEC).await;
        assert!(matches!(answer, Answer::Ready(Ok(7), _)), "{answer:?}");
    }

    #[tokio::test]
    async fn whoever_panics_answers_nothing() {
        let mut beside = Beside::<u8>::default();
        beside.ask("test", || panic!("on purpose")).unwrap();
        let answer = beside.wait(Instant::now() + 30 * SEC).await;
        assert_eq!(answer, Answer::Lost);
        beside.ask("test", || 7).unwrap();
        let answer = beside.wait(Instant::now() + 30 * SEC).await;
        assert!(matches!(answer, Answer::Ready(7, _)), "{answer:?}");
    }
}
