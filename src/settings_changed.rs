//! What two settings have different, by the paths of the keys.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::settings::Settings;

/// Keys and sections that are followed while everything runs. All others need a restart.
const FOLLOWED: &[&str] = &[
    "alerts.rules",
    "application",
    "auth",
    "collect",
    "grafana",
    "health",
    "interface",
    "iris",
    "log.level",
    "network",
    "postgres",
    "query",
    "redis",
    "scrape",
    "server.body_time",
    "server.hosts",
    "server.max_body",
    "server.max_requests",
    "server.max_url",
    "summary",
    "system",
    "targets",
];

/// What a reload has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// Keys whose new values count from now on.
    pub(crate) applied: Vec<String>,
    /// Keys whose new values count after a restart; until then those it was started with do.
    pub(crate) restart_required: Vec<String>,
}

impl Changed {
    /// `old` is what was followed until now.
    pub(crate) fn between(started_with: &Settings, old: &Settings, new: &Settings) -> Self {
        let (start, old_keys, new_keys) = (keys(started_with), keys(old), keys(new));
        let differs =
            |from: &BTreeMap<String, Value>, key: &&String| from.get(*key) != new_keys.get(*key);
        let all = || {
            new_keys
                .keys()
                .chain(old_keys.keys().filter(|key| !new_keys.contains_key(*key)))
        };
        let mut applied: Vec<_> = all()
            .filter(|key| is_followed(key) && differs(&old_keys, key))
            .cloned()
            .collect();
        // Tokens all look the same, rightly.
        if old.auth != new.auth {
            applied.retain(|key| !key.starts_with("auth.tokens"));
            applied.push("auth.tokens".to_owned());
        }
        // Nor are passwords told apart.
        for (key, differs) in [
            ("application", old.application != new.application),
            ("grafana", old.grafana != new.grafana),
            ("iris", old.iris != new.iris),
            ("postgres", old.postgres != new.postgres),
            ("redis", old.redis != new.redis),
            ("scrape", old.scrape != new.scrape),
        ] {
            let is_told = |applied: &String| {
                let rest = applied.strip_prefix(key);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if differs && !applied.iter().any(is_told) {
                applied.push(key.to_owned());
            }
        }
        applied.sort();
        let restart_required = new_keys
            .keys()
            .filter(|key| !is_followed(key) && differs(&start, key))
            .cloned()
            .collect();
        Changed {
            applied,
            restart_required,
        }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |keys: &[String]| match keys {
            [] => "nothing".to_owned(),
            keys => keys.join(", "),
        };
        write!(f, "done; changed: {}", list(&self.applied))?;
        match &self.restart_required[..] {
            [] => Ok(()),
            keys => write!(f, "; after a restart: {}", list(keys)),
        }
    }
}

fn is_followed(key: &str) -> bool {
    let covers = |followed: &str| {
        key.strip_prefix(followed)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    FOLLOWED.iter().any(|followed| covers(followed))
}

/// All values by their paths.
fn keys(settings: &Settings) -> BTreeMap<String, Value> {
    let mut keys = BTreeMap::new();
    // Settings are made to be written as text: that cannot fail.
    let value = serde_json::to_value(settings).unwrap_or_default();
    flatten(String::new(), value, &mut keys);
    keys
}

fn flatten(path: String, value: Value, keys: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = match &*path {
                    "" => key,
                    path => format!("{path}.{key}"),
                };
                flatten(path, value, keys);
            }
        }
        value => drop(keys.insert(path, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Of which there are none by default.
    const SEVERAL: [&str; 6] = [
        "application",
        "auth",
        "interface",
        "iris",
        "postgres",
        "scrape",
    ];

    #[test]
    fn every_key_that_is_said_to_be_followed_exists() {
        let keys = keys(&Settings::default());
        for followed in FOLLOWED.iter().filter(|key| !SEVERAL.contains(*key)) {
            assert!(
                keys.keys().any(|key| key.starts_with(followed)),
                "{followed}"
            );
        }
    }

    #[test]
    fn what_is_followed_is_applied_and_what_is_not_waits_for_a_restart() {
        let started_with = Settings::default();
        let mut new = Settings::default();
        assert_eq!(
            Changed::between(&started_with, &started_with, &new),
            Changed::default()
        );

        new.log.level = log::LevelFilter::Debug;
        new.system.interval = Duration::from_secs(5);
        new.server.address.set_port(1);
        let changed = Changed::between(&started_with, &started_with, &new);
        assert_eq!(changed.applied, ["log.level", "system.interval"]);
        assert_eq!(changed.restart_required, ["server.address"]);
        assert_eq!(
            changed.to_string(),
            "done; changed: log.level, system.interval; after a restart: server.address"
        );

        // The second time there is nothing to apply, and a restart is as necessary as before.
        let changed = Changed::between(&started_with, &new, &new);
        assert_eq!(
            changed.to_string(),
            "done; changed: nothing; after a restart: server.address"
        );
        let back = Changed::between(&started_with, &new, &started_with);
        assert_eq!(back.restart_required, [""; 0]);
    }
}
