//! Whatever is done to it, in whatever order, and however often it is opened anew: it is what a
//! simple list would be.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    Append { keep: u8, length: usize },
    Acknowledge { consumer: usize, share: f64 },
    Consumers(Vec<usize>),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3_u8, 0..300_usize).prop_map(|(keep, length)| Step::Append { keep, length }),
        4 => (0..3_usize, 0.0..1.2).prop_map(|(consumer, share)| Step::Acknowledge { consumer, share }),
        1 => prop::collection::vec(0..3_usize, 0..4).prop_map(Step::Consumers),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    last: u64,
    live: Vec<(u64, u8, usize)>,
    cursors: BTreeMap<&'static str, u64>,
}

impl Model {
    fn let_go(&mut self) {
        let taken = self.cursors.values().min().copied().unwrap_or(self.last);
        self.live.retain(|&(seq, _, _)| seq > taken);
    }

    fn append(&mut self, keep: u8, length: usize, max_bytes: usize) {
        self.last += 1;
        self.live.push((self.last, keep, length));
        self.let_go();
        while self
            .live
            .iter()
            .map(|(_, _, length)| length + 128)
            .sum::<usize>()
            > max_bytes
        {
            let least = self
                .live
                .iter()
                .map(|&(seq, keep, _)| (keep, seq))
                .min()
                .unwrap();
            self.live.retain(|&(seq, _, _)| seq != least.1);
        }
    }

    fn consumers(&mut self, names: &[&'static str]) {
        let of =
            |name: &&'static str| (*name, self.cursors.get(name).copied().unwrap_or(self.last));
        self.cursors = names.iter().map(of).collect();
        self.let_go();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn it_is_a_list(steps in prop::collection::vec(step(), 1..80)) {
        let folder = Folder::new("model");
        let options = Options { max_bytes: 4_000, segment_bytes: 1_500, ..Options::default() };
        let mut outbox = folder.open(options).0;
        let mut model = Model::default();
        // Before anybody says who they are, everything is held.
        outbox.consumers(&NAMES);
        model.consumers(&NAMES);
        for step in steps {
            match step {
                Step::Append { keep, length } => {
                    let before = outbox.live();
                    let appended = outbox.append(|seq| Draft::new(Keep(keep), vec![seq as u8; length])).unwrap();
                    model.append(keep, length, 4_000);
                    prop_assert_eq!(appended.seq, model.last);
                    for dropped in &appended.dropped {
                        let known = before.contains(&dropped.record) || dropped.record.seq == appended.seq;
                        prop_assert!(known && !dropped.missed_by.is_empty());
                    }
                }
                Step::Acknowledge { consumer, share } => {
                    let up_to = (model.last as f64 * share) as u64;
                    outbox.acknowledge(NAMES[consumer], up_to);
                    if let Some(cursor) = model.cursors.get_mut(NAMES[consumer]) {
                        *cursor = up_to.min(model.last).max(*cursor);
                        model.let_go();
                    }
                }
                Step::Consumers(which) => {
                    let names: Vec<_> = which.iter().map(|&n| NAMES[n]).collect();
                    outbox.consumers(&names);
                    model.consumers(&names);
                }
                Step::Reopen => {
                    prop_assert!(outbox.close(LONG));
                    let (again, recovery) = folder.open(options);
                    prop_assert!(recovery.damaged.is_empty() && recovery.torn_bytes == 0);
                    let live = again.live();
                    // What was dropped may be back from the disk and takes its room again: what goes
                    // then is said, and is worth less than all that stays.
                    let least = live.iter().map(|record| (record.keep, record.seq)).min();
                    for Dropped { record, .. } in &recovery.dropped {
                        prop_assert!(least.is_none_or(|least| (record.keep, record.seq) < least));
                    }
                    for &(seq, _, _) in &model.live {
                        let stays = live.iter().any(|record| record.seq == seq);
                        let said = recovery.dropped.iter().any(|dropped| dropped.record.seq == seq);
                        prop_assert!(stays != said);
                    }
                    model.live = live.iter().map(|r| (r.seq, r.keep.0, r.payload.len())).collect();
                    if model.last == 0 {
                        // Nobody is known as long as no number was given.
                        let names: Vec<_> = model.cursors.keys().copied().collect();
                        again.consumers(&names);
                    }
                    outbox = again;
                }
            }
            let live = outbox.live();
            let found: Vec<_> = live.iter().map(|r| (r.seq, r.keep.0, r.payload.len())).collect();
            prop_assert_eq!(&found, &model.live);
            prop_assert!(live.iter().all(|r| r.payload.iter().all(|&b| b == r.seq as u8)));
            prop_assert!(outbox.depth().bytes <= 4_000);
            for name in NAMES {
                let cursor = model.cursors.get(name).copied();
                prop_assert_eq!(outbox.cursor(name), cursor);
                let expected: Vec<_> = model.live.iter().map(|live| live.0)
                    .filter(|&seq| cursor.is_some_and(|cursor| seq > cursor)).collect();
                prop_assert_eq!(seqs(&outbox.read(name, 0, 1_000)), expected);
            }
        }
    }
}
