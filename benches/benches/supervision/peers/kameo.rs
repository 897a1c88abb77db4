//! kameo, with bounded mailboxes.

use std::time::Duration;

use kameo::{
    error::Infallible,
    mailbox,
    message::{Context, Message},
    prelude::*,
    supervision::RestartPolicy,
};

use crate::work::{Ask, CAPACITY, Crash, Tell, TellWait};

#[derive(Clone, Default)]
pub(crate) struct Counter(u64);

impl Actor for Counter {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(me: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(me)
    }
}

struct Increment;
struct Get;
struct Panic;

impl Message<Increment> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Increment, _: &mut Context<Self, ()>) {
        self.0 += 1;
    }
}

impl Message<Get> for Counter {
    type Reply = u64;

    async fn handle(&mut self, _: Get, _: &mut Context<Self, u64>) -> u64 {
        self.0
    }
}

impl Message<Panic> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Panic, _: &mut Context<Self, ()>) {
        panic!("as asked");
    }
}

struct Supervisor;

impl Actor for Supervisor {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(me: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(me)
    }
}

pub(crate) struct Worker {
    address: ActorRef<Counter>,
    _supervisor: Option<ActorRef<Supervisor>>,
}

/// Wherever the caller's runtime puts it.
pub(crate) async fn start() -> Worker {
    let mailbox = mailbox::bounded(CAPACITY);
    unsupervised(Counter::spawn_with_mailbox(Counter::default(), mailbox))
}

/// On a thread of its own; only on a pool.
pub(crate) async fn own() -> Worker {
    let mailbox = mailbox::bounded(CAPACITY);
    unsupervised(Counter::spawn_in_thread_with_mailbox(
        Counter::default(),
        mailbox,
    ))
}

fn unsupervised(address: ActorRef<Counter>) -> Worker {
    Worker {
        address,
        _supervisor: None,
    }
}

/// Restarted after panics, wherever the caller's runtime puts it.
pub(crate) async fn supervised() -> Worker {
    supervised_in(false).await
}

/// Restarted after panics, every time on a new thread of its own; only on a pool.
pub(crate) async fn supervised_own() -> Worker {
    supervised_in(true).await
}

async fn supervised_in(thread: bool) -> Worker {
    let supervisor = Supervisor::spawn(Supervisor);
    let child = Counter::supervise(&supervisor, Counter::default())
        .restart_policy(RestartPolicy::Permanent)
        .restart_limit(u32::MAX, Duration::from_secs(1));
    let mailbox = mailbox::bounded(CAPACITY);
    let address = match thread {
        true => child.spawn_in_thread_with_mailbox(mailbox).await,
        false => child.spawn_with_mailbox(mailbox).await,
    };
    Worker {
        address,
        _supervisor: Some(supervisor),
    }
}

impl Tell for Worker {
    fn tell(&self) -> bool {
        self.address.tell(Increment).try_send().is_ok()
    }
}

impl TellWait for Worker {
    async fn tell_wait(&self) {
        let _ = self.address.tell(Increment).send().await;
    }
}

impl Ask for Worker {
    async fn ask(&self) -> Option<u64> {
        self.address.ask(Get).send().await.ok()
    }
}

impl Crash for Worker {
    async fn crash(&self) {
        let _ = self.address.ask(Panic).send().await;
    }
}
