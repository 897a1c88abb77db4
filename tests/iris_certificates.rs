//! Certificates: only good ones are believed, and what is wrong with a bad one is told.

use crate::stage::{Authority, DEADLINE, Lasting, Simulated, Watched, until};

/// Served with a certificate for `name`. By address, as no resolver can be relied on for names.
fn served(authority: &Authority, name: &str, lasting: Lasting) -> Simulated {
    let [certificate, key] = authority.certify(name, lasting);
    let files = [&certificate, &key].map(|file| file.to_str().unwrap());
    Simulated::start(&["--steady", "--certificate", files[0], "--key", files[1]])
}

fn believing(authority: &Authority) -> String {
    format!("ca_file = \"{}\"", authority.file().display())
}

#[test]
fn bad_ones_are_not_believed() {
    use Lasting::{Expired, Still};
    let [ours, other, namesake] = ["ours", "other", "ours"].map(Authority::new);
    for (authority, name, lasting, words) in [
        (&other, "127.0.0.1", Still, "nobody we trust has signed"),
        (&namesake, "127.0.0.1", Still, "nobody we trust has signed"),
        (&ours, "iris.example", Still, "is for another name"),
        (&ours, "127.0.0.1", Expired, "has expired"),
    ] {
        let iris = served(authority, name, lasting);
        let watched = Watched::start(iris.url(), "", &believing(&ours));
        until(words, DEADLINE, || {
            (watched.errors("tls") >= 2.0).then_some(())
        });
        until("the health", DEADLINE, || {
            let check = watched.check();
            let output = check["output"].as_str()?;
            (output.contains(words) && output.contains("(tls)")).then_some(())
        });
        until("the summary", DEADLINE, || {
            let target = watched.target("query_time");
            let hint = target["hint"].as_str()?;
            (target["reason"] == "tls" && hint.contains(words)).then_some(())
        });
        assert_eq!(watched.series(), [""; 0], "{words}");
        assert_eq!(
            iris.asked(),
            0,
            "nothing was said to whom we do not believe"
        );
        watched.nobody_was_touched();
    }
}

#[test]
fn a_good_one_is() {
    let authority = Authority::new("ours");
    let iris = served(&authority, "127.0.0.1", Lasting::Still);
    assert!(iris.url().starts_with("https://"), "{}", iris.url());
    let watched = Watched::start(iris.url(), "", &believing(&authority));
    watched.has_data();
    // Without the file it is not.
    let stranger = Watched::start(iris.url(), "", "");
    until("nobody signed it", DEADLINE, || {
        (stranger.errors("tls") > 0.0).then_some(())
    });
}
