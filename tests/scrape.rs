//! Any Prometheus endpoint: what Debian's exporters say of themselves is what Vitals hands on, value by
//! value; one that says too much keeps what it had.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use url::form_urlencoded;

use crate::stage::{DEADLINE, Directory, Pages, Process, Setup, Vitals, get, until};

/// Series without `job` and `instance`, sorted labels, and their values.
type Series = BTreeMap<(String, BTreeSet<String>), f64>;

/// A page, read as simply as it can be. Of a federated one also when it was measured, in ms.
fn read(body: &str, is_federated: bool) -> (Series, i64) {
    let mut series = Series::new();
    let mut latest = 0;
    for line in body
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let line = match is_federated {
            true => {
                let (line, at) = line.rsplit_once(' ').unwrap();
                latest = latest.max(at.parse().expect(line));
                line
            }
            false => line,
        };
        let (name, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        let labels = labels.strip_suffix('}').unwrap().trim_end_matches(',');
        let mut set = BTreeSet::new();
        let mut rest = labels;
        while let Some((label, value)) = rest.split_once("=\"") {
            // The end of a value is a quote that no backslash stands before.
            let mut end = value.find('"').unwrap();
            while value[..end].ends_with('\\') && !value[..end].ends_with("\\\\") {
                end += 1 + value[end + 1..].find('"').unwrap();
            }
            // A label of no value is no label.
            if !["job", "instance"].contains(&label) && end > 0 {
                set.insert(format!("{label}={}", &value[..end]));
            }
            rest = value[end + 1..].trim_start_matches(',');
        }
        let value = value.parse().expect(line);
        assert_eq!(series.insert((name.to_owned(), set), value), None, "{line}");
    }
    (series, latest)
}

fn federate(vitals: &Vitals, selector: &str) -> (Series, i64) {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("match[]", selector);
    let answer = vitals.get(&format!("/federate?{}", query.finish()));
    assert_eq!(answer.status, 200, "{}", answer.body);
    read(&answer.body, true)
}

/// One of Debian's exporters, on a free port.
struct Exporter {
    job: &'static str,
    url: String,
    _process: Process,
    _directory: Directory,
}

impl Exporter {
    fn start(job: &'static str, program: &str, flags: &[&str], settings: &str) -> Self {
        let directory = Directory::new();
        directory.write("settings.yml", settings);
        let mut command = Command::new(program);
        command.current_dir(directory.path()).args(flags);
        command.arg("--web.listen-address=127.0.0.1:0");
        let process = Process::start(&mut command);
        let line = process.says("msg=\"Listening on\"");
        let (_, address) = line.rsplit_once("address=").unwrap();
        let address = address.split_whitespace().next().unwrap();
        Exporter {
            job,
            url: format!("http://{address}/metrics"),
            _process: process,
            _directory: directory,
        }
    }

    fn page(&self) -> Series {
        let answer = get(&self.url, &[]);
        assert_eq!(answer.status, 200);
        read(&answer.body, false).0
    }
}

