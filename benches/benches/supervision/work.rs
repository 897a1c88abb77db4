//! What every contender's worker can be asked to do. It counts.

/// How many messages its queue holds, where it is bounded.
pub(crate) const CAPACITY: usize = 1024;

pub(crate) trait Tell: Sync {
    /// Has it count one. False when its queue is full.
    fn tell(&self) -> bool;
}

pub(crate) trait TellWait: Sync {
    /// Has it count one, and waits for room in its queue.
    fn tell_wait(&self) -> impl Future<Output = ()> + Send;
}

pub(crate) trait Ask: Sync {
    /// What has it counted? `None` when there is no answer.
    fn ask(&self) -> impl Future<Output = Option<u64>> + Send;

    /// Asks until there is an answer.
    fn first_answer(&self) -> impl Future<Output = u64> + Send {
        async {
            loop {
                match self.ask().await {
                    Some(count) => return count,
                    None => tokio::task::yield_now().await,
                }
            }
        }
    }
}

pub(crate) trait AskLater: Sync {
    /// The same question to a handler that answers by a future.
    fn ask_later(&self) -> impl Future<Output = Option<u64>> + Send;
}

pub(crate) trait Crash: Ask {
    /// Has it panic, and waits until that is known, if anybody can know.
    fn crash(&self) -> impl Future<Output = ()> + Send;
}

/// Many of the same kind, each of which has answered once.
pub(crate) async fn crowd<W: Ask, F>(count: usize, start: impl Fn() -> F) -> Vec<W>
where
    F: Future<Output = W>,
{
    let mut workers = Vec::with_capacity(count);
    for _ in 0..count {
        let worker = start().await;
        worker.first_answer().await;
        workers.push(worker);
    }
    workers
}
