//! Which metrics these settings have a source for: what rules can match, and which rules of the product
//! have nothing to read.

use std::collections::HashSet;

use promql::{Engine, METRIC_NAME, Matcher, Test};
use vitals_actors::alert::{
    built_in::RULES,
    rules::{self, Origin, Rule, RuleSet},
};

use crate::{collectors::connections, settings::Settings};

/// Whether a selector may match something with these settings. Where others give the names, it may.
pub(crate) fn may_match(settings: &Settings, selector: &[Matcher]) -> bool {
    let Some(name) = name_of(selector) else {
        return true;
    };
    let is_own = ["vitals_", "process_"]
        .iter()
        .any(|of| name.starts_with(of));
    is_configured(settings, name).unwrap_or_else(|| {
        // What applications and other endpoints tell has any name.
        is_own || !settings.scrape.is_empty() || ["up", "ALERTS"].contains(&name)
    })
}

/// The rules of the product. That they are good is tested.
pub(super) fn built_in(engine: &Engine) -> RuleSet {
    let mut set = RuleSet::default();
    for file in &RULES {
        match rules::parse(file.name, file.text, engine) {
            Ok(groups) => set.groups.extend(groups),
            Err(error) => log::error!("{error}"),
        }
        set.files.push(file.name.to_owned());
    }
    set
}

/// Says which rules are of the product, and which of those read nothing but what comes from sources that
/// are not configured, or what Vitals says of itself where there is reason to. `product` is all of it:
/// its rules may stand in a file of the user's.
pub(super) fn set_origins(settings: &Settings, set: &mut RuleSet, product: &RuleSet) {
    let product: HashSet<_> = product.rules().map(|(_, rule)| identity(rule)).collect();
    set.set_origins(|rule| match product.contains(&identity(rule)) {
        true => of_product(settings, rule),
        false => Origin::User,
    });
}

/// The same, where all of the set is of the product.
pub(super) fn set_origins_of_product(settings: &Settings, set: &mut RuleSet) {
    set.set_origins(|rule| of_product(settings, rule));
}

/// A rule by its name and expression.
fn identity(rule: &Rule) -> (&str, &str) {
    (rule.name(), &rule.expression)
}

fn of_product(settings: &Settings, rule: &Rule) -> Origin {
    let in_mirror = settings.iris.iter().any(|iris| !iris.mirror.is_empty());
    let mut names = rule.query.selectors().filter_map(name_of);
    let has_source = names.any(|name| {
        // An IRIS may be a member of a mirror and tell, though nobody has said so here.
        let is_told = in_mirror || !name.starts_with("vitals_iris_mirror_");
        is_told && is_configured(settings, name) == Some(true)
    });
    Origin::Product { has_source }
}

/// The name a selector asks for, if it is one.
fn name_of(selector: &[Matcher]) -> Option<&str> {
    selector.iter().find_map(|matcher| match matcher.test() {
        Test::Equal(name) if matcher.label() == METRIC_NAME => Some(name.as_str()),
        _ => None,
    })
}

