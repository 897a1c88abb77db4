//! Where the environment names a proxy, what is asked over HTTP is asked through it.

use std::process::Command;

use crate::stage::{
    Authority, DEADLINE, Directory, Lasting, Setup, Simulated, TinyProxy, Watched, command, finish,
    until,
};

/// `vitals check` with a source on plain HTTP, in this environment.
fn check(variable: &str, value: &str) -> (Option<i32>, String) {
    let directory = Directory::new();
    let settings = "[grafana]\nurl = \"http://grafana:3000\"";
    let file = directory.write("vitals.toml", settings);
    let mut check: Command = command();
    check.env(variable, value).arg("check");
    let ran = finish(check.arg("--config").arg(file), DEADLINE);
    (ran.code, ran.out + &ran.err)
}

#[test]
fn the_check_tells_the_way_and_what_is_no_proxy() {
    let (code, said) = check("HTTP_PROXY", "http://me:hidden@proxy:3128");
    assert_eq!(code, Some(0), "{said}");
    let way = "asks http://grafana:3000 through http://proxy:3128 every 10s";
    assert!(said.contains(way) && !said.contains("hidden"), "{said}");
    let (code, said) = check("https_proxy", "socks5://me:hidden@proxy:1080");
    assert_eq!(code, Some(2), "{said}");
    let mistake = "https_proxy: is of another kind of proxy than http://; allowed: ";
    assert!(
        said.starts_with(mistake) && !said.contains("hidden"),
        "{said}"
    );
}

/// This machine by an address that is not a loopback one: those are always asked directly.
fn from_outside(iris: &Simulated) -> String {
    iris.url().replace("127.0.0.1", "0.0.0.0")
}

fn port(iris: &Simulated) -> u16 {
    iris.host().rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn a_plain_server_is_asked_through_it_and_its_absence_is_told_and_borne() {
    let iris = Simulated::start(&["--steady"]);
    let proxy = TinyProxy::start(&[]);
    let through = |proxy: &str| {
        let setup = Setup::new().variable("http_proxy", proxy);
        Watched::set_up(setup, &from_outside(&iris), "", "")
    };
    let watched = through(&proxy.url());
    watched.has_data();
    let page = format!("{}/api/monitor/metrics", from_outside(&iris));
    proxy.is_asked(&format!("GET {page} HTTP/1.1"));
    // The network is measured as far as the proxy.
    let series = format!(
        "vitals_network_connect_seconds{{target=\"127.0.0.1:{}\"}}",
        proxy.port()
    );
    until("its connection", DEADLINE, || {
        watched.vitals.page().get(&series)
    });

    let stranger = through(&proxy.url().replace("me:secret@", ""));
    until("it does not know us", DEADLINE, || {
        let check = stranger.check();
        let output = check["output"].as_str()?;
        (output.contains("the proxy 127.0.0.1") && output.contains("(auth)")).then_some(())
    });
    assert_eq!(stranger.series(), [""; 0]);

    let port = proxy.port();
    drop(proxy);
    until("it is away", DEADLINE, || {
        let check = watched.check();
        let output = check["output"].as_str()?;
        let words = format!("the proxy 127.0.0.1:{port}");
        (output.contains(&words) && output.contains("(connect)")).then_some(())
    });
    watched.nobody_was_touched();
    let _again = TinyProxy::start_on(port, &[]);
    watched.has_data();
}

#[test]
fn tls_goes_through_it_unread() {
    let authority = Authority::new("ours");
    let [certificate, key] = authority.certify("0.0.0.0", Lasting::Still);
    let files = [&certificate, &key].map(|file| file.to_str().unwrap());
    let iris = Simulated::start(&["--steady", "--certificate", files[0], "--key", files[1]]);
    let proxy = TinyProxy::start(&[port(&iris)]);
    let believing = format!("ca_file = \"{}\"", authority.file().display());
    let setup = Setup::new().variable("HTTPS_PROXY", &proxy.url());
    let watched = Watched::set_up(setup, &from_outside(&iris), "", &believing);
    watched.has_data();
    proxy.is_asked(&format!("CONNECT 0.0.0.0:{} HTTP/1.1", port(&iris)));

    // No tunnel leads there.
    let narrow = TinyProxy::start(&[1]);
    let setup = Setup::new().variable("HTTPS_PROXY", &narrow.url());
    let refused = Watched::set_up(setup, &from_outside(&iris), "", &believing);
    until("it is refused", DEADLINE, || {
        let check = refused.check();
        let output = check["output"].as_str()?;
        (output.contains("it answered 403 to CONNECT") && output.contains("(forbidden)"))
            .then_some(())
    });
    // Excepted, it is asked directly.
    let setup = Setup::new().variable("HTTPS_PROXY", &narrow.url());
    let setup = setup.variable("NO_PROXY", "10.0.0.0/8, 0.0.0.0");
    Watched::set_up(setup, &from_outside(&iris), "", &believing).has_data();
}
