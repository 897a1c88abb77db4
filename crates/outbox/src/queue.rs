//! The queue in memory: what is live, how far each consumer is, and what goes when there is no room.
//! It touches no disk and knows no clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    error::AppendError,
    frame::{Cursors, LONGEST_PAYLOAD},
    homes::Homes,
    options::Options,
    record::{Appended, Draft, Dropped, Keep, Record},
};

/// What a live record takes beside its payload, about.
const OVERHEAD: u64 = 128;
/// Bytes of a consumer's name.
const LONGEST_NAME: usize = 255;

#[derive(Debug)]
pub(crate) struct Queue {
    options: Options,
    /// The last number that was given.
    last: u64,
    live: BTreeMap<u64, Entry>,
    by_worth: BTreeSet<(Keep, u64)>,
    bytes: u64,
    cursors: Cursors,
    /// Whether new consumers start at the first live record, because theirs may be among the cursors
    /// that were lost.
    from_the_first: bool,
    pub(crate) homes: Homes,
    /// Whether the cursors have moved since they were written.
    pub(crate) moved: bool,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    born_ms: i64,
}

impl Entry {
    fn weight(&self) -> u64 {
        self.record.payload.len() as u64 + OVERHEAD
    }
}

impl Queue {
    pub(crate) fn new(options: Options) -> Self {
        Queue {
            options,
            last: 0,
            live: BTreeMap::new(),
            by_worth: BTreeSet::new(),
            bytes: 0,
            cursors: Cursors::new(),
            from_the_first: false,
            homes: Homes::default(),
            moved: false,
        }
    }

    /// Goes on from what was found on disk, which may not be all there was. The records are put in
    /// by [`Self::restore`].
    pub(crate) fn recovered(
        options: Options,
        last: u64,
        cursors: Option<Cursors>,
        all_found: bool,
    ) -> Self {
        let from_the_first = cursors.is_none() || !all_found;
        Queue {
            last,
            from_the_first,
            cursors: cursors.unwrap_or_default(),
            moved: from_the_first && last > 0,
            ..Queue::new(options)
        }
    }

    /// A record that was found, unless everybody has taken it.
    pub(crate) fn restore(&mut self, record: Record, born_ms: i64, segment: u64) {
        let nobody = if self.from_the_first { 0 } else { self.last };
        if record.seq <= self.cursors.values().min().copied().unwrap_or(nobody) {
            return;
        }
        let seq = record.seq;
        self.insert(record, born_ms);
        self.homes.settle(seq, segment);
    }

    pub(crate) fn append(
        &mut self,
        now_ms: i64,
        draft: impl FnOnce(u64) -> Draft,
    ) -> Result<Appended, AppendError> {
        let seq = self.last + 1;
        let Draft { keep, payload } = draft(seq);
        let room = usize::try_from(self.options.max_bytes.saturating_sub(OVERHEAD));
        let limit = self.options.max_payload.min(LONGEST_PAYLOAD);
        let limit = limit.min(room.unwrap_or(usize::MAX));
        if payload.len() > limit {
            let length = payload.len();
            return Err(AppendError::TooLong { length, limit });
        }
        self.last = seq;
        if self.cursors.is_empty() && !self.from_the_first {
            self.moved = true; // so that the number is not given again
        } else {
            let record = Record { seq, keep, payload };
            self.insert(record, now_ms);
            self.homes.append(seq);
        }
        let dropped = self.shed(now_ms);
        Ok(Appended { seq, dropped })
    }

    fn insert(&mut self, record: Record, born_ms: i64) {
        let (seq, keep) = (record.seq, record.keep);
        let entry = Entry { record, born_ms };
        self.bytes += entry.weight();
        self.by_worth.insert((keep, seq));
        // The same one again, written twice so that its first segment can go.
        if let Some(before) = self.live.insert(seq, entry) {
            self.bytes -= before.weight();
            if before.record.keep != keep {
                self.by_worth.remove(&(before.record.keep, seq));
            }
        }
    }

