//! Batches that the head has accepted and the write-ahead log has not made durable yet.

use std::{collections::VecDeque, sync::Arc};

use crate::series::SeriesRef;

/// A batch that the head accepted. Cloning copies two pointers.
#[derive(Clone)]
pub(crate) struct Batch {
    /// Counts batches; ascends.
    pub(crate) number: u64,
    /// Generation.
    pub(crate) seq: u64,
    pub(crate) at: i64,
    /// Shared by batches that have the same series.
    pub(crate) series: Arc<[SeriesRef]>,
    pub(crate) values: Arc<[f64]>,
}

impl Batch {
    fn bytes(&self) -> usize {
        self.values.len() * size_of::<f64>() + size_of::<Batch>()
    }

    pub(crate) fn samples(&self) -> impl ExactSizeIterator<Item = (SeriesRef, f64)> + Clone + '_ {
        self.series.iter().copied().zip(self.values.iter().copied())
    }
}

/// The queue between head and journal, bounded in bytes.
#[derive(Default)]
pub(crate) struct Waiting {
    queue: VecDeque<Batch>,
    bytes: usize,
    series: Option<Arc<[SeriesRef]>>,
    next: u64,
    /// Up to and with this batch all is durable, or given up.
    settled: u64,
    /// The time of the newest durable batch.
    durable_at: Option<i64>,
    /// By generation: samples that no log holds. Their block may still save them.
    unlogged: Vec<(u64, u64)>,
    /// Generations up to this one are no longer in memory.
    gone: u64,
}

/// How far the disk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durable {
    /// Every batch up to this number ([`Appended::batch`](crate::Appended)) has been made durable,
    /// or was given up because the disk was away for too long
    /// ([`Counts::unlogged`](crate::Counts)).
    pub up_to: u64,
    /// The time of the newest durable batch, milliseconds since the epoch.
    pub at_ms: Option<i64>,
    /// How many batches wait.
    pub waiting: usize,
}

impl Waiting {
    /// Takes a batch in and answers its number; drops the oldest while more than `max_bytes` wait.
    pub(crate) fn push(
        &mut self,
        seq: u64,
        at: i64,
        series: &[SeriesRef],
        values: &[f64],
        max_bytes: usize,
    ) -> u64 {
        let series = match self.series.take().filter(|known| **known == *series) {
            Some(known) => known,
            None => series.into(),
        };
        self.series = Some(series.clone());
        self.next += 1;
        let batch = Batch {
            number: self.next,
            seq,
            at,
            series,
            values: values.into(),
        };
        self.bytes += batch.bytes();
        self.queue.push_back(batch);
        while self.bytes > max_bytes {
            let Some(oldest) = self.pop() else { break };
            self.settled = oldest.number;
            let lost = oldest.values.len() as u64;
            if oldest.seq <= self.gone {
                continue; // counted when its generation went
            }
            match self
                .unlogged
                .last_mut()
                .filter(|(seq, _)| *seq == oldest.seq)
            {
                Some((_, count)) => *count += lost,
                None => self.unlogged.push((oldest.seq, lost)),
            }
        }
        self.next
    }

    fn pop(&mut self) -> Option<Batch> {
        let oldest = self.queue.pop_front()?;
        self.bytes -= oldest.bytes();
        Some(oldest)
    }

    /// The oldest batches of one generation behind that of a number, about `max_bytes` of them.
    pub(crate) fn next(&self, behind: u64, max_bytes: usize) -> Vec<Batch> {
        let mut bytes = 0;
        let first = self.queue.partition_point(|batch| batch.number <= behind);
        let seq = self.queue.get(first).map(|batch| batch.seq);
        let fits = |batch: &&Batch| {
            let goes_on = bytes < max_bytes && Some(batch.seq) == seq;
            bytes += batch.bytes();
            goes_on
        };
        let behind = self.queue.iter().skip(first);
        behind.take_while(fits).cloned().collect()
    }

    /// The log holds all batches up to this one, durably.
    pub(crate) fn logged(&mut self, last: &Batch) {
        while self
            .queue
            .front()
            .is_some_and(|batch| batch.number <= last.number)
        {
            self.pop();
        }
        self.settled = self.settled.max(last.number);
        self.durable_at = self.durable_at.max(Some(last.at));
    }

    /// The block of a generation is durable: whatever waits of it does no more. Answers how many
    /// samples it saved that no log held.
    pub(crate) fn sealed(&mut self, seq: u64) -> u64 {
        let of_it = self.queue.iter().filter(|batch| batch.seq == seq);
        let (bytes, at) = of_it.fold((0, None), |(bytes, at), batch| {
            (bytes + batch.bytes(), Some(batch.at).max(at))
        });
        self.bytes -= bytes;
        self.durable_at = self.durable_at.max(at);
        self.queue.retain(|batch| batch.seq != seq);
        self.settled = match self.queue.front() {
            Some(oldest) => oldest.number - 1,
            None => self.next,
        };
        self.shed(seq)
    }

    /// A generation is gone from memory. Answers how many of its samples no log held.
    pub(crate) fn shed(&mut self, seq: u64) -> u64 {
        self.gone = self.gone.max(seq);
        let of_it = self.unlogged.iter().filter(|(of, _)| *of == seq);
        let sum = of_it.map(|(_, count)| count).sum();
        self.unlogged.retain(|(of, _)| *of != seq);
        sum
    }

    /// Samples that no log and no block holds.
    pub(crate) fn unlogged(&self) -> u64 {
        self.unlogged.iter().map(|(_, count)| count).sum()
    }

    /// Whether the log lacks samples of a generation.
    pub(crate) fn lacks(&self, seq: u64) -> bool {
        self.unlogged.iter().any(|(of, _)| *of == seq)
    }

    pub(crate) fn durable(&self) -> Durable {
        Durable {
            up_to: self.settled,
            at_ms: self.durable_at,
            waiting: self.queue.len(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What an earlier run left is durable.
    pub(crate) fn recovered(&mut self, newest: Option<i64>) {
        self.durable_at = newest;
    }
}
