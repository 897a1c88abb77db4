//! The stage of these stories: a thermometer that is read every second, a rule, and what Redis has of it.

use std::{collections::BTreeMap, fs, process::Command, time::Duration};

use serde_json::Value;

use crate::stage::{DEADLINE, Directory, Pages, Redis, Setup, Vitals, until};

/// Fires at once when the temperature is above 30.
pub(super) const HOT: &str = r#"
groups:
  - name: weather
    rules:
      - alert: Hot
        expr: temperature > 30
        labels: { severity: critical }
        annotations:
          summary: It is {{ $value }} degrees in {{ $labels.room }}
          runbook_url: /runbooks/Watchdog
      - record: temperature:max
        expr: max(temperature)
"#;

pub(super) fn page(degrees: i32) -> String {
    format!("temperature{{room=\"attic\"}} {degrees}\n")
}

/// A thermometer that is read every second, and a rule.
pub(super) fn weather(directory: Directory, thermometer: &Pages, redis: Option<&Redis>) -> Setup {
    let url = redis.map(|redis| format!("redis://{}", redis.host()));
    weather_to(directory, thermometer, url.as_deref(), "")
}

/// The same with a Redis by its URL, and more settings.
pub(super) fn weather_to(
    directory: Directory,
    thermometer: &Pages,
    redis: Option<&str>,
    more: &str,
) -> Setup {
    let redis = redis.map_or(String::new(), |url| format!("redis.url = \"{url}\"\n"));
    let settings = format!(
        "health.interval = \"1s\"\ncollect.interval = \"1s\"\nserver.external_url = \"http://v.example\"\n\
         {redis}{more}\n\
         [[scrape]]\nname = \"weather\"\nurl = \"http://{}/metrics\"\ninterval = \"1s\"\n",
        thermometer.address
    );
    let setup = Setup::in_directory(directory);
    setup.settings(&settings).flag("--data").flag("data")
}

pub(super) fn with_rules(rules: &str) -> Directory {
    let directory = Directory::new();
    fs::create_dir(directory.join("rules")).unwrap();
    fs::write(directory.join("rules/hot.yml"), rules).unwrap();
    directory
}

/// What a Redis answers, line by line, as far as it is JSON.
fn answered(redis: &Redis, words: &[&str]) -> Vec<Value> {
    let mut cli = Command::new("redis-cli");
    cli.args(["-p", &redis.port().to_string()]).args(words);
    let answer = String::from_utf8(cli.output().unwrap().stdout).unwrap();
    let all = answer.lines();
    all.filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(Value::is_object)
        .collect()
}

/// What Redis keeps of firing alerts of a name.
pub(super) fn active(redis: &Redis, name: &str) -> Vec<Value> {
    let all = answered(redis, &["hvals", "{vitals}:alerts:active"]).into_iter();
    all.filter(|alert| alert["labels"]["alertname"] == name)
        .collect()
}

/// What the log of Redis has of alerts of a name, in order.
fn logged(redis: &Redis, name: &str) -> impl Iterator<Item = Value> {
    let all = answered(redis, &["xrange", "{vitals}:alerts:log", "-", "+"]);
    all.into_iter()
        .filter(move |alert| alert["labels"]["alertname"] == name)
}

/// The status and the start of each, in order.
pub(super) fn log(redis: &Redis, name: &str) -> Vec<(String, String)> {
    logged(redis, name)
        .map(|alert| status_and_start(&alert))
        .collect()
}

fn status_and_start(alert: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&alert["status"]), text(&alert["startsAt"]))
}

pub(super) fn firing(vitals: &Vitals, name: &str) -> Vec<Value> {
    // Before the evaluator has begun there is no answer.
    let alerts = until("alerts", DEADLINE, || {
        let answer = vitals.get("/api/v1/alerts").json();
        answer["data"]["alerts"].as_array().cloned()
    });
    let is_it = |alert: &Value| alert["labels"]["alertname"] == name && alert["state"] == "firing";
    alerts.into_iter().filter(is_it).collect()
}

