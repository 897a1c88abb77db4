//! Random faults against a model of twenty lines: all strategies, all restart types, changes.
use proptest::prelude::{ProptestConfig, Strategy as Generator, prop_oneof, proptest};

use crate::world::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Boom(usize),
    Quit(usize),
    GiveUp(usize),
    Strike(usize),
    Count(usize),
}

fn op() -> impl Generator<Value = Op> {
    prop_oneof![
        3 => (0..4usize).prop_map(Op::Boom),
        2 => (0..4usize).prop_map(Op::Quit),
        2 => (0..4usize).prop_map(Op::GiveUp),
        2 => (0..4usize).prop_map(Op::Strike),
        2 => (0..4usize).prop_map(Op::Count),
    ]
}

/// What should be: the generation of each child, and whether it lives.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    generations: [u64; 4],
    alive: [bool; 4],
    removed: [bool; 4],
}

impl Model {
    fn ends(&mut self, i: usize, abnormal: bool, strategy: Strategy, types: &[Restart]) {
        let again = match types[i] {
            Restart::Permanent => true,
            Restart::Transient => abnormal,
            Restart::Temporary => false,
        };
        if !again {
            self.alive[i] = false;
            return;
        }
        let group = match strategy {
            Strategy::OneForOne => i..i + 1,
            Strategy::OneForAll => 0..4,
            Strategy::RestForOne => i..4,
        };
        for g in group {
            if !self.alive[g] {
                continue;
            }
            if types[g] == Restart::Temporary {
                self.alive[g] = false;
            } else {
                self.generations[g] += 1;
            }
        }
    }
}

async fn settles(root: &Root, model: &Model) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let snapshot = root.tree().snapshot();
        let mut now = model.clone();
        for (i, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let found = snapshot.find(name);
            now.removed[i] = found.is_none();
            if let Some(node) = found {
                now.generations[i] = node.generation;
                now.alive[i] = node.state == State::Running;
            }
        }
        if now == *model {
            return Ok(());
        }
        if start.elapsed() > 10 * SEC {
            return Err(format!("got {now:?}, want {model:?}"));
        }
        sleep(1).await;
    }
}

async fn run(ops: &[Op], strategy: Strategy, types: &[Restart]) {
    let (log, names) = (Log::default(), ["a", "b", "c", "d"]);
    let refs = names.map(worker_ref);
    let mut overseer = patient(strategy);
    for i in 0..4 {
        overseer = overseer.child(worker(&refs[i], names[i], &log).restart(types[i]));
    }
    let root = grow(overseer);
    let mut model = Model {
        generations: [1; 4],
        alive: [true; 4],
        removed: [false; 4],
    };
    settles(&root, &model).await.unwrap();
    for op in ops {
        match *op {
            Op::Boom(i) | Op::GiveUp(i) | Op::Quit(i) if !model.alive[i] => {}
            Op::Boom(i) => {
                let _ = refs[i].ask(Boom, 5 * SEC).await;
                model.ends(i, true, strategy, types);
            }
            Op::GiveUp(i) => {
                let _ = refs[i].ask(GiveUp, 5 * SEC).await;
                model.ends(i, true, strategy, types);
            }
            Op::Quit(i) => {
                let _ = refs[i].ask(Quit, 5 * SEC).await;
                model.ends(i, false, strategy, types);
            }
            Op::Strike(i) => {
                let struck = root.tree().inject(names[i], Fault::Panic);
                assert_eq!(struck.is_ok(), model.alive[i], "{op:?}");
                if model.alive[i] {
                    model.ends(i, true, strategy, types);
                }
            }
            Op::Count(i) => assert_eq!(refs[i].ask(Count, 5 * SEC).await.is_ok(), model.alive[i]),
        }
        settles(&root, &model)
            .await
            .unwrap_or_else(|e| panic!("{strategy:?} {types:?} {op:?}: {e}"));
    }
    root.shutdown();
    ended(&root).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 50, ..Default::default() })]
    #[test]
    fn the_tree_does_what_the_model_does(
        ops in proptest::collection::vec(op(), 1..12),
        strategy in 0..3usize,
        types in proptest::collection::vec(0..3usize, 4),
    ) {
        let strategy = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne][strategy];
        let types: Vec<_> = types
            .iter()
            .map(|t| [Restart::Permanent, Restart::Transient, Restart::Temporary][*t])
            .collect();
        story(|| async { run(&ops, strategy, &types).await });
    }
}
