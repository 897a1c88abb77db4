//! The journal: the only one who writes history to disk.
//!
//! What blocks runs beside the actor, which so can always say how it is: a disk that hangs, hangs one
//! thread of its own, and everything else goes on from memory. What could not be written waits in the
//! head and is written when the disk is back. The thread that writes the log is called by the history
//! itself, each second, and tells the actor only what changes.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{fut::wrap_future, prelude::*};
use supervision::{Alarm, spawn_blocking_guarded};
use tokio::{sync::watch, time};
use tsdb::{Keeper, Progress};

use super::{
    CurrentHead,
    bell::{Bell, Call},
};
use crate::{
    last_known::LastKnown,
    standing::{Standing, Uptimes},
    whole_file,
};

/// The file in the data directory that remembers how long dependencies were up.
const UPTIMES: &str = "uptime.json";
/// Larger files are not ours.
const LARGEST_UPTIMES: u64 = 64 << 20;
/// Blocks are made so long at a time, and then for as long not: half a core is all there is.
const SLICE: Duration = Duration::from_millis(20);
/// From one look for blocks to make to the next. Each starts a thread: one that tokio has no work for ends
/// sooner.
const LOOK: Duration = Duration::from_secs(30);
/// From one time uptimes are written to the next.
const REMEMBER: Duration = Duration::from_mins(1);
/// A write that takes longer is reported.
const SLOW: Duration = Duration::from_secs(10);
/// From one look whether it goes on to the next.
const AGAIN: Duration = Duration::from_secs(1);

/// What the journal is given by whoever builds the tree.
#[derive(Clone)]
pub struct JournalSettings {
    /// Owned by the process: it outlives every incarnation. What is opened for it is written to.
    pub head: CurrentHead,
    /// By which the history calls.
    pub bell: Arc<Bell>,
    /// The data directory, for what is not history.
    pub data: PathBuf,
    /// Where what is to be remembered is found.
    pub last_known: Arc<LastKnown>,
}

/// Writes what the head has taken in, and makes blocks of it.
pub struct Journal {
    settings: JournalSettings,
    /// Which of those who take the bell over it is.
    turn: u64,
    /// Away while it works, and before there is anything to work on.
    keeper: Option<Keeper>,
    /// Since when it waits for something to write to.
    began: Instant,
    /// Somebody writes uptimes.
    remembering: bool,
    /// When it looked for blocks to make the last time,
    looked: time::Instant,
    /// and when it had uptimes written.
    remembered: time::Instant,
    /// What is in the way, said once per change.
    trouble: Troubles,
}

/// What was last said of each kind of work.
#[derive(Default)]
struct Troubles {
    blocks: Option<String>,
    uptimes: Option<String>,
    slow: bool,
}

impl Journal {
    /// Takes over from the incarnation before, whose thread may hang: whatever that still does has no
    /// effect.
    pub fn new(settings: JournalSettings) -> Self {
        Journal {
            turn: settings.bell.take_over(),
            keeper: None,
            began: Instant::now(),
            settings,
            remembering: false,
            looked: time::Instant::now(),
            remembered: time::Instant::now(),
            trouble: Troubles::default(),
        }
    }

    /// Has what is called for written, until another takes over.
    fn serve(&mut self, journal: &tsdb::Journal, ctx: &mut Context<Self>) {
        let mut writer = journal.writer();
        let (bell, turn) = (self.settings.bell.clone(), self.turn);
        let (trouble, troubles) = watch::channel(None);
        let work = move || {
            let mut failed = None;
            while let Some(call) = bell.next(turn) {
                let written = match call {
                    Call::Log if failed.is_none() => writer.log(),
                    // Only what is durable again is well again.
                    Call::Log | Call::Sync => writer.write(),
                };
                failed = written.err().map(|error| error.to_string());
                trouble.send_if_modified(|before| {
                    let is_news = *before != failed;
                    before.clone_from(&failed);
                    is_news
                });
            }
        };
        spawn_blocking_guarded(ctx, work, |(), _, _| {});
        Self::hear(troubles, ctx);
    }

    fn hear(mut troubles: watch::Receiver<Option<String>>, ctx: &mut Context<Self>) {
        let news = async move { troubles.changed().await.is_ok().then_some(troubles) };
        ctx.spawn(wrap_future::<_, Self>(news).map(|troubles, _, ctx| {
            if let Some(mut troubles) = troubles {
                let failed = troubles.borrow_and_update().clone();
                say(failed);
                Self::hear(troubles, ctx);
            }
        }));
    }

