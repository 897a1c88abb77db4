//! The journal: the only one who writes history to disk.
//!
//! What blocks runs beside the actor, which so can always say how it is: a disk that hangs, hangs one
//! thread of its own, and everything else goes on from memory. What could not be written waits in the
//! head and is written when the disk is back.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use actix::prelude::*;
use supervision::spawn_blocking_guarded;
use tsdb::{Durable, JournalError, Keeper, Progress, Writer};

use crate::{
    last_known::LastKnown,
    messages::Write,
    standing::{Standing, Uptimes},
    whole_file,
};

/// The file in the data directory that remembers how long dependencies were up.
const UPTIMES: &str = "uptime.json";
/// Larger files are not ours.
const LARGEST_UPTIMES: u64 = 64 << 20;
/// Blocks are made so long at a time, and then for as long not: half a core is all there is.
const SLICE: Duration = Duration::from_millis(20);
/// A look for blocks to make, where nothing hints at any.
const LOOK: Duration = Duration::from_secs(10);
/// From one time uptimes are written to the next.
const REMEMBER: Duration = Duration::from_mins(1);
/// A write that takes longer is reported.
const SLOW: Duration = Duration::from_secs(10);

/// What the journal is given by whoever builds the tree.
#[derive(Clone)]
pub struct JournalSettings {
    /// Owned by the process: it outlives every incarnation.
    pub journal: tsdb::Journal,
    /// The data directory, for what is not history.
    pub data: PathBuf,
    /// Where what is to be remembered is found.
    pub last_known: Arc<LastKnown>,
}

/// Writes what the head has taken in, and makes blocks of it.
pub struct Journal {
    settings: JournalSettings,
    /// Away while it writes.
    writer: Option<Writer>,
    /// Since when it is away.
    writing: Option<Instant>,
    /// More came while it wrote.
    again: bool,
    /// Away while it works.
    keeper: Option<Keeper>,
    /// Somebody writes uptimes.
    remembering: bool,
    /// What is in the way, said once per change.
    trouble: Troubles,
}

/// What was last said of each kind of work.
#[derive(Default)]
struct Troubles {
    log: Option<String>,
    blocks: Option<String>,
    uptimes: Option<String>,
    slow: bool,
}

impl Journal {
    /// Takes over from the incarnation before, whose thread may hang: whatever that still does has no
    /// effect.
    pub fn new(settings: JournalSettings) -> Self {
        Journal {
            writer: Some(settings.journal.writer()),
            keeper: Some(settings.journal.keeper()),
            settings,
            writing: None,
            again: false,
            remembering: false,
            trouble: Troubles::default(),
        }
    }

    fn write(&mut self, ctx: &mut Context<Self>) {
        let Some(mut writer) = self.writer.take() else {
            self.again = true;
            return;
        };
        self.writing = Some(Instant::now());
        let work = move || {
            let written = writer.write();
            (writer, written)
        };
        spawn_blocking_guarded(ctx, work, |(writer, written), me, ctx| {
            me.writer = Some(writer);
            me.written(&written);
            if std::mem::take(&mut me.again) && written.is_ok() {
                me.write(ctx);
            }
        });
    }

    fn written(&mut self, written: &Result<Durable, JournalError>) {
        self.writing = None;
        if std::mem::take(&mut self.trouble.slow) {
            log::info!("history: the disk answers again");
        }
        let failed = written.as_ref().err().map(ToString::to_string);
        if self.trouble.log != failed {
            match &failed {
                Some(error) => log::error!(
                    "history: {error}; samples wait in memory, trying again with the next ones"
                ),
                None => log::info!("history: written again, nothing lost"),
            }
            self.trouble.log = failed;
        }
    }

    /// A disk that hangs says nothing; somebody has to.
    fn watch(&mut self) {
        let since = self.writing.map(|since| since.elapsed());
        if let Some(since) = since.filter(|since| *since >= SLOW && !self.trouble.slow) {
            self.trouble.slow = true;
            log::error!(
                "history: the disk has not answered for {} s; samples wait in memory",
                since.as_secs()
            );
        }
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

impl Actor for Journal {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.write(ctx);
        self.keep(ctx);
        ctx.run_interval(LOOK, |me, ctx| {
            me.watch();
            me.keep(ctx);
        });
        ctx.run_interval(REMEMBER, Self::remember);
    }
}

impl Handler<Write> for Journal {
    type Result = ();

    fn handle(&mut self, _: Write, ctx: &mut Self::Context) {
        self.write(ctx);
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
