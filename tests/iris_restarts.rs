//! Counters that begin anew: those of Vitals go on, with nothing lost, nothing counted twice, and no
//! spike.

use std::time::Duration;

use crate::stage::{DEADLINE, Simulated, Watched, until};

/// What comes in, steadily: messages a minute.
const RATE: f64 = 600.0;
/// The rate is that of a whole window once there is one.
const A_WINDOW: Duration = Duration::from_secs(150);

/// A watch over both figures, look by look.
struct Look<'w> {
    iris: &'w Simulated,
    watched: &'w Watched,
    total: f64,
}

impl Look<'_> {
    /// The total, if there is one now. It never falls and is never more than what came in, and the
    /// rate is one that can be.
    fn total(&mut self) -> Option<f64> {
        let page = self.watched.vitals.page();
        if let Some(rate) = page.get("vitals_hl7_messages_per_minute{iris=\"main\"}") {
            assert!((0.0..=2.0 * RATE).contains(&rate), "{rate} a minute");
        }
        let total = page.get("vitals_hl7_messages_total{iris=\"main\"}")?;
        assert!(total >= self.total, "{total} after {}", self.total);
        let received = self.iris.state()["received"].as_f64().unwrap();
        assert!(total <= received, "{total} of {received}");
        self.total = total;
        Some(total)
    }

    /// Waits until it has grown.
    #[track_caller]
    fn grows(&mut self) {
        let before = self.total;
        until("more messages", DEADLINE, || {
            self.total().filter(|total| *total > before)
        });
    }
}

#[test]
fn of_the_production_and_of_iris() {
    let rate = RATE.to_string();
    let iris = Simulated::start(&["--steady", "--auth", "all", "--rate", &rate]);
    let watched = Watched::by_account(&iris);
    let mut look = Look {
        iris: &iris,
        watched: &watched,
        total: 0.0,
    };
    look.grows();
    for command in ["restart", "stop"] {
        iris.production(command);
        if command == "stop" {
            until("the total is gone", DEADLINE, || {
                look.total().is_none().then_some(())
            });
            iris.production("start");
        }
        look.grows();
        look.grows();
    }

    // The window of the rate is ours once a minute was looked at in one go.
    let ours = r#"vitals_source{iris="main",signal="hl7_rate",source="iris_interop_messages"}"#;
    until("a rate of our own", A_WINDOW, || {
        look.total();
        watched.vitals.page().get(ours)
    });
    iris.production("restart");
    look.grows();
    look.grows();
    assert!(watched.vitals.page().get(ours).is_some());

    let started = iris.state()["started"].clone();
    iris.restart(3, 3);
    until("the restart", DEADLINE, || {
        look.total();
        (iris.state()["started"] != started).then_some(())
    });
    assert!(watched.errors("connect") > 0.0 || watched.errors("licence") > 0.0);
    look.grows();
    look.grows();
    let licence = iris.state()["licence"].take();
    assert_eq!(licence["sessions"], 1, "{licence}");
    watched.nobody_was_touched();
}
