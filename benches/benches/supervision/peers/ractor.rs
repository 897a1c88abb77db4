//! ractor. Its queues have no bound; a restart is written by hand and makes a new address.

use std::sync::{Arc, Mutex, PoisonError};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use crate::work::{Ask, Crash, Tell};

type Done = Result<(), ActorProcessingErr>;

pub(crate) enum Message {
    Increment,
    Get(RpcReplyPort<u64>),
    Panic,
}

struct Counter;

impl Actor for Counter {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(&self, _: ActorRef<Message>, message: Message, count: &mut u64) -> Done {
        match message {
            Message::Increment => *count += 1,
            Message::Get(port) => port.send(*count)?,
            Message::Panic => panic!("as asked"),
        }
        Ok(())
    }
}

#[derive(Clone)]
pub(crate) struct Worker(ActorRef<Message>);

/// Wherever the caller's runtime puts it.
pub(crate) async fn start() -> Worker {
    let (address, _) = Actor::spawn(None, Counter, ())
        .await
        .expect("it has no name to clash");
    Worker(address)
}

impl Tell for Worker {
    fn tell(&self) -> bool {
        self.0.cast(Message::Increment).is_ok()
    }
}

impl Ask for Worker {
    async fn ask(&self) -> Option<u64> {
        ractor::call!(self.0, Message::Get).ok()
    }
}

/// The address that is good now.
#[derive(Clone, Default)]
pub(crate) struct Supervised(Arc<Mutex<Option<Worker>>>);

struct Supervisor(Supervised);

impl Supervisor {
    async fn start_child(&self, me: ActorCell) -> Done {
        let (address, _) = Actor::spawn_linked(None, Counter, (), me).await?;
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Worker(address));
        Ok(())
    }
}

impl Actor for Supervisor {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, me: ActorRef<()>, (): ()) -> Done {
        self.start_child(me.get_cell()).await
    }

    async fn handle_supervisor_evt(
        &self,
        me: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Done {
        match event {
            SupervisionEvent::ActorFailed(..) => self.start_child(me.get_cell()).await,
            _ => Ok(()),
        }
    }
}

pub(crate) async fn supervised() -> Supervised {
    let child = Supervised::default();
    let supervisor = Supervisor(child.clone());
    Actor::spawn(None, supervisor, ())
        .await
        .expect("it has no name to clash");
    child
}

impl Supervised {
    fn now(&self) -> Option<Worker> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Ask for Supervised {
    async fn ask(&self) -> Option<u64> {
        self.now()?.ask().await
    }
}

impl Crash for Supervised {
    async fn crash(&self) {
        if let Some(worker) = self.now() {
            // Nobody is told of its end but the supervisor.
            let _ = worker.0.cast(Message::Panic);
        }
    }
}