    /// All that is done now and then hangs on one alarm: each wakes the thread.
    fn go_on(&mut self, alarm: Alarm, ctx: &mut Context<Self>) {
        let wait = if self.trouble.slow { AGAIN } else { SLOW };
        alarm.call(wait, ctx, |me: &mut Self, alarm, ctx| {
            me.watch();
            let now = time::Instant::now();
            if now.duration_since(me.looked) >= LOOK {
                me.looked = now;
                me.keep(ctx);
            }
            if now.duration_since(me.remembered) >= REMEMBER {
                me.remembered = now;
                me.remember(ctx);
            }
            me.go_on(alarm, ctx);
        });
    }

    /// A disk that hangs says nothing; somebody has to.
    fn watch(&mut self) {
        let reading = (!self.settings.head.is_whole()).then(|| self.began.elapsed());
        let busy = self.settings.bell.busy().max(reading);
        let busy = busy.filter(|busy| *busy >= SLOW);
        match (busy, self.trouble.slow) {
            (Some(busy), false) => log::error!(
                "history: the disk has not answered for {} s; samples wait in memory",
                busy.as_secs()
            ),
            (None, true) => log::info!("history: the disk answers again"),
            _ => {}
        }
        self.trouble.slow = busy.is_some();
    }

    fn keep(&mut self, ctx: &mut Context<Self>) {
        let Some(mut keeper) = self.keeper.take() else {
            return;
        };
        let work = move || {
            let progress = keeper.work(SLICE);
            (keeper, progress)
        };
        spawn_blocking_guarded(ctx, work, |(keeper, progress), me, ctx| {
            me.keeper = Some(keeper);
            let failed = progress.as_ref().err().map(ToString::to_string);
            if me.trouble.blocks != failed {
                match &failed {
                    Some(error) => {
                        log::error!("history: {error}; trying again every {LOOK:?}");
                    }
                    None => log::info!("history: blocks are made again"),
                }
                me.trouble.blocks = failed;
            }
            if progress.is_ok_and(|progress| progress == Progress::More) {
                ctx.run_later(SLICE, Self::keep);
            }
        });
    }

    fn remember(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.remembering, true) {
            return;
        }
        let standing = self.settings.last_known.standing.load_full();
        let data = self.settings.data.clone();
        let work = move || write_uptimes(&data, &standing);
        spawn_blocking_guarded(ctx, work, |written, me, _| {
            me.remembering = false;
            let failed = written.err().map(|error| error.to_string());
            if me.trouble.uptimes != failed {
                if let Some(error) = &failed {
                    log::error!("{UPTIMES}: {error}; trying again every {REMEMBER:?}");
                }
                me.trouble.uptimes = failed;
            }
        });
    }
}

/// How writing the log goes, now that it goes otherwise than before.
fn say(failed: Option<String>) {
    match failed {
        Some(error) => {
            log::error!("history: {error}; samples wait in memory, trying again with the next ones")
        }
        None => log::info!("history: written again, nothing lost"),
    }
}

impl Actor for Journal {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let head = self.settings.head.clone();
        let opened = async move { head.what_was_opened().await };
        ctx.spawn(wrap_future::<_, Self>(opened).map(|opened, me, ctx| {
            let Some(opened) = opened else { return };
            me.serve(&opened.journal, ctx);
            me.keeper = Some(opened.journal.keeper());
            me.keep(ctx);
        }));
        self.go_on(Alarm::new(), ctx);
    }
}

impl Drop for Journal {
    /// Unless another has taken over.
    fn drop(&mut self) {
        self.settings.bell.give_up(self.turn);
    }
}

/// What an earlier process has written of uptimes; nothing where there is no such file. One that
/// cannot be read is set aside.
///
/// # Errors
/// What is wrong with it, for the log.
pub fn read_uptimes(data: &Path) -> Result<Uptimes, String> {
    let read = whole_file::read(&data.join(UPTIMES), LARGEST_UPTIMES, "uptimes begin anew");
    read.map(Option::unwrap_or_default)
}

/// Writes what is known of uptimes, all or nothing.
///
/// # Errors
/// What the file system says.
pub fn write_uptimes(data: &Path, standing: &Standing) -> io::Result<()> {
    let uptimes = standing.uptimes();
    match uptimes.is_empty() {
        true => Ok(()),
        false => whole_file::write(&data.join(UPTIMES), &uptimes),
    }
}
