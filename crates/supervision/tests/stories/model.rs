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
    Remove(usize),
    Add,
}

/// The last one is not there until it is added.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const ADDED: usize = 4;

fn op() -> impl Generator<Value = Op> {
    prop_oneof![
        3 => (0..5usize).prop_map(Op::Boom),
        2 => (0..5usize).prop_map(Op::Quit),
        2 => (0..5usize).prop_map(Op::GiveUp),
        2 => (0..5usize).prop_map(Op::Strike),
        2 => (0..5usize).prop_map(Op::Count),
        1 => (0..5usize).prop_map(Op::Remove),
        1 => proptest::prelude::Just(Op::Add),
    ]
}

/// What should be: the generation of each child, and whether it lives.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    generations: [u64; 5],
    alive: [bool; 5],
    /// Not among the children: not added yet, or removed.
    removed: [bool; 5],
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
            Strategy::OneForAll => 0..5,
            Strategy::RestForOne => i..5,
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
        for (i, name) in NAMES.into_iter().enumerate() {
            let found = snapshot.find(&format!("branch/{name}"));
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
    let log = Log::default();
    let refs = NAMES.map(worker_ref);
    let spec = {
        let (refs, types) = (refs.clone(), types.to_owned());
        move |i: usize| worker(&refs[i], NAMES[i], &log).restart(types[i])
    };
    let (branch, built) = (Ref::new("branch", Capacity::default()), spec.clone());
    let build = move || {
        (0..ADDED)
            .map(&built)
            .fold(patient(strategy), Overseer::child)
    };
    let root = grow(patient(Strategy::OneForOne).child(ChildSpec::overseer(&branch, build)));
    let mut model = Model {
        generations: [1, 1, 1, 1, 0],
        alive: [true, true, true, true, false],
        removed: [false, false, false, false, true],
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
                let struck = root
                    .tree()
                    .inject(&format!("branch/{}", NAMES[i]), Fault::Panic);
                assert_eq!(struck.is_ok(), model.alive[i], "{op:?}");
                if model.alive[i] {
                    model.ends(i, true, strategy, types);
                }
            }
            Op::Remove(i) => {
                let told = branch.ask(RemoveChild(NAMES[i].into()), 5 * SEC).await;
                let expected = match model.removed[i] {
                    true => Err(NoSuchChild(NAMES[i].into())),
                    false => Ok(()),
                };
                assert_eq!(told, Ok(expected), "{op:?}");
                (model.removed[i], model.alive[i]) = (true, false);
            }
            Op::Add => {
                let told = branch.ask(AddChild(spec(ADDED)), 5 * SEC).await;
                let name = NAMES[ADDED].to_owned();
                let expected = match (model.removed[ADDED], model.generations[ADDED]) {
                    (true, 0) => Ok(()),
                    (true, _) => Err(SpecError::Stopped(name)),
                    (false, _) => Err(SpecError::Duplicate(name)),
                };
                assert_eq!(told, Ok(expected.clone()), "{op:?}");
                if expected.is_ok() {
                    (model.removed[ADDED], model.alive[ADDED]) = (false, true);
                    model.generations[ADDED] = 1;
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
        types in proptest::collection::vec(0..3usize, 5),
    ) {
        let strategy = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne][strategy];
        let types: Vec<_> = types
            .iter()
            .map(|t| [Restart::Permanent, Restart::Transient, Restart::Temporary][*t])
            .collect();
        story(|| async { run(&ops, strategy, &types).await });
    }
}