/// Rooms that all get hot, and then cold, again and again: so many alerts, so many changes each.
pub(super) struct House {
    pub(super) thermometer: Pages,
    rooms: usize,
    /// How often they have changed.
    changes: usize,
}

impl House {
    /// All rooms are cold.
    pub(super) fn new(rooms: usize) -> Self {
        let house = House {
            thermometer: Pages::start(""),
            rooms,
            changes: 0,
        };
        house.show();
        house
    }

    fn show(&self) {
        let degrees = if self.changes.is_multiple_of(2) {
            20
        } else {
            35
        };
        let rooms = 0..self.rooms;
        let page = rooms.map(|room| format!("temperature{{room=\"{room:03}\"}} {degrees}\n"));
        self.thermometer.say(&page.collect::<String>());
    }

    /// All change, without waiting for what comes of it.
    pub(super) fn change(&mut self) {
        self.changes += 1;
        self.show();
    }

    /// All change, so often: each time as soon as the log sink, which has no troubles, has heard of it.
    #[track_caller]
    pub(super) fn changes(&mut self, vitals: &Vitals, times: usize) {
        for _ in 0..times {
            self.change();
            until("all told in the log", DEADLINE, || {
                let told = notifications(vitals, "log", "delivered");
                (told >= (self.changes * self.rooms) as f64).then_some(())
            });
        }
    }

    /// Waits until a Redis has heard everything of every room, and asserts that it did in order. What is
    /// told again is at-least-once; what is new is always the next.
    #[track_caller]
    pub(super) fn is_told(&self, redis: &Redis) {
        until("all of it", 3 * DEADLINE, || {
            let told = told(redis);
            let mut statuses = told.values();
            let all = told.len() == self.rooms && statuses.all(|of| of.len() >= self.changes);
            all.then_some(())
        });
        for (room, told) in told(redis) {
            assert_eq!(told.len(), self.changes, "{room}: {told:?}");
            for (at, (status, start)) in told.iter().enumerate() {
                let expected = ["firing", "resolved"][at % 2];
                assert_eq!(status, expected, "{room}: {told:?}");
                let same = at % 2 == 1;
                let before = at.checked_sub(1).map(|before| &told[before].1);
                assert!(
                    before.is_none_or(|before| if same {
                        before == start
                    } else {
                        before < start
                    }),
                    "{room}: {told:?}"
                );
            }
        }
        let hot = self.rooms * (self.changes % 2);
        until("what fires", DEADLINE, || {
            (active(redis, "Hot").len() == hot).then_some(())
        });
    }
}

/// What the log of Redis has, by room: status and start, in the order in which they first came.
fn told(redis: &Redis) -> BTreeMap<String, Vec<(String, String)>> {
    let mut by_room = BTreeMap::<_, Vec<_>>::new();
    for alert in logged(redis, "Hot") {
        let room = alert["labels"]["room"].as_str().unwrap().to_owned();
        let (told, of_room) = (status_and_start(&alert), by_room.entry(room).or_default());
        if !of_room.contains(&told) {
            of_room.push(told);
        }
    }
    by_room
}

/// How many notifications have come to so much at a sink.
pub(super) fn notifications(vitals: &Vitals, sink: &str, outcome: &str) -> f64 {
    let series =
        format!("vitals_alert_notifications_total{{outcome=\"{outcome}\",sink=\"{sink}\"}}");
    vitals.page().get(&series).unwrap_or_default()
}

/// Waits until deliveries to Redis have failed at least so often since.
#[track_caller]
pub(super) fn fails(vitals: &Vitals, since: f64) {
    until(
        "deliveries that fail",
        DEADLINE + Duration::from_secs(30),
        || (notifications(vitals, "redis", "failed") >= since + 2.0).then_some(()),
    );
}