/// Whether there is a source of a metric; `None` where it needs none that could be configured.
fn is_configured(settings: &Settings, name: &str) -> Option<bool> {
    let iris = !settings.iris.is_empty();
    let has_sql = settings.iris.iter().any(|iris| iris.sql.enabled);
    let redis = settings.redis.url.is_some();
    // Its answers to our own requests, where no application is configured.
    let application = iris || !settings.application.is_empty();
    let is_connected = !connections(settings).is_empty();
    // The first that fits counts.
    let sources = [
        ("vitals_iris_interop_queue_age_seconds", has_sql),
        ("vitals_iris_interop_log_errors_total", has_sql),
        ("vitals_iris_", iris),
        ("iris_", iris),
        ("vitals_hl7_interface_", !settings.interface.is_empty()),
        ("vitals_hl7_", iris),
        ("vitals_application_cache_", application || redis),
        ("vitals_application_", application),
        ("vitals_redis_", redis),
        ("vitals_grafana_", settings.grafana.url.is_some()),
        ("vitals_postgres_", !settings.postgres.is_empty()),
        ("vitals_network_", is_connected),
        ("vitals_uptime_", is_connected),
        ("vitals_host_", true),
        ("node_", settings.system.node_exporter),
    ];
    let fits = sources.iter().find(|(prefix, _)| name.starts_with(prefix));
    fits.map(|(_, is_configured)| *is_configured)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, ffi::OsString};

    use super::*;
    use crate::cli::Flags;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let of = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        Settings::load(&Flags::default(), variables.iter().map(of)).unwrap()
    }

    /// The alerts of the product that have a source.
    fn awake(settings: &Settings) -> BTreeSet<String> {
        let mut set = built_in(&Engine::default());
        set_origins_of_product(settings, &mut set);
        let awake = Origin::Product { has_source: true };
        let awake = set.rules().filter(|(_, rule)| rule.origin == awake);
        awake.map(|(_, rule)| rule.name().to_string()).collect()
    }

    #[test]
    fn a_rule_of_the_product_sleeps_until_its_source_is_configured() {
        let host = [
            "VitalsDiskFull",
            "VitalsDiskWillFill",
            "VitalsHostCpuHigh",
            "VitalsHostMemoryHigh",
        ];
        let bare = awake(&settings(&[]));
        assert_eq!(bare, host.map(str::to_owned).into());
        let redis = awake(&settings(&[("REDIS_HOST", "redis")]));
        let more: Vec<_> = redis.difference(&bare).map(String::as_str).collect();
        assert_eq!(
            more,
            [
                "VitalsCacheCold",
                "VitalsDependencyDown",
                "VitalsNetworkSlow",
                "VitalsUptime"
            ]
        );
        let iris = awake(&settings(&[("IRIS_HOST", "iris")]));
        assert!(iris.contains("VitalsIrisState") && iris.contains("VitalsHl7Stalled"));
        assert!(!iris.contains("VitalsIrisMirror") && !iris.contains("VitalsHl7QueueOld"));
        let mirrored = settings(&[("IRIS_HOST", "iris"), ("VITALS__IRIS__MAIN__MIRROR", "M")]);
        assert!(awake(&mirrored).contains("VitalsIrisMirror"));
    }

    #[test]
    fn a_rule_of_the_users_never_sleeps() {
        let text = "groups:\n- name: g\n  rules:\n  - {alert: VitalsIrisMirror, expr: \
                    vitals_iris_mirror_active == 0}\n  - {alert: VitalsIrisMirror, expr: \
                    vitals_iris_mirror_active == 1}\n";
        let engine = Engine::default();
        let mut set = RuleSet {
            groups: rules::parse("my.yml", text, &engine).unwrap(),
            files: vec!["my.yml".to_owned()],
        };
        set_origins(&settings(&[]), &mut set, &built_in(&engine));
        let origins: Vec<_> = set.rules().map(|(_, rule)| rule.origin).collect();
        let asleep = Origin::Product { has_source: false };
        assert_eq!(origins, [asleep, Origin::User], "a copy of ours is ours");
    }

    #[test]
    fn what_may_match_depends_on_what_is_configured() {
        let may = |settings: &Settings, name: &str| {
            may_match(settings, &[Matcher::equal(METRIC_NAME, name)])
        };
        let (bare, iris) = (settings(&[]), settings(&[("IRIS_HOST", "iris")]));
        for (name, expected) in [
            ("vitals_host_cpu_used_ratio", (true, true)),
            ("node_load1", (true, true)),
            ("vitals_alert_pending", (true, true)),
            ("ALERTS", (true, true)),
            ("iris_cpu_usage", (false, true)),
            ("vitals_iris_mirror_active", (false, true)),
            ("vitals_application_error_ratio", (false, true)),
            ("vitals_iris_interop_queue_age_seconds", (false, false)),
            ("vitals_postgres_up", (false, false)),
            ("temperature", (false, false)),
        ] {
            assert_eq!((may(&bare, name), may(&iris, name)), expected, "{name}");
        }
        assert!(may_match(&bare, &[Matcher::equal("job", "x")]));
    }
}
