//! What becomes of alerts, whatever the receiver does.

use super::*;

#[test]
fn what_begins_and_ends_is_sent_in_order_at_once() {
    simulated(async {
        let world = World::start(in_memory());
        let mut watching = world.events.read(None);
        assert_eq!(world.fires("A").await, 1);
        assert_eq!(world.tell(resolved("A")).await, 2);
        sleep(SEC / 10).await;
        let said: Vec<_> = world
            .receiver()
            .kept
            .iter()
            .map(|n| (n.seq, n.status))
            .collect();
        assert_eq!(said, [(1, Status::Firing), (2, Status::Resolved)]);
        assert_eq!((world.count("delivered"), world.count("failed")), (2, 0));
        assert_eq!(world.outbox.depth().records, 0);
        let told = watching.next().await.unwrap();
        assert_eq!(told.len(), 2);
        assert!(
            told[1]
                .data
                .starts_with(r#"{"seq":2,"alert":{"version":1,"id":"#),
            "{}",
            told[1].data
        );
        world.end().await;
    });
}

#[test]
fn a_receiver_that_comes_back_gets_everything_in_order() {
    simulated(async {
        let world = World::start(in_memory());
        for (round, mood) in [Mood::Refuses, Mood::Hangs, Mood::Panics]
            .into_iter()
            .enumerate()
        {
            world.mood(mood);
            for _ in 0..100 {
                world.fires("A").await;
            }
            sleep(60 * SEC).await;
            assert_eq!(world.kept().len(), round * 100);
            let attempts = world.receiver().attempts;
            // Every five seconds in the end, not more often.
            sleep(60 * SEC).await;
            let more = world.receiver().attempts - attempts;
            assert!((1..=15).contains(&more), "{more}");
            world.mood(Mood::Well);
            sleep(40 * SEC).await;
            let expected: Vec<u64> = (1..=(round as u64 + 1) * 100).collect();
            assert_eq!(world.kept(), expected);
        }
        assert_eq!(world.count("dead"), 0);
        assert!(world.count("failed") > 0);
        world.end().await;
    });
}

#[test]
fn what_cannot_be_kept_is_announced_once_and_kept_later() {
    simulated(async {
        let world = World::start(in_memory());
        world.mood(Mood::Announces);
        for _ in 0..5 {
            world.fires("A").await;
            sleep(7 * SEC).await;
        }
        assert_eq!(
            world.receiver().announced,
            [1, 2, 3, 4, 5],
            "live, all the same"
        );
        assert!(world.kept().is_empty());
        world.mood(Mood::Well);
        sleep(10 * SEC).await;
        assert_eq!(world.kept(), [1, 2, 3, 4, 5]);
        assert_eq!(world.receiver().announced, [1, 2, 3, 4, 5]);
        world.end().await;
    });
}

#[test]
fn what_will_never_be_accepted_holds_nobody_up() {
    simulated(async {
        let world = World::start(in_memory());
        world.mood(Mood::HatesTheThird);
        for _ in 0..5 {
            world.fires("A").await;
        }
        sleep(SEC).await;
        let mut kept = world.kept();
        kept.dedup();
        assert_eq!(kept, [1, 2, 4, 5]);
        assert_eq!(world.count("dead"), 1);
        assert_eq!(world.outbox.depth().records, 0);
        world.end().await;
    });
}

#[test]
fn a_full_outbox_gives_up_what_has_ended_first() {
    simulated(async {
        let options = Options {
            max_bytes: 4_000,
            ..Options::default()
        };
        let world = World::start(Outbox::in_memory(options));
        world.mood(Mood::Refuses);
        for _ in 0..10 {
            world.fires("A").await;
            world.tell(resolved("A")).await;
        }
        world.mood(Mood::Well);
        sleep(10 * SEC).await;
        let kept = world.receiver().kept.clone();
        assert!(kept.len() >= 5 && kept.iter().all(|n| n.status == Status::Firing));
        assert_eq!(kept.last().unwrap().seq, 19);
        assert_eq!(world.count("dead") as usize + kept.len(), 20);
        world.end().await;
    });
}

#[test]
fn what_fires_is_corrected_each_minute_and_announced_every_five() {
    simulated(async {
        let world = World::start(in_memory());
        world.fires("A").await;
        sleep(130 * SEC).await;
        assert!(
            world.receiver().reconciled.is_empty(),
            "nobody has said that this is all"
        );
        world.firing(&["A", "B"]).await;
        assert_eq!(world.outbox.last(), 2, "A is known, B is new");
        sleep(300 * SEC).await;
        let reconciled = world.receiver().reconciled.clone();
        assert_eq!(reconciled.len(), 5);
        assert!(reconciled.iter().all(|&(firing, _)| firing == 2));
        assert_eq!(
            reconciled.iter().filter(|(_, announce)| *announce).count(),
            1
        );

        // One that lags behind is left alone: what it keeps is what it has been told.
        world.mood(Mood::Refuses);
        world.firing(&["B"]).await;
        sleep(120 * SEC).await;
        assert_eq!(world.receiver().reconciled.len(), 5);
        world.mood(Mood::Well);
        sleep(60 * SEC).await;
        let last = world.receiver().kept.last().cloned().unwrap();
        assert_eq!((last.seq, last.status), (3, Status::Resolved));
        assert_eq!(world.receiver().reconciled.last().unwrap().0, 1);
        world.end().await;
    });
}

#[test]
fn a_sink_that_keeps_nothing_is_told_of_changes_alone() {
    simulated(async {
        let world = World::with::<false>(in_memory());
        world.firing(&["A"]).await;
        sleep(300 * SEC).await;
        assert_eq!(world.receiver().kept.len(), 1);
        assert_eq!(world.receiver().attempts, 1);
        assert_eq!(world.receiver().beats.len(), 0);
        assert_eq!(world.receiver().reconciled.len(), 0);
        world.end().await;
    });
}

#[test]
fn the_sign_of_life_ends_with_the_evaluators() {
    simulated(async {
        let world = World::start(in_memory());
        sleep(95 * SEC).await;
        assert_eq!(world.receiver().beats.len(), 10);
        sleep(600 * SEC).await;
        let silent = world.receiver().beats.len();
        assert!((18..=19).contains(&silent), "{silent}");
        world.firing(&["Watchdog"]).await;
        sleep(30 * SEC).await;
        let beats = world.receiver().beats.clone();
        assert!(beats.len() >= silent + 2);
        assert!(beats.last().unwrap().contains(r#""firing":1"#), "{beats:?}");
        world.end().await;
    });
}

#[test]
fn a_new_process_goes_on_where_the_last_one_was() {
    simulated(async {
        let outbox = in_memory();
        let world = World::start(outbox.clone());
        world.fires("A").await;
        sleep(SEC).await;
        world.mood(Mood::Refuses);
        world.fires("B").await;
        world.tell(resolved("A")).await;
        sleep(SEC).await;
        world.end().await;

        let world = World::start(outbox);
        sleep(10 * SEC).await;
        assert_eq!(world.kept(), [2, 3]);
        // What it finds in the outbox it need not tell again.
        world.firing(&["B", "C"]).await;
        sleep(SEC).await;
        assert_eq!(world.kept(), [2, 3, 4]);
        world.end().await;
    });
}

#[test]
fn a_dispatcher_that_crashes_loses_nothing_and_repeats_nothing_it_had_delivered() {
    simulated(async {
        let world = World::start(in_memory());
        world.firing(&["A", "B"]).await;
        sleep(61 * SEC).await;
        world.mood(Mood::Refuses);
        world.fires("C").await;
        let tree = world.root.tree();
        tree.inject("dispatcher", Fault::Panic).unwrap();
        sleep(SEC).await;
        assert_eq!(
            tree.snapshot().find("dispatcher").map(|node| node.restarts),
            Some(1)
        );
        world.mood(Mood::Well);
        sleep(10 * SEC).await;
        world.firing(&["A", "B", "C", "D"]).await;
        sleep(SEC).await;
        assert_eq!(world.kept(), [1, 2, 3, 4]);
        world.end().await;
    });
}
