//! `vitals check`: says what would run. Settings that cannot be used have ended it before.

use std::{fmt::Write, process::ExitCode};

use serde::Serialize;
use serde_json::json;
use vitals_actors::{http::BaseUrl, units::HumanDuration};

use super::print;
use crate::{
    cli::Output,
    collectors::connections,
    settings::{Iris, Settings},
};

/// One thing that would run.
#[derive(Serialize)]
struct Part {
    /// Its path in the tree.
    actor: String,
    /// What it would do.
    does: String,
}

/// Prints what would run.
pub(crate) fn run(settings: &Settings, output: Output) -> ExitCode {
    let parts = parts(settings);
    match output {
        Output::Text => print(&text(settings, &parts)),
        Output::Json => {
            let answer = json!({
                "ok": true,
                "settings": settings,
                "runs": parts,
                "warnings": warnings(settings),
            });
            print(&format!("{answer:#}\n"));
        }
    }
    ExitCode::SUCCESS
}

fn parts(settings: &Settings) -> Vec<Part> {
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
            let does = format!("asks {url}/api/monitor every {interval}");
            parts.push(part(&format!("collectors/iris/{}", iris.name), does));
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
    parts.extend([
        part(
            "pipeline/aggregator",
            format!(
                "judges twelve targets, summary every {}",
                every(settings.summary.interval)
            ),
        ),
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

/// What is allowed, and not wise.
fn warnings(settings: &Settings) -> Vec<String> {
    let plain = |iris: &&Iris| {
        let over_tls = iris.url.as_ref().is_some_and(BaseUrl::is_tls);
        !iris.password.is_none() && !over_tls
    };
    let warning = |iris: &Iris| {
        let name = &iris.name;
        format!("the password of iris.{name} goes over the network as it is: use https")
    };
    settings.iris.iter().filter(plain).map(warning).collect()
}

fn text(settings: &Settings, parts: &[Part]) -> String {
    let mut text = String::from("The settings are good. What would run:\n\n");
    for Part { actor, does } in parts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {actor:<20} {does}");
    }
    for warning in warnings(settings) {
        let _ = writeln!(text, "\nWarning: {warning}.");
    }
    let data = settings.server.data.display();
    let _ = writeln!(text, "\nData is kept in {data}.");
    text
}
