//! Names that stop resolving, and come back for another address.

use std::fs;

use crate::stage::{Application, Redis, SOON, Setup, Source};

#[test]
fn who_moves_is_found_again() {
    if !Setup::may_have_names() {
        println!(
            "not permitted to have names of its own here: left to the tests of the collectors"
        );
        return;
    }
    let redis = Redis::start(&[]);
    let application = Application::start(&["--users", "0"]);
    let (redis_port, application_host) = (redis.port(), application.host().to_owned());
    let (_, application_port) = application_host.split_once(':').unwrap();
    let settings = format!(
        "{SOON}\nredis.url = \"redis://cache.test:{redis_port}\"\n[[application]]\nname = \"portal\"\n\
         probe = \"http://portal.test:{application_port}/health\"\n"
    );
    let here = "127.0.0.1 cache.test portal.test\n";
    let vitals = Setup::new().settings(&settings).names(here).ready();
    let names = |text: &str| fs::write(vitals.directory.join("hosts"), text).unwrap();
    let [cache, portal, network] =
        ["redis", "application/portal", "network"].map(|name| Source::of(&vitals, name));
    cache.is_well();
    portal.is_well();
    network.is_well();

    // The names are gone: whoever has a connection keeps it, and new ones cannot be made.
    names("");
    network.lacks("dns", &format!("cache.test:{redis_port}"));
    cache.is_well();
    drop((redis, application));
    cache.is_down("dns", "cache.test");
    portal.is_down("dns", "portal.test");

    // They are back, on another machine.
    let _redis = Redis::elsewhere("127.0.0.2", redis_port);
    let _application =
        Application::start_on(&format!("127.0.0.2:{application_port}"), &["--users", "0"]);
    names("127.0.0.2 cache.test portal.test\n");
    cache.is_well();
    portal.is_well();
    network.is_well();
    vitals.nothing_panicked_unguarded();
}
