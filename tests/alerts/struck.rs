//! Actors panic and stop between a change and its delivery: all of it is delivered, in order.

use super::weather::{HOT, House, weather_to, with_rules};
use crate::stage::{DEADLINE, Redis, Vitals, until};

const SETTINGS: &str = r#"
[supervision]
root = "1000 in 60s"
pipeline = "1000 in 60s"
backoff_max = "10ms"
"#;

/// Whoever has a part in it, from the sample to Redis.
const ON_THE_WAY: [&str; 6] = [
    "pipeline/history",
    "pipeline/aggregator",
    "pipeline/evaluator",
    "pipeline/dispatcher",
    "sinks/redis",
    "sinks/log",
];

fn pending(vitals: &Vitals) -> f64 {
    let series = "vitals_alert_pending{sink=\"redis\"}";
    vitals.page().get(series).unwrap_or_default()
}

/// Struck, and running again.
fn strike(vitals: &Vitals, actor: &str, fault: &str) {
    let before = vitals.tree().node(actor).restarts;
    vitals.strike(actor, fault);
    vitals.tree_until("running again", |tree| {
        let node = tree.node(actor);
        // Whoever is restarted often is degraded, and works.
        node.restarts > before && ["running", "degraded"].contains(&&*node.state)
    });
}

#[test]
fn what_changed_is_delivered_whoever_panics_on_the_way() {
    let redis = Redis::start(&[]);
    let mut house = House::new(20);
    let url = format!("redis://{}", redis.host());
    let setup = weather_to(with_rules(HOT), &house.thermometer, Some(&url), SETTINGS);
    let mut vitals = setup.flag("--chaos").ready();
    for fault in ["panic", "stop"] {
        for actor in ON_THE_WAY {
            // Changed and not delivered: Redis keeps nothing until somebody has been struck.
            let pause = ["CLIENT", "PAUSE", "60000", "WRITE"];
            assert_eq!(redis.ask(&pause), "+OK");
            house.change();
            until("changes on their way", DEADLINE, || {
                (pending(&vitals) > 0.0).then_some(())
            });
            strike(&vitals, actor, fault);
            assert_eq!(redis.ask(&["CLIENT", "UNPAUSE"]), "+OK");
            house.is_told(&redis);
        }
    }
    // At whatever moment of it: before the sample, between it and the evaluation, after that.
    for round in 0..9 {
        house.change();
        strike(&vitals, ON_THE_WAY[2 + round % 3], "panic");
        house.is_told(&redis);
    }
    vitals.nothing_panicked_unguarded();
    assert_eq!(vitals.stop().code(), Some(0));
}