#[test]
fn what_exporters_say_is_handed_on_value_by_value() {
    let exporters = [
        Exporter::start("exporter", "prometheus-node-exporter", &[], ""),
        Exporter::start(
            "prometheus",
            "prometheus",
            &["--config.file=settings.yml", "--storage.tsdb.path=data"],
            "global: {scrape_interval: 1s}\n",
        ),
        Exporter::start(
            "alertmanager",
            "prometheus-alertmanager",
            &[
                "--config.file=settings.yml",
                "--storage.path=data",
                "--cluster.listen-address=",
            ],
            "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
        ),
    ];
    let sections = exporters.iter().map(|exporter| {
        let Exporter { job, url, .. } = exporter;
        format!("[[scrape]]\nname = \"{job}\"\nurl = \"{url}\"\n")
    });
    let settings = format!(
        "collect.interval = \"1s\"\n{}",
        sections.collect::<String>()
    );
    let vitals = Setup::new().settings(&settings).ready();
    for exporter in &exporters {
        let job = exporter.job;
        let before = exporter.page();
        let begun = jiff::Timestamp::now().as_millisecond();
        let selector = format!("{{job=\"{job}\",__name__!~\"up|scrape_.*\"}}");
        // Measured at a tick that came after the reading before.
        let handed_on = until("a later scrape", DEADLINE, || {
            let (series, at) = federate(&vitals, &selector);
            (at > begun && !series.is_empty()).then_some(series)
        });
        let after = exporter.page();
        let (mut moved, mut there_and_back) = (0, 0);
        for (series, value) in &handed_on {
            let (before, after) = (before.get(series), after.get(series));
            let (Some(before), Some(after)) = (before, after) else {
                moved += 1; // it came or went meanwhile
                continue;
            };
            let same = |one: &f64, other: &f64| one == other || one.is_nan() && other.is_nan();
            let is_counter = ["_total", "_count", "_sum", "_bucket"];
            if is_counter.iter().any(|end| series.0.ends_with(end)) {
                let between = before.min(*after)..=before.max(*after);
                assert!(
                    between.contains(value),
                    "{job}: {series:?}: {value}: {between:?}"
                );
            } else if !same(before, after) {
                moved += 1;
            } else if !same(value, before) {
                there_and_back += 1; // a gauge may
            }
        }
        assert!(
            there_and_back * 50 < handed_on.len(),
            "{job}: {there_and_back}"
        );
        assert!(handed_on.len() > 50, "{job}: {}", handed_on.len());
        assert!(
            moved * 2 < handed_on.len(),
            "{job}: {moved} of {}",
            handed_on.len()
        );
        let missing: Vec<_> = before
            .keys()
            .filter(|series| after.contains_key(*series) && !handed_on.contains_key(*series))
            .collect();
        assert!(missing.is_empty(), "{job}: {missing:?}");
        let (up, _) = federate(&vitals, &format!("up{{job=\"{job}\"}}"));
        assert_eq!(up.values().copied().collect::<Vec<_>>(), [1.0], "{job}");
        let (scraped, _) = federate(&vitals, &format!("scrape_samples_scraped{{job=\"{job}\"}}"));
        let scraped = *scraped.values().next().unwrap() as usize;
        assert!(scraped.abs_diff(handed_on.len()) < 20, "{job}: {scraped}");
    }
    // None of it is on our own page, where a scrape would rename it.
    let page = vitals.page();
    assert!(page.find("go_goroutines").is_none());
    assert_eq!(
        page.get("vitals_collector_up{collector=\"scrape/prometheus\"}"),
        Some(1.0)
    );
}

#[test]
fn a_bomb_of_series_is_refused_and_those_that_were_there_go_on() {
    let pages = Pages::start("a 1\nb 2\njunk\nother 3\n");
    let settings = format!(
        "collect.interval = \"1s\"\nhealth.interval = \"1s\"\n[[scrape]]\nname = \"x\"\n\
         url = \"http://{}/metrics\"\nkeep = [\"a\", \"b*\"]\nmax_series = 10\n",
        pages.address
    );
    let vitals = Setup::new().settings(&settings).ready();
    let told = || federate(&vitals, "{job=\"x\",__name__=~\"a|b.*|other\"}").0;
    until("the first page", DEADLINE, || {
        (told().len() == 2).then_some(())
    });
    let output = || vitals.get("/health").json()["output"].to_string();
    until("the bad line in the health", DEADLINE, || {
        output()
            .contains("1 lines were dropped, the first is line 3")
            .then_some(())
    });

    let bomb: String = (0..20_000)
        .map(|n| format!("bomb{{n=\"{n}\"}} 1\n"))
        .collect();
    pages.say(&format!("{bomb}a 5\nb 6\n"));
    until("the bomb in the health", DEADLINE, || {
        output()
            .contains("new series were refused, most of bomb")
            .then_some(())
    });
    let series = told();
    assert!(series.len() <= 10, "{}", series.len());
    assert_eq!(
        series[&("a".to_owned(), BTreeSet::new())],
        5.0,
        "it was there before"
    );
    assert_eq!(series[&("b".to_owned(), BTreeSet::new())], 6.0);
    let errors = "vitals_collector_errors_total{collector=\"scrape/x\",reason=\"too_large\"}";
    assert!(vitals.page().value(errors) >= 1.0);

    pages.say("a 7\n");
    until("all is well again", DEADLINE, || {
        let health = vitals.get("/health").json();
        (health["status"] == "pass" && told().len() == 1).then_some(())
    });
}