    fn remove(&mut self, seq: u64) -> Option<Record> {
        let entry = self.live.remove(&seq)?;
        self.bytes -= entry.weight();
        self.by_worth.remove(&(entry.record.keep, seq));
        self.homes.forget(seq);
        Some(entry.record)
    }

    /// Drops what is too old, and what there is no room for.
    pub(crate) fn shed(&mut self, now_ms: i64) -> Vec<Dropped> {
        let max_age = i64::try_from(self.options.max_age.as_millis()).unwrap_or(i64::MAX);
        let mut dropped = Vec::new();
        loop {
            let oldest = self.live.first_key_value();
            let old = oldest.filter(|(_, entry)| now_ms.saturating_sub(entry.born_ms) > max_age);
            let victim = match old {
                Some((&seq, _)) => seq,
                None if self.bytes > self.options.max_bytes => match self.by_worth.first() {
                    Some(&(_, seq)) => seq,
                    None => break,
                },
                None => break,
            };
            dropped.extend(self.remove(victim).map(|record| self.missed(record)));
            self.moved = true;
        }
        dropped
    }

    fn missed(&self, record: Record) -> Dropped {
        let behind = self.cursors.iter().filter(|&(_, &at)| at < record.seq);
        let missed_by = behind.map(|(name, _)| name.clone()).collect();
        Dropped { record, missed_by }
    }

    /// From now on these are the consumers. What only others had not taken is gone.
    pub(crate) fn consumers(&mut self, names: &[&str]) {
        let start = match self.live.first_key_value() {
            Some((first, _)) if self.from_the_first => first - 1,
            _ => self.last,
        };
        let mut cursors = Cursors::new();
        for name in names {
            let name: Arc<str> = shortened(name).into();
            let cursor = self.cursors.get(&name).copied().unwrap_or(start);
            cursors.insert(name, cursor);
        }
        // Where no number was given, all begin with the first record, whoever they are.
        self.moved |= self.last > 0 && cursors != self.cursors;
        self.from_the_first = false;
        self.cursors = cursors;
        self.let_go();
    }

    /// Everything up to this number has been taken by the consumer. False if there is no such
    /// consumer.
    pub(crate) fn acknowledge(&mut self, consumer: &str, up_to: u64) -> bool {
        let last = self.last;
        let Some(cursor) = self.cursors.get_mut(shortened(consumer)) else {
            return false;
        };
        let up_to = up_to.min(last);
        if up_to > *cursor {
            *cursor = up_to;
            self.moved = true;
            self.let_go();
        }
        true
    }

    fn let_go(&mut self) {
        let taken = self.cursors.values().min().copied().unwrap_or(self.last);
        while let Some((&seq, _)) = self.live.first_key_value()
            && seq <= taken
        {
            self.remove(seq);
        }
    }

    /// Live records that a consumer has not taken, from the one after `after`.
    pub(crate) fn read(&self, consumer: &str, after: u64, most: usize) -> Vec<Record> {
        let Some(&cursor) = self.cursors.get(shortened(consumer)) else {
            return Vec::new();
        };
        let from = cursor.max(after).saturating_add(1);
        let live = self.live.range(from..).take(most);
        live.map(|(_, entry)| entry.record.clone()).collect()
    }

    /// All live records.
    pub(crate) fn live(&self) -> Vec<Record> {
        self.live
            .values()
            .map(|entry| entry.record.clone())
            .collect()
    }

    /// A record, and when it was appended.
    pub(crate) fn get(&self, seq: u64) -> Option<(&Record, i64)> {
        let entry = self.live.get(&seq)?;
        Some((&entry.record, entry.born_ms))
    }

    /// Up to here everything is on disk, or needed no more.
    pub(crate) fn durable_up_to(&self) -> u64 {
        self.homes
            .first_unwritten()
            .map_or(self.last, |first| first - 1)
    }

    pub(crate) fn cursor(&self, consumer: &str) -> Option<u64> {
        self.cursors.get(shortened(consumer)).copied()
    }

    pub(crate) fn cursors(&self) -> &Cursors {
        &self.cursors
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }
}

/// A name that fits its frame.
fn shortened(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST_NAME)]
}
