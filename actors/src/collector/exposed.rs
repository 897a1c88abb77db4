//! A page of metrics, as any Prometheus endpoint has one: asked for, and read.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use awc::http::StatusCode;
use bytes::Bytes;
use exposition::{
    Labels, Metric, MetricFamily,
    MetricType::{self, Untyped},
    Value,
    read::{Item, Limits, Outcome, read},
};
use tokio::time::Instant;

use super::{CollectError, Reason};
use crate::{
    http::{Answer, Client, PageUrl, Question},
    net::Failure,
};

/// The text format before OpenMetrics before anything else.
const ACCEPT: &str = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,\
                      text/plain;q=0.4,*/*;q=0.1";
/// Larger bodies are not read.
const LARGEST_BODY: usize = 16 << 20;
/// What is borne of a body.
const LIMITS: Limits = Limits {
    samples: 100_000,
    labels: 64,
    name_bytes: 256,
    value_bytes: 4 * 1024,
    line_bytes: 64 * 1024,
};

/// The page behind a URL.
pub(super) async fn ask(
    client: &mut Client,
    url: &PageUrl,
    until: Instant,
) -> Result<Answer, Failure> {
    let question = Question::get(url.path(), ACCEPT, LARGEST_BODY);
    let answer = client.ask(&question, until).await?;
    good(answer.status)?;
    let content_type = &answer.content_type;
    if content_type.contains("html") || content_type.contains("json") {
        let detail = "what is answered is no page of metrics: look what is behind the URL";
        return Err(Failure::new(Reason::NotPrometheus, detail));
    }
    Ok(answer)
}

/// Whether a status is that of a good answer.
pub(super) fn good(status: StatusCode) -> Result<(), Failure> {
    let (reason, remedy) = match status {
        status if status.is_success() => return Ok(()),
        StatusCode::UNAUTHORIZED => (Reason::Auth, "set username and password, or token"),
        StatusCode::FORBIDDEN => (Reason::Forbidden, "the account, if any, may not read it"),
        StatusCode::NOT_FOUND => (Reason::Disabled, "correct the path of the URL"),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            (Reason::Unavailable, "it is starting, overloaded or away")
        }
        status if status.is_redirection() => (
            Reason::Redirect,
            "the answer sends us somewhere else, perhaps to log in: correct the URL",
        ),
        _ => (Reason::Http, "look into its log"),
    };
    let detail = format!("answered {}; {remedy}", status.as_u16());
    Err(Failure::new(reason, detail))
}

/// The whole lines of a body, and whether the rest was to be a sample: a last line without an end could
/// have lost digits of its number, and is not believed.
pub(super) fn whole_lines(body: &[u8]) -> (&[u8], bool) {
    let end = body.iter().rposition(|byte| *byte == b'\n');
    let (whole, rest) = body.split_at(end.map_or(0, |end| end + 1));
    let is_cut = read(rest, &Limits::default(), |_| {}).dropped.total() > 0;
    (whole, is_cut)
}

/// Which series are handed on, from page to page: those that have been go on, and new ones are taken
/// for as long as there is room.
#[derive(Debug)]
pub(super) struct Admission {
    most: usize,
    known: HashSet<u64>,
    hasher: RandomState,
}

impl Admission {
    /// `most`: series there may be at once.
    pub(super) fn new(most: usize) -> Self {
        Admission {
            most,
            known: HashSet::new(),
            hasher: RandomState::new(),
        }
    }
}

/// A page that has been read.
#[derive(Debug, Default)]
pub(super) struct Exposed {
    /// What is handed on.
    pub(super) families: Vec<MetricFamily>,
    /// What became of the lines.
    pub(super) outcome: Outcome,
    /// It ends within a line.
    pub(super) is_cut: bool,
    /// Series there was no room for.
    pub(super) beyond: usize,
    /// The metric most of them are of.
    pub(super) most_beyond: Option<String>,
}

impl Exposed {
    /// Reads a page. `keep` says by its name which samples are wanted.
    pub(super) fn read(
        body: &Bytes,
        keep: impl Fn(&str) -> bool,
        admission: &mut Admission,
    ) -> Self {
        let (whole, is_cut) = whole_lines(body);
        let mut page = Page::default();
        let mut seen: HashSet<u64> = HashSet::new();
        let mut new: Vec<(u64, String, Metric)> = Vec::new();
        let mut beyond: BTreeMap<String, usize> = BTreeMap::new();
        let outcome = read(whole, &LIMITS, |item| {
            let sample = match item {
                Item::Sample(sample) if keep(sample.name) => sample,
                Item::Sample(_) => return,
                Item::Type { name, kind } => return page.describe(name).1 = Some(kind),
                Item::Help { name, help } => return page.describe(name).0 = help.into_owned(),
            };
            let labels = sample.labels.iter().map(|(name, value)| {
                let name = match name {
                    // As a scrape does whose own labels go before those of the page.
                    "job" => "exported_job",
                    "instance" => "exported_instance",
                    name => name,
                };
                (name, value)
            });
            // The reader refuses bad names and names that are there twice.
            let Ok(labels) = Labels::try_new(labels) else {
                return;
            };
            let series = admission.hasher.hash_one((sample.name, &labels));
            if !seen.insert(series) {
                return;
            }
            let metric = Metric {
                labels,
                value: Value::Number(sample.value),
                timestamp_ms: sample.timestamp_ms,
            };
            if admission.known.contains(&series) {
                page.add(sample.name, metric);
            } else if new.len() < admission.most {
                new.push((series, sample.name.to_owned(), metric));
            } else {
                *beyond.entry(sample.name.to_owned()).or_default() += 1;
            }
        });
        admission.known.retain(|series| seen.contains(series));
        for (series, name, metric) in new {
            if admission.known.len() < admission.most {
                admission.known.insert(series);
                page.add(&name, metric);
            } else {
                *beyond.entry(name).or_default() += 1;
            }
        }
        let most_beyond = beyond.iter().max_by_key(|(_, count)| **count);
        Exposed {
            families: page.families.into_values().collect(),
            outcome,
            is_cut,
            beyond: beyond.values().sum(),
            most_beyond: most_beyond.map(|(name, _)| name.to_string()),
        }
    }

    /// What could not be taken of it.
    pub(super) fn losses(&self, part: &str) -> Vec<CollectError> {
        let mut losses = Vec::new();
        let mut lose = |reason, detail| {
            losses.push(CollectError {
                part: part.to_owned(),
                reason,
                detail,
            });
        };
        if let Some((line, why)) = self.outcome.first_dropped {
            let dropped = self.outcome.dropped.total();
            let detail = format!("{dropped} lines were dropped, the first is line {line}: {why}");
            lose(Reason::Parse, detail);
        }
        if self.beyond > 0 {
            let of = self.most_beyond.as_deref().unwrap_or("?");
            let detail = format!(
                "{} new series were refused, most of {of}: there are too many",
                self.beyond
            );
            lose(Reason::TooLarge, detail);
        }
        losses
    }
}

/// Families as they are put together. Each name of a sample is one: those of a histogram are three.
#[derive(Default)]
struct Page {
    families: BTreeMap<String, MetricFamily>,
    /// Help and type, by the family's name.
    described: HashMap<String, (String, Option<MetricType>)>,
}

impl Page {
    fn describe(&mut self, name: &str) -> &mut (String, Option<MetricType>) {
        self.described.entry(name.to_owned()).or_default()
    }

    fn add(&mut self, name: &str, metric: Metric) {
        if !self.families.contains_key(name) {
            let (help, kind) = self.described.get(name).cloned().unwrap_or_default();
            // OpenMetrics announces a counter without its `_total`.
            let counter = name.strip_suffix("_total");
            let counter = counter.and_then(|name| self.described.get(name)).cloned();
            let (other_help, other_kind) = counter.unwrap_or_default();
            let help = if help.is_empty() { other_help } else { help };
            let kind = kind.or(other_kind).unwrap_or(Untyped);
            let kind = match kind {
                MetricType::Counter | MetricType::Gauge => kind,
                // Their parts are series by themselves here.
                MetricType::Histogram | MetricType::Summary | Untyped => Untyped,
            };
            let new = MetricFamily::new(name.to_owned(), help, kind);
            self.families.insert(name.to_owned(), new);
        }
        if let Some(family) = self.families.get_mut(name) {
            family.metrics.push(metric);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str, admission: &mut Admission) -> Exposed {
        Exposed::read(
            &Bytes::copy_from_slice(body.as_bytes()),
            |_| true,
            admission,
        )
    }

    fn names(exposed: &Exposed) -> Vec<String> {
        let series = exposed.families.iter().flat_map(MetricFamily::flat);
        series.map(|series| series.name.into_owned()).collect()
    }

    #[test]
    fn series_that_were_there_go_on_and_new_ones_wait_for_room() {
        let mut admission = Admission::new(2);
        let mut see = |body| page(body, &mut admission);
        assert_eq!(names(&see("a 1\nb 1\n")), ["a", "b"]);
        let full = see("c{x=\"1\"} 1\nc{x=\"2\"} 1\nc{x=\"3\"} 1\nb 2\na 2\n");
        assert_eq!(names(&full), ["a", "b"]);
        assert_eq!((full.beyond, full.most_beyond.as_deref()), (3, Some("c")));
        let losses = full.losses("url");
        assert_eq!(losses[0].reason, Reason::TooLarge);
        assert!(losses[0].detail.contains("of c"), "{}", losses[0].detail);
        let room = see("c{x=\"1\"} 1\nc{x=\"2\"} 1\nb 2\n");
        assert_eq!(room.beyond, 1);
        assert_eq!(names(&room).len(), 2);
    }

    #[test]
    fn types_help_timestamps_and_labels_of_a_target_are_kept_apart() {
        let body = "# HELP a_total Some.\n# TYPE a counter\na_total 1 5\n\
                    # TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_count 3\nh_sum 1.5\n\
                    up{job=\"x\",instance=\"y\"} 1\nup{job=\"x\",instance=\"y\"} 0\nnot one\ncut 1";
        let exposed = page(body, &mut Admission::new(100));
        let kinds: Vec<_> = exposed
            .families
            .iter()
            .map(|f| (&*f.name, f.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("a_total", MetricType::Counter),
                ("h_bucket", Untyped),
                ("h_count", Untyped),
                ("h_sum", Untyped),
                ("up", Untyped),
            ]
        );
        assert_eq!(exposed.families[0].metrics[0].timestamp_ms, Some(5));
        let up = &exposed.families[4].metrics;
        assert_eq!(up.len(), 1, "the first counts");
        assert_eq!(up[0].labels.get("exported_job"), Some("x"));
        assert_eq!(exposed.losses("url").len(), 1);
        assert!(!exposed.is_cut, "it could have been whole");
    }
}
