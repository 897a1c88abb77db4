//! Fills a store as fast as it takes samples, or as fast as it seals them, and says what that cost.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use tsdb::{Keeper, Options, Progress};
use vitals_benches::process::{cpu_time, rss_kib, thread_cpu_time};

use crate::series::{Mix, WINDOW, all_labels, at};

/// What to fill: given to a process of its own, so that only the store is measured afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub(crate) dir: PathBuf,
    pub(crate) series: usize,
    pub(crate) ticks: usize,
    /// Whether each tick is made durable.
    pub(crate) sync: bool,
    /// Waits at the end of each window until it is sealed, as life does.
    pub(crate) paced: bool,
}

/// What it cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filled {
    /// Seconds in append and log, each tick with fsync.
    pub(crate) appending: f64,
    /// The same until everything is sealed and merged.
    pub(crate) sealed: f64,
    /// The same two in seconds of CPU time, of whatever thread.
    pub(crate) appending_cpu: f64,
    pub(crate) sealed_cpu: f64,
    /// Microseconds, append and log together.
    pub(crate) p50: f64,
    pub(crate) longest: f64,
    /// Microseconds in memory only.
    pub(crate) longest_in_memory: f64,
    pub(crate) peak_rss: f64,
    /// In all files: those of blocks, and what lies in them.
    pub(crate) block_bytes: f64,
    pub(crate) block_samples: f64,
}

const FILL: &str = "TSDB_BENCH_FILL";

impl Fill {
    /// Fills in a child process.
    pub(crate) fn apart(&self) -> Filled {
        let Fill {
            dir,
            series,
            ticks,
            sync,
            paced,
        } = self;
        let _ = fs::remove_dir_all(dir);
        let what = format!("{series} {ticks} {sync} {paced} {}", dir.display());
        let me = env::current_exe().expect("this program has a path");
        let mut child = Command::new(me);
        child.env(FILL, what).stderr(Stdio::inherit());
        let out = child.output().expect("a child");
        assert!(out.status.success(), "filling failed: {}", out.status);
        let text = String::from_utf8_lossy(&out.stdout);
        let mut n = text
            .split_whitespace()
            .map(|n| n.parse().expect("a number"));
        let mut next = || n.next().expect("ten numbers");
        Filled {
            appending: next(),
            sealed: next(),
            appending_cpu: next(),
            sealed_cpu: next(),
            p50: next(),
            longest: next(),
            longest_in_memory: next(),
            peak_rss: next(),
            block_bytes: next(),
            block_samples: next(),
        }
    }

    /// If this process is such a child: fills, and prints what it cost.
    pub(crate) fn if_asked() -> bool {
        let Ok(what) = env::var(FILL) else {
            return false;
        };
        let mut words = what.splitn(5, ' ');
        let mut next = || words.next().expect("five words");
        let fill = Fill {
            series: next().parse().expect("series"),
            ticks: next().parse().expect("ticks"),
            sync: next() == "true",
            paced: next() == "true",
            dir: next().into(),
        };
        let f = fill.here();
        println!("{} {}", f.appending, f.sealed);
        println!("{} {}", f.appending_cpu, f.sealed_cpu);
        println!("{} {}", f.p50, f.longest);
        println!("{} {}", f.longest_in_memory, f.peak_rss);
        println!("{} {}", f.block_bytes, f.block_samples);
        true
    }

    fn here(&self) -> Filled {
        let options = Options {
            max_series: usize::MAX,
            max_series_per_source: usize::MAX,
            sync: self.sync,
            ..Options::default()
        };
        let (head, journal, _) = tsdb::open(&self.dir, options).expect("an empty directory");
        let (mut writer, keeper) = (journal.writer(), journal.keeper());
        let labels = all_labels(self.series);
        let series = labels.iter().map(|labels| head.series("bench", labels));
        let series: Vec<_> = series.map(|series| series.expect("no limit")).collect();
        drop(labels);
        let (mut mix, mut row, mut samples) = (Mix::new(self.series), Vec::new(), Vec::new());
        let (mut times, mut filled) = (Vec::with_capacity(self.ticks), Filled::default());
        let ended = AtomicBool::new(false);
        let generating = thread::scope(|scope| {
            let sealing = scope.spawn(|| keep(keeper, &ended));
            let (start, start_cpu) = (Instant::now(), cpu_time());
            let mut generating_cpu = Duration::ZERO;
            for tick in 0..self.ticks {
                let before = thread_cpu_time();
                mix.tick(&mut row);
                generating_cpu += thread_cpu_time() - before;
                let before = thread_cpu_time();
                samples.clear();
                samples.extend(series.iter().copied().zip(row.iter().copied()));
                let begun = Instant::now();
                head.append(at(tick), &samples);
                let in_memory = begun.elapsed();
                writer.write().expect("a disk");
                times.push(begun.elapsed());
                filled.appending_cpu += (thread_cpu_time() - before).as_secs_f64();
                filled.longest_in_memory = filled.longest_in_memory.max(micros(in_memory));
                if tick % 60 == 0 {
                    filled.peak_rss = filled.peak_rss.max(rss_kib());
                }
                while self.paced && tick % WINDOW == 0 && head.health().counts.generations > 1 {
                    filled.peak_rss = filled.peak_rss.max(rss_kib());
                    pause();
                }
            }
            filled.appending = times.iter().map(Duration::as_secs_f64).sum();
            let generating = start.elapsed().as_secs_f64() - filled.appending;
            ended.store(true, Relaxed);
            sealing.join().expect("the keeper");
            filled.sealed = start.elapsed().as_secs_f64();
            filled.sealed_cpu = (cpu_time() - start_cpu - generating_cpu).as_secs_f64();
            generating
        });
        filled.sealed -= generating;
        times.sort();
        filled.p50 = times.get(times.len() / 2).map_or(0.0, |t| micros(*t));
        filled.longest = times.last().map_or(0.0, |t| micros(*t));
        let counts = head.health().counts;
        assert_eq!(counts.not_stored, 0, "all of it is in blocks or in memory");
        filled.block_bytes = counts.block_bytes as f64;
        filled.block_samples = counts.block_samples as f64;
        filled
    }
}

fn keep(mut keeper: Keeper, ended: &AtomicBool) {
    loop {
        let last = ended.load(Relaxed);
        match keeper.work(Duration::from_millis(50)).expect("a disk") {
            Progress::More => {}
            Progress::Idle if last => return,
            Progress::Idle => pause(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own")]
fn pause() {
    thread::sleep(Duration::from_millis(1));
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
