//! What a request names, accepts and asks: hosts, the sites browsers tell of, queries, formats.
#![no_main]
#![allow(dead_code, unused_imports, reason = "only a part of the sources is called")]

#[path = "../../src/cli.rs"]
mod cli;
#[path = "../stubs/command.rs"]
mod command;
#[path = "../../src/front/host.rs"]
mod host;
#[path = "../../src/front/query.rs"]
mod query;
#[path = "../../src/settings/mod.rs"]
mod settings;
#[path = "../../src/front/site.rs"]
mod site;

use exposition::text::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (authority, origin, fetch_site, accept) = (line(), line(), line(), line());
    let (name, query) = (line(), line());

    let settings = settings::Server::default();
    let ours = host::is_ours(authority, &settings, "node7.example");
    match host::Host::of(authority) {
        Some(host::Host::Address) => assert!(ours),
        Some(host::Host::Name(name)) => {
            let known = ["localhost", "node7", "node7.example"];
            let is_known = known.iter().any(|known| name.eq_ignore_ascii_case(known));
            assert_eq!(ours, is_known, "{name}");
        }
        None => assert!(!ours),
    }

    let told = site::Told {
        fetch_site: Some(fetch_site).filter(|text| !text.is_empty()),
        origin: Some(origin).filter(|text| !text.is_empty()),
        host: Some(authority),
    };
    let foreign = site::is_foreign(told, None);
    if told.fetch_site.is_none() && told.origin.is_none() {
        assert!(!foreign);
    }

    let _ = Format::negotiate(Some(accept));
    if let Some(value) = query::parameter(query, name) {
        assert!(value.len() <= query.len() * 3); // one wrong byte is shown as three
    }
});
