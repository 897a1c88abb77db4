//! Our contender: a root, an overseer that lives where its children do, and the children.

use std::{sync::Arc, time::Duration};

use actix::Arbiter;
use supervision::{
    ABANDONED_THREADS, Backoff, Capacity, ChildSpec, Overseer, Placement, Ref, Root, Strategy,
};

use super::counter::{Counter, Get, GetLater, Increment, Panic};
use crate::work::{Ask, AskLater, CAPACITY, Crash, Tell, TellWait};

/// Nobody is that slow.
const DEADLINE: Duration = Duration::from_secs(10);

/// Its tree ends with the last of its workers.
pub(crate) struct Worker {
    address: Ref<Counter>,
    _root: Arc<Root>,
}

/// On a thread of its own, and so is its overseer.
pub(crate) async fn own() -> Worker {
    one(Placement::Own).await
}

/// Itself and its overseer on the thread of the caller.
pub(crate) async fn same() -> Worker {
    one(Placement::Shared(Arbiter::current())).await
}

/// Every worker, and their overseer, on a thread of its own.
pub(crate) async fn own_crowd(workers: usize) -> Vec<Worker> {
    crowd(workers, Placement::Own).await
}

/// All on the thread of the caller.
pub(crate) async fn same_crowd(workers: usize) -> Vec<Worker> {
    crowd(workers, Placement::Shared(Arbiter::current())).await
}

async fn one(placement: Placement) -> Worker {
    let mut workers = crowd(1, placement).await;
    workers.pop().expect("one was asked for")
}

async fn crowd(workers: usize, placement: Placement) -> Vec<Worker> {
    let capacity = Capacity {
        commands: CAPACITY,
        queries: CAPACITY,
    };
    let address = |at| Ref::new(format!("worker-{at}"), capacity);
    let addresses: Vec<_> = (0..workers).map(address).collect();
    let overseer = Ref::new("overseer", Capacity::default());
    let children = addresses.clone();
    let root = Root::start("root", ABANDONED_THREADS, move || {
        let (children, placing) = (children.clone(), placement.clone());
        let build = move || overseen(&children, &placing);
        let spec = ChildSpec::overseer(&overseer, build).placement(placement.clone());
        Overseer::new(Strategy::OneForOne).child(spec)
    });
    let root = Arc::new(root);
    let worker = |address| Worker {
        address,
        _root: root.clone(),
    };
    let workers: Vec<_> = addresses.into_iter().map(worker).collect();
    for worker in &workers {
        worker.first_answer().await;
    }
    workers
}

fn overseen(addresses: &[Ref<Counter>], placement: &Placement) -> Overseer {
    let spec = |address: &Ref<Counter>| {
        ChildSpec::new(address, |_, _| Counter::default())
            .backoff(Backoff::none())
            .placement(placement.clone())
    };
    // It remembers every restart within the period: that is not what is measured.
    let overseer = Overseer::new(Strategy::OneForOne).intensity(u32::MAX, Duration::from_millis(1));
    addresses.iter().map(spec).fold(overseer, Overseer::child)
}

impl Tell for Worker {
    fn tell(&self) -> bool {
        self.address.tell(Increment).is_ok()
    }
}

impl TellWait for Worker {
    async fn tell_wait(&self) {
        let _ = self.address.tell_wait(Increment).await;
    }
}

impl Ask for Worker {
    async fn ask(&self) -> Option<u64> {
        self.address.ask(Get, DEADLINE).await.ok()
    }
}

impl AskLater for Worker {
    async fn ask_later(&self) -> Option<u64> {
        self.address.ask(GetLater, DEADLINE).await.ok()
    }
}

impl Crash for Worker {
    async fn crash(&self) {
        let _ = self.address.ask(Panic, DEADLINE).await;
    }
}
