//! A nested tree that is struck by faults, and what it says of itself.

use std::time::Duration;

use actix::prelude::*;
use supervision::*;

struct Idle;

impl Actor for Idle {
    type Context = Context<Self>;
}

fn show(node: &Node, depth: usize) {
    let exit = node.last_exit.as_deref().map(|last| last.exit.to_string());
    println!(
        "{:indent$}{:<12} {:<10} incarnation {}, restarts {}, {}",
        "",
        node.name,
        format!("{:?}", node.state),
        node.generation,
        node.restarts,
        exit.as_deref().unwrap_or("never failed"),
        indent = depth * 2,
    );
    node.children
        .iter()
        .for_each(|child| show(child, depth + 1));
}

fn main() {
    System::new().block_on(async {
        let (sources, main) = (
            Ref::<Overseer>::new("sources", Capacity::default()),
            Ref::<Idle>::new("main", Capacity::default()),
        );
        let root = Root::start("example", ABANDONED_THREADS, move || {
            let main = main.clone();
            let branch = ChildSpec::overseer(&sources, move || {
                let spec = ChildSpec::new(&main, |_, _| Idle).hang(Duration::from_millis(200));
                Overseer::new(Strategy::OneForOne)
                    .escalate(Escalate::Never)
                    .child(spec)
            });
            Overseer::new(Strategy::OneForOne).child(branch)
        });
        let tree = root.tree().clone();
        let mut events = tree.events();
        let wait = || tokio::time::sleep(Duration::from_millis(500));
        wait().await;
        for (path, fault) in [
            ("sources/main", Fault::Panic),
            ("sources/main", Fault::Hang(Duration::from_secs(1))),
            ("sources", Fault::Panic),
        ] {
            println!("\n{path}: {fault:?}");
            if let Err(error) = tree.inject(path, fault) {
                println!("{error}");
            }
            wait().await;
            while let Ok(event) = events.try_recv() {
                println!("  {}: {:?}", event.path, event.kind);
            }
            show(&tree.snapshot(), 0);
        }
        root.shutdown();
        println!("\nthe end: {}", root.exit().await);
    });
}
