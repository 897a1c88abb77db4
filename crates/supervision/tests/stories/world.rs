//! What the stories share: one worker that can do everything wrong.

pub use std::{
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

pub use actix::prelude::*;
pub use supervision::*;
pub use tokio::sync::broadcast;

pub const SEC: Duration = Duration::from_secs(1);

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub async fn sleep(n: u64) {
    tokio::time::sleep(ms(n)).await
}

pub fn seen(events: &mut broadcast::Receiver<Event>) -> Vec<Event> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

/// Panics nobody meant, on any thread, guarded or not.
static UNEXPECTED: Mutex<Vec<String>> = Mutex::new(Vec::new());
const INDUCED: [&str; 8] = [
    "boom",
    "late",
    "exclusive",
    "beside",
    "on the pool",
    "unseen",
    "not yet",
    "induced",
];

fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The first root installs the crate's own hook; this one stands in front of it and sees all.
        System::new().block_on(async {
            let root = grow(Overseer::new(Strategy::OneForOne));
            root.shutdown();
            ended(&root).await;
        });
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or("?");
            let in_crate = info
                .location()
                .is_some_and(|place| place.file().contains("supervision/src/"));
            // A story that fails panics on its own thread, and is reported by the test runner.
            let story_fails = std::thread::current()
                .name()
                .is_some_and(|name| name.contains("::"));
            let induced = INDUCED.iter().any(|word| message.contains(word));
            if !induced && (in_crate || !story_fails) {
                UNEXPECTED.lock().unwrap().push(info.to_string());
            }
            before(info);
        }));
    });
}

fn no_unexpected_panics() {
    let unexpected = UNEXPECTED.lock().unwrap().clone();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// In real time, every actor where its spec says.
pub fn story<F: Future<Output = ()>>(story: impl FnOnce() -> F) {
    record_panics();
    System::new().block_on(story());
    no_unexpected_panics();
}

/// One thread, one clock, and it jumps when nobody works.
pub fn simulated<F: Future<Output = ()>>(story: impl FnOnce() -> F) {
    record_panics();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    System::with_tokio_rt(runtime).block_on(story());
    no_unexpected_panics();
}

/// A tree whose root is built once.
pub fn grow(root: Overseer) -> Root {
    grow_with(1000, root)
}

pub fn grow_with(budget: usize, root: Overseer) -> Root {
    let root = Mutex::new(Some(root));
    Root::start("root", budget, move || {
        root.lock().unwrap().take().expect("one life")
    })
}

/// An overseer that bears any number of restarts.
pub fn patient(strategy: Strategy) -> Overseer {
    Overseer::new(strategy).intensity(100_000, SEC)
}

pub fn node(root: &Root, path: &str) -> Node {
    root.tree()
        .snapshot()
        .find(path)
        .cloned()
        .unwrap_or_else(|| panic!("no {path}"))
}

pub fn last_exit(root: &Root, path: &str) -> String {
    node(root, path)
        .last_exit
        .map(|last| last.exit.to_string())
        .unwrap_or_default()
}

pub async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let patience = Instant::now();
    while !so() {
        assert!(patience.elapsed() < 20 * SEC, "never: {what}");
        sleep(1).await;
    }
}

pub async fn until_up<A: Actor<Context = Context<A>>>(child: &Ref<A>) {
    until(&format!("{child:?} up"), || child.is_up()).await;
}

pub async fn ended(root: &Root) -> Exit {
    tokio::time::timeout(20 * SEC, root.exit())
        .await
        .expect("it ends")
}

macro_rules! on_lane {
    ($($lane:ident: $($name:ident),*;)*) => {
        $($(impl OnLane for $name { const LANE: Lane = Lane::$lane; })*)*
    };
}
pub(crate) use on_lane;

/// Counts; answers with generation and count.
pub struct Worker {
    pub count: u64,
    pub generation: u64,
    pub log: Log,
    pub name: &'static str,
    pub slow_stop: u64,
}
pub type Log = Arc<Mutex<Vec<String>>>;

#[derive(Message)]
#[rtype(result = "(u64, u64)")]
pub struct Count;
#[derive(Message)]
#[rtype(result = "(u64, u64)")]
pub struct Peek;
#[derive(Message)]
#[rtype(result = "()")]
pub struct Boom;
#[derive(Message)]
#[rtype(result = "()")]
pub struct Quit;
#[derive(Message)]
#[rtype(result = "()")]
pub struct GiveUp;
#[derive(Message)]
#[rtype(result = "()")]
pub struct Block(pub u64);
on_lane! { Commands: Count, Boom, Quit, GiveUp, Block; Queries: Peek; }

impl Actor for Worker {
    type Context = Context<Self>;
    fn started(&mut self, _: &mut Self::Context) {
        self.log
            .lock()
            .unwrap()
            .push(format!("start {}", self.name));
    }
    fn stopped(&mut self, _: &mut Self::Context) {
        std::thread::sleep(ms(self.slow_stop));
        self.log.lock().unwrap().push(format!("stop {}", self.name));
    }
}
impl Handler<Count> for Worker {
    type Result = MessageResult<Count>;
    fn handle(&mut self, _: Count, _: &mut Context<Self>) -> Self::Result {
        self.count += 1;
        MessageResult((self.generation, self.count))
    }
}
impl Handler<Peek> for Worker {
    type Result = MessageResult<Peek>;
    fn handle(&mut self, _: Peek, _: &mut Context<Self>) -> Self::Result {
        MessageResult((self.generation, self.count))
    }
}
impl Handler<Boom> for Worker {
    type Result = ();
    fn handle(&mut self, _: Boom, _: &mut Context<Self>) {
        panic!("boom {}", self.count)
    }
}
impl Handler<Quit> for Worker {
    type Result = ();
    fn handle(&mut self, _: Quit, ctx: &mut Context<Self>) {
        ctx.stop()
    }
}
impl Handler<GiveUp> for Worker {
    type Result = ();
    fn handle(&mut self, _: GiveUp, ctx: &mut Context<Self>) {
        fail(ctx, Exit::Error("no more".into()))
    }
}
impl Handler<Block> for Worker {
    type Result = ();
    fn handle(&mut self, block: Block, _: &mut Context<Self>) {
        std::thread::sleep(ms(block.0))
    }
}

pub fn worker_ref(name: &str) -> Ref<Worker> {
    Ref::new(name, Capacity::default())
}

pub fn worker(child: &Ref<Worker>, name: &'static str, log: &Log) -> ChildSpec {
    slow_worker(child, name, log, 0)
}

pub fn slow_worker(
    child: &Ref<Worker>,
    name: &'static str,
    log: &Log,
    slow_stop: u64,
) -> ChildSpec {
    let log = log.clone();
    ChildSpec::new(child, move |start, _| Worker {
        count: 0,
        generation: start.generation,
        log: log.clone(),
        name,
        slow_stop,
    })
    .backoff(Backoff::none())
}

/// What the workers did at their end, in order.
pub fn stops(log: &Log) -> Vec<String> {
    let log = log.lock().unwrap();
    log.iter()
        .filter(|line| line.starts_with("stop"))
        .cloned()
        .collect()
}
