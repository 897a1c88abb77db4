//! `vitals check`: says what would run. Settings that cannot be used have ended it before.

mod rules;

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use serde::Serialize;
use serde_json::json;
use vitals_actors::{
    http::{BaseUrl, PageUrl},
    units::HumanDuration,
};

use self::rules::Rules;
use super::print;
use crate::{alerting, cli::Output, collectors::connections, exit_code, settings::Settings};

/// One thing that would run.
#[derive(Serialize)]
struct Part {
    /// Its path in the tree.
    actor: String,
    /// What it would do.
    does: String,
}

/// Prints what would run; or runs the tests of rules there are in files.
pub(crate) fn run(settings: &Settings, output: Output, tests: &[PathBuf]) -> ExitCode {
    if !tests.is_empty() {
        return rules::test(settings, output, tests);
    }
    let set = match alerting::rules(settings) {
        Ok(set) => set,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            return exit_code::USAGE.into();
        }
    };
    let rules = Rules::of(settings, &set);
    let parts = parts(settings, &rules);
    match output {
        Output::Text => print(&text(settings, &parts, &rules)),
        Output::Json => {
            let answer = json!({
                "ok": true,
                "settings": settings,
                "runs": parts,
                "rules": rules,
                "warnings": warnings(settings),
            });
            print(&format!("{answer:#}\n"));
        }
    }
    ExitCode::SUCCESS
}

fn parts(settings: &Settings, rules: &Rules) -> Vec<Part> {
    let every = HumanDuration;
    let system = &settings.system;
    let node = match system.node_exporter {
        true => "with node_* families",
        false => "without node_* families",
    };
    let part = |actor: &str, does| Part {
        actor: actor.to_owned(),
        does,
    };
    let mut parts = vec![part(
        "collectors/system",
        format!(
            "measures this host every {}, {node}",
            every(system.interval)
        ),
    )];
    for iris in &settings.iris {
        if let Some(url) = &iris.url {
            let interval = every(settings.collect.interval);
            let way = way(settings, url);
            let does = format!("asks {url}/api/monitor every {interval}{way}");
            parts.push(part(&format!("collectors/iris/{}", iris.name), does));
        }
    }
    for application in &settings.application {
        let pages = [&application.probe, &application.metrics].into_iter();
        let page = |page: &PageUrl| format!("{page}{}", way(settings, page.server()));
        let pages: Vec<_> = pages.flatten().map(page).collect();
        let interval = every(settings.collect.interval);
        let does = format!("asks {} every {interval}", pages.join(" and "));
        parts.push(part(
            &format!("collectors/application/{}", application.name),
            does,
        ));
    }
    let redis = settings.redis.url.as_ref().map(ToString::to_string);
    let grafana = settings.grafana.url.as_ref();
    let grafana = grafana.map(|url| format!("{url}{}", way(settings, url)));
    let others = [("redis".to_owned(), redis), ("grafana".to_owned(), grafana)];
    let postgres = settings.postgres.iter().map(|postgres| {
        let url = postgres.url.as_ref().map(ToString::to_string);
        (format!("postgres/{}", postgres.name), url)
    });
    for (name, url) in others.into_iter().chain(postgres) {
        if let Some(url) = url {
            let interval = every(settings.collect.interval);
            let does = format!("asks {url} every {interval}");
            parts.push(part(&format!("collectors/{name}"), does));
        }
    }
    for scrape in &settings.scrape {
        if let Some(url) = &scrape.url {
            let interval = every(scrape.interval.unwrap_or(settings.collect.interval));
            let way = way(settings, url.server());
            let does = format!("scrapes {url} every {interval}{way}");
            parts.push(part(&format!("collectors/scrape/{}", scrape.name), does));
        }
    }
    let targets = connections(settings);
    if !targets.is_empty() {
        let targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
        let interval = every(settings.collect.interval);
        let does = format!(
            "connects every {interval} to {targets}",
            targets = targets.join(", ")
        );
        parts.push(part("collectors/network", does));
    }
    let history = &settings.history;
    parts.extend([
        part(
            "pipeline/history",
            format!(
                "keeps {} of samples, {} at most",
                every(history.retention),
                history.max_size
            ),
        ),
        part(
            "pipeline/aggregator",
            format!(
                "judges twelve targets, summary every {}",
                every(settings.summary.interval)
            ),
        ),
        part(
            "pipeline/evaluator",
            format!(
                "evaluates {} rules of {}",
                rules.count,
                rules.files.join(", ")
            ),
        ),
        part(
            "pipeline/dispatcher",
            format!("tells {}", alerting::receivers(settings).join(", ")),
        ),
        part("journal", "writes history to disk".to_owned()),
        part(
            "health",
            format!("checks every {}", every(settings.health.interval)),
        ),
        part(
            "front",
            format!("answers on http://{}", settings.server.address),
        ),
    ]);
    parts
}

/// By which proxy it goes there, if by one.
fn way(settings: &Settings, url: &BaseUrl) -> String {
    let proxy = settings.proxies.of(url);
    proxy.map_or_else(String::new, |proxy| format!(" through {proxy}"))
}

/// What is allowed, and not wise.
fn warnings(settings: &Settings) -> Vec<String> {
    let iris = settings.iris.iter().map(|iris| {
        let is_plain = iris.url.as_ref().is_some_and(|url| !url.is_tls());
        (
            format!("iris.{}", iris.name),
            is_plain && !iris.password.is_none(),
        )
    });
    let applications = settings.application.iter().map(|application| {
        let pages = [&application.probe, &application.metrics].into_iter();
        let is_plain = pages.flatten().any(|page| !page.server().is_tls());
        (
            format!("application.{}", application.name),
            is_plain && application.login.is_secret(),
        )
    });
    let scrapes = settings.scrape.iter().map(|scrape| {
        let is_plain = scrape
            .url
            .as_ref()
            .is_some_and(|url| !url.server().is_tls());
        (
            format!("scrape.{}", scrape.name),
            is_plain && scrape.login.is_secret(),
        )
    });
    let redis = &settings.redis;
    let is_plain = redis.url.as_ref().is_some_and(|url| !url.is_tls());
    let redis = ("redis".to_owned(), is_plain && redis.is_secret());
    let grafana = &settings.grafana;
    let is_plain = grafana.url.as_ref().is_some_and(|url| !url.is_tls());
    let grafana = ("grafana".to_owned(), is_plain && grafana.login.is_secret());
    let postgres = settings.postgres.iter().map(|postgres| {
        let is_plain = postgres.url.as_ref().is_some_and(|url| !url.is_tls());
        let is_secret = !postgres.password.is_none();
        (format!("postgres.{}", postgres.name), is_plain && is_secret)
    });
    let all = iris.chain(applications).chain(scrapes);
    let all = all.chain([redis, grafana]).chain(postgres);
    let told = all.filter(|(_, is_told)| *is_told);
    told.map(|(of, _)| format!("the password of {of} goes over the network as it is: use TLS"))
        .collect()
}

fn text(settings: &Settings, parts: &[Part], rules: &Rules) -> String {
    let mut text = String::from("The settings are good. What would run:\n\n");
    for Part { actor, does } in parts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {actor:<20} {does}");
    }
    for warning in warnings(settings) {
        let _ = writeln!(text, "\nWarning: {warning}.");
    }
    for remark in &rules.remarks {
        let _ = writeln!(text, "\nWarning: {remark}.");
    }
    let data = settings.server.data.display();
    let _ = writeln!(text, "\nData is kept in {data}.");
    text
}
