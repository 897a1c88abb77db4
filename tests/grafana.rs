//! A Grafana beside Vitals. Debian has none: what answers here are pages as versions 9 to 12 give them.

use crate::stage::{LOOKS, Pages, SOON, Setup, Source, until};

const WELL: &str = r#"{"commit":"0dfcff0","database":"ok","version":"11.2.0"}"#;

#[test]
fn how_it_is_and_which_it_is() {
    let grafana = Pages::start(WELL);
    let setup = Setup::new().settings(SOON);
    let vitals = setup
        .variable("GRAFANA_HOST", &grafana.address.to_string())
        .ready();
    let source = Source::of(&vitals, "grafana");
    source.is_well();
    source.becomes("vitals_grafana_info{version=\"11.2.0\"}", 1.0);
    let seconds = source.value("vitals_grafana_response_seconds");
    assert!(seconds > 0.0 && seconds < 1.0, "{seconds}");
    source.becomes(
        "vitals_uptime_ratio{target=\"grafana\",window=\"24h\"}",
        1.0,
    );
    let connect = format!("vitals_network_up{{target=\"{}\"}}", grafana.address);
    source.becomes(&connect, 1.0);

    grafana.say(r#"{"database":"ok"}"#);
    until("the version is hidden", LOOKS, || {
        source
            .series("vitals_grafana_info")
            .is_empty()
            .then_some(())
    });
    source.is_well();
    for (status, page, reason, words) in [
        (
            503,
            r#"{"commit":"x","database":"failing","version":"11.2.0"}"#,
            "unavailable",
            "its database does not work",
        ),
        (503, "starting", "unavailable", "answered 503"),
        (401, "who are you", "auth", "answered 401"),
        (302, "log in", "redirect", "answered 302"),
        (404, "not here", "disabled", "answered 404"),
        (
            200,
            "<html>a page of something else",
            "parse",
            "what is answered is not of Grafana",
        ),
    ] {
        grafana.say_with(status, page);
        source.is_down(reason, words);
        assert_eq!(source.series("vitals_grafana_"), [""; 0], "{page}");
    }
    grafana.say(WELL);
    source.is_well();
}
