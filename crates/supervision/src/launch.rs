//! Bringing an incarnation to life, the actor's type erased.

use std::{
    sync::{Arc, atomic::Ordering::*},
    time::Duration,
};

use actix::{dev::ContextFut, prelude::*};
use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::{
    catch,
    exit::{Exit, LastExit},
    guard::{Guard, Report, Reporter},
    inflight::InFlight,
    life::{Life, Tether},
    office::Office,
    pump::Pump,
    queue::Queue,
    realm::Realm,
    reference::{AskError, Ref},
    spec::{Placement, Start},
};

pub(crate) struct Reported {
    pub(crate) child: u64,
    pub(crate) generation: u64,
    pub(crate) report: Report,
}

pub(crate) struct Launching<'a> {
    /// The number its overseer knows the child by.
    pub(crate) child: u64,
    pub(crate) placement: &'a Placement,
    pub(crate) concurrency: usize,
    /// Bounded by what is sent: two reports an incarnation, and the next one waits for the last.
    pub(crate) reports: mpsc::UnboundedSender<Reported>,
    pub(crate) realm: Arc<Realm>,
}

/// A child with its actor type erased.
pub(crate) trait Launch: Send + Sync {
    fn office(&self) -> &Arc<Office>;
    /// The next generation takes over; whoever is still in office is evicted.
    fn launch(&self, how: Launching<'_>) -> Tether;
    /// Nobody is in office until the next launch.
    fn vacate(&self);
    fn refuse_queries(&self);
    fn close(&self);
    fn ping(&self, deadline: Duration) -> BoxFuture<'static, Result<Duration, AskError>>;
}

/// Where threads are listed (`top -H`), each is called after its actor; Linux shows 15 bytes.
fn name_thread(name: &str) {
    #[cfg(target_os = "linux")]
    if let Ok(name) = std::ffi::CString::new(name) {
        // Without it, it is called after the thread that started it.
        let _ = rustix::thread::set_name(&name);
    }
}

pub(crate) type StartFn<A> = dyn Fn(Start<A>, &mut Context<A>) -> A + Send + Sync;

pub(crate) struct Typed<A: Actor<Context = Context<A>>> {
    pub(crate) child: Ref<A>,
    pub(crate) start: Arc<StartFn<A>>,
}

impl<A: Actor<Context = Context<A>>> Typed<A> {
    fn queue(&self) -> &Arc<Queue<A>> {
        &self.child.0
    }
}

impl<A: Actor<Context = Context<A>>> Launch for Typed<A> {
    fn office(&self) -> &Arc<Office> {
        &self.queue().office
    }

    fn launch(&self, how: Launching<'_>) -> Tether {
        let queue = self.queue().clone();
        let office = &queue.office;
        let reserved = office.vacant.swap(false, AcqRel);
        let generation = office.vitals.generation.load(Acquire) + u64::from(!reserved);
        queue.fence(generation);
        office.vitals.launched.store(generation, Release);
        // The start function may hang, too.
        office.vitals.begin();

        let (own, arbiter) = match how.placement {
            Placement::Own => {
                let arbiter = how.realm.thread();
                (Some(arbiter.clone()), arbiter)
            }
            Placement::Shared(arbiter) => (None, arbiter.clone()),
        };
        let name = own.is_some().then(|| office.name.clone());
        let is_restart = own.is_some() && office.last_exit.load().is_some();
        let flight = InFlight::new(how.concurrency, office.rooms.clone(), office.vitals.clone());
        let tether = Life::begin(generation, flight, own, how.realm.clone());
        let predecessor = office.incumbent.lock().replace(tether.life.clone());
        if let Some(predecessor) = predecessor {
            predecessor.give_up();
        }

        let birth = Birth(Some(Embryo {
            queue: queue.clone(),
            life: tether.life.clone(),
            start: self.start.clone(),
            realm: how.realm.clone(),
            last_exit: office.last_exit.load_full(),
            report: Box::new(move |report| {
                // An overseer that is gone needs no reports.
                let _ = how.reports.send(Reported {
                    child: how.child,
                    generation,
                    report,
                });
            }),
        }));
        // False when the shared thread is gone: the birth is dropped, and reports that.
        arbiter.spawn_fn(move || {
            if let Some(name) = name {
                name_thread(&name);
            }
            birth.give();
        });
        if is_restart {
            how.realm.spare_thread();
        }
        tether
    }

    fn vacate(&self) {
        let queue = self.queue();
        if !queue.office.vacant.swap(true, AcqRel) {
            queue.fence(queue.office.vitals.generation.load(Acquire) + 1);
        }
        let incumbent = queue.office.incumbent.lock().take();
        if let Some(life) = incumbent {
            life.give_up();
        }
    }

    fn refuse_queries(&self) {
        self.queue().refuse_queries();
    }

    fn close(&self) {
        for child in self.office().board.children.load().iter() {
            child.launcher.close();
        }
        self.queue().close();
    }

    fn ping(&self, deadline: Duration) -> BoxFuture<'static, Result<Duration, AskError>> {
        let child = self.child.clone();
        Box::pin(async move { child.ping(deadline).await })
    }
}

/// An incarnation about to be built, on the thread where it will live.
struct Birth<A: Actor<Context = Context<A>>>(Option<Embryo<A>>);

struct Embryo<A: Actor<Context = Context<A>>> {
    queue: Arc<Queue<A>>,
    life: Arc<Life>,
    start: Arc<StartFn<A>>,
    realm: Arc<Realm>,
    last_exit: Option<Arc<LastExit>>,
    report: Reporter,
}

impl<A: Actor<Context = Context<A>>> Birth<A> {
    #[expect(clippy::disallowed_methods, reason = "this spawns the guard itself")]
    fn give(mut self) {
        let Some(embryo) = self.0.take() else { return };
        match catch::catch(|| embryo.build()) {
            Ok(incarnation) => {
                actix_rt::spawn(Guard {
                    incarnation: Some(incarnation),
                    queue: embryo.queue,
                    life: embryo.life,
                    report: embryo.report,
                    stop_asked: false,
                    up: false,
                });
            }
            Err(exit) => embryo.dies(exit),
        }
    }
}

impl<A: Actor<Context = Context<A>>> Drop for Birth<A> {
    /// The thread was gone before the birth.
    fn drop(&mut self) {
        if let Some(embryo) = self.0.take() {
            embryo.dies(Exit::Killed);
        }
    }
}

impl<A: Actor<Context = Context<A>>> Embryo<A> {
    fn build(&self) -> ContextFut<A, Context<A>> {
        let (queue, life) = (&self.queue, &self.life);
        catch::set_handling(None);
        let mut ctx = Context::new();
        let beginning = Start {
            generation: life.generation,
            me: Ref(queue.clone()),
            last_exit: self.last_exit.clone(),
            flight: life.flight.clone(),
            realm: self.realm.clone(),
        };
        let actor = (self.start)(beginning, &mut ctx);
        ctx.spawn(Pump::new(
            queue.clone(),
            life.flight.clone(),
            life.generation,
        ));
        ctx.into_future(actor)
    }

    fn dies(self, exit: Exit) {
        let office = &self.queue.office;
        if office.is_current(self.life.generation) {
            office.vitals.busy_since.store(0, Release);
        }
        (self.report)(Report::Exit {
            exit,
            quarantined: None,
        });
        self.life.returned();
    }
}
