//! What a protocol's library does on a connection, done by whoever waits for an answer on it: no task of
//! its own, whose panic nobody would see.

use std::{
    future::Future,
    pin::{Pin, pin},
};

/// Of one connection. Nothing happens on it between questions.
pub(crate) struct Driver(Option<Pin<Box<dyn Future<Output = ()>>>>);

impl Driver {
    pub(crate) fn new(work: impl Future<Output = ()> + 'static) -> Self {
        Driver(Some(Box::pin(work)))
    }

    /// The connection is lost.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_none()
    }

    /// Works until there is an answer. One that the end of the connection brings about is one, too.
    pub(crate) async fn until<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        if let Some(work) = &mut self.0 {
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                () = work => self.0 = None,
            }
        }
        answer.await
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_is_done_while_somebody_waits_and_its_end_is_an_answer() {
        let (ask, asked) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let mut driver = Driver::new(async move {
            let _ = tell.send(asked.await.is_ok());
        });
        ask.send(()).unwrap();
        assert_eq!(driver.until(told).await, Ok(true));
        let (lost, never) = oneshot::channel::<()>();
        drop(lost);
        assert!(driver.until(never).await.is_err());
        let (lost, never) = oneshot::channel::<()>();
        let mut driver = Driver::new(async move { drop(lost) });
        assert!(driver.until(never).await.is_err());
        assert!(driver.is_over());
    }
}
