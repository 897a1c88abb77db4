//! The page of `/federate`: the latest value of every series somebody selects, as a database has
//! them, each with the moment it was measured.

use std::cmp::Reverse;

use exposition::{FlatSeries, Labels, MetricFamily, MetricType, text};
use jiff::Timestamp;
use promql::Selector;
use tokio::time::Instant;

use crate::{standing::Standing, told::Told};

/// More series are not handed out at once.
pub const MOST_SERIES: usize = 100_000;

/// More series are selected than are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_SERIES} series are selected: narrow match[]")]
pub struct TooManySeries;

/// The series that any of the selectors selects, as text 0.0.4. `own`: the families that Vitals adds
/// of itself, which are of this moment.
///
/// # Errors
/// When there are too many.
pub fn render(
    standing: &Standing,
    own: &[MetricFamily],
    selectors: &[Selector],
) -> Result<String, TooManySeries> {
    let now = Instant::now();
    let mut selected = Selected {
        selectors,
        series: Vec::new(),
    };
    let told: Vec<Told<'_>> = standing
        .sources()
        .filter(|source| source.is_fresh(now))
        .map(|source| Told::by(source, now))
        .collect();
    for told in &told {
        let at = told.at();
        for (family, target) in told.families() {
            selected.take(family, target, at)?;
        }
    }
    let (moment, nobody) = (Timestamp::now(), Labels::none());
    for family in own {
        selected.take(family, &nobody, moment)?;
    }
    Ok(selected.page())
}

/// The series that are selected so far.
struct Selected<'s> {
    selectors: &'s [Selector],
    series: Vec<FlatSeries<'s>>,
}

impl<'s> Selected<'s> {
    /// Takes what is selected of a family, with the labels of its target.
    fn take(
        &mut self,
        family: &'s MetricFamily,
        target: &Labels,
        at: Timestamp,
    ) -> Result<(), TooManySeries> {
        let names = family.flat_names();
        let may_be = |selector: &&Selector| names.iter().any(|name| selector.matches_name(name));
        let selectors: Vec<&Selector> = self.selectors.iter().filter(may_be).collect();
        if selectors.is_empty() {
            return Ok(());
        }
        // A name that has one series need not be looked at with each.
        let named = names.len() == 1;
        for mut series in family.flat() {
            series.labels = series.labels.of_target(target);
            let is_selected = selectors.iter().any(|selector| {
                (named || selector.matches_name(&series.name))
                    && selector.matches_labels(&series.labels)
            });
            if !is_selected {
                continue;
            }
            if self.series.len() >= MOST_SERIES {
                return Err(TooManySeries);
            }
            series.timestamp_ms.get_or_insert(at.as_millisecond());
            self.series.push(series);
        }
        Ok(())
    }

    /// Sorted, each once: of two sources that tell the same series the later one counts.
    fn page(mut self) -> String {
        let order = |one: &FlatSeries<'_>, other: &FlatSeries<'_>| {
            let later = |series: &FlatSeries<'_>| Reverse(series.timestamp_ms);
            (&one.name, &one.labels, later(one)).cmp(&(&other.name, &other.labels, later(other)))
        };
        self.series.sort_by(order);
        self.series
            .dedup_by(|one, kept| one.name == kept.name && one.labels == kept.labels);
        // One name has one type: where sources differ, none.
        for group in self.series.chunk_by_mut(|one, next| one.name == next.name) {
            let kind = group.first().map(|series| series.kind);
            if group.iter().any(|series| Some(series.kind) != kind) {
                group
                    .iter_mut()
                    .for_each(|series| series.kind = MetricType::Untyped);
            }
        }
        let mut page = String::with_capacity(self.series.len() * 128);
        text::write_flat(self.series, &mut page);
        page
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use exposition::Metric;

    use super::*;
    use crate::{messages::Observation, standing::tests::observed};

    const ALL: &str = "{__name__=~\".+\"}";

    fn page_of(standing: &Standing, own: &[MetricFamily], selectors: &[&str]) -> String {
        let selectors: Vec<_> = selectors
            .iter()
            .map(|text| Selector::parse(text).unwrap())
            .collect();
        render(standing, own, &selectors).unwrap()
    }

    fn native(source: &str, instance: &str, at: i64, value: f64) -> Observation {
        let labels = Labels::new([("id", "USER")]);
        let family = MetricFamily::gauge("iris_db", "help")
            .with(labels, value)
            .with(Labels::none(), value + 1.0);
        let mut observation = observed(source, "vitals_iris_up", &[(source, 1.0)]);
        observation.native = Arc::new([family]);
        observation.identity = Labels::new([("job", "iris"), ("instance", instance)]);
        observation.at = Timestamp::from_millisecond(at).unwrap();
        observation
    }

    #[test]
    fn what_others_named_has_their_job_and_what_is_ours_has_none() {
        let mut standing = Standing::default();
        standing.take(native("iris/main", "a:1", 1_000, 3.0));
        let mut node = observed("system", "node_load1", &[("x", 0.5)]);
        node.identity = Labels::new([("job", "node"), ("instance", "here")]);
        standing.take(node);
        standing.take(observed("network", "vitals_network_up", &[("x", 1.0)]));
        let page = page_of(&standing, &[], &[ALL]);
        assert_eq!(
            page,
            "# TYPE iris_db gauge\n\
             iris_db{id=\"USER\",instance=\"a:1\",job=\"iris\"} 3 1000\n\
             iris_db{instance=\"a:1\",job=\"iris\"} 4 1000\n\
             # TYPE node_load1 gauge\n\
             node_load1{host=\"x\",instance=\"here\",job=\"node\"} 0.5 0\n\
             # TYPE scrape_duration_seconds gauge\n\
             scrape_duration_seconds{instance=\"a:1\",job=\"iris\"} 0.001 1000\n\
             scrape_duration_seconds{instance=\"here\",job=\"node\"} 0.001 0\n\
             # TYPE scrape_samples_scraped gauge\n\
             scrape_samples_scraped{instance=\"a:1\",job=\"iris\"} 2 1000\n\
             scrape_samples_scraped{instance=\"here\",job=\"node\"} 1 0\n\
             # TYPE up gauge\n\
             up{instance=\"a:1\",job=\"iris\"} 1 1000\n\
             up{instance=\"here\",job=\"node\"} 1 0\n\
             # TYPE vitals_iris_up gauge\n\
             vitals_iris_up{host=\"iris/main\"} 1 1000\n\
             # TYPE vitals_network_up gauge\n\
             vitals_network_up{host=\"x\"} 1 0\n"
        );
    }

    #[test]
    fn any_of_the_selectors_is_enough_and_nothing_is_there_twice() {
        let mut standing = Standing::default();
        standing.take(native("iris/main", "a:1", 1_000, 3.0));
        let twice = page_of(
            &standing,
            &[],
            &["iris_db{id!=\"\"}", "{id=\"USER\"}", "nothing"],
        );
        let once =
            "# TYPE iris_db gauge\niris_db{id=\"USER\",instance=\"a:1\",job=\"iris\"} 3 1000\n";
        assert_eq!(twice, once);
        assert_eq!(page_of(&standing, &[], &["nothing"]), "");
        // Another that tells the same, later.
        standing.take(native("iris/again", "a:1", 2_000, 5.0));
        let latest = page_of(&standing, &[], &["iris_db{id=\"USER\"}"]);
        assert_eq!(latest, once.replace("3 1000", "5 2000"));
    }

    #[test]
    fn who_failed_is_down_and_who_is_stale_is_not_there() {
        let mut standing = Standing::default();
        let mut failed = observed("iris/main", "x", &[]);
        failed.identity = Labels::new([("job", "iris")]);
        standing.take(failed.clone());
        let of_it = "{job=\"iris\",__name__!=\"scrape_duration_seconds\"}";
        assert_eq!(
            page_of(&standing, &[], &[of_it]),
            "# TYPE scrape_samples_scraped gauge\nscrape_samples_scraped{job=\"iris\"} 0 0\n\
             # TYPE up gauge\nup{job=\"iris\"} 0 0\n"
        );
        failed.outcome.stale_after = Duration::ZERO;
        standing.take(failed);
        assert_eq!(page_of(&standing, &[], &[of_it]), "");
    }

    #[test]
    fn histograms_are_series_and_our_own_are_of_now() {
        let mut own = MetricFamily::new("vitals_http_seconds", "help", MetricType::Histogram);
        own.metrics.push(Metric {
            labels: Labels::none(),
            value: exposition::Value::Histogram(exposition::Histogram {
                buckets: Vec::new(),
                sum: 0.5,
                count: 1,
            }),
            timestamp_ms: None,
        });
        let before = Timestamp::now().as_millisecond();
        let select = "vitals_http_seconds_bucket{le=\"+Inf\"}";
        let page = page_of(&Standing::default(), &[own], &[select]);
        let after = Timestamp::now().as_millisecond();
        let (head, at) = page.trim_end().rsplit_once(' ').unwrap();
        assert_eq!(
            head,
            "# TYPE vitals_http_seconds_bucket untyped\nvitals_http_seconds_bucket{le=\"+Inf\"} 1"
        );
        assert!((before..=after).contains(&at.parse().unwrap()));
    }

    #[test]
    fn a_name_of_two_types_has_none_and_too_much_is_refused() {
        let many = |kind| {
            let mut family = MetricFamily::new("x", "help", kind);
            for number in 0..=MOST_SERIES / 2 {
                family.push(Labels::new([("n", format!("{kind:?}{number}"))]), 1.0);
            }
            family
        };
        let own = [many(MetricType::Gauge), many(MetricType::Counter)];
        let all = [Selector::parse("x").unwrap()];
        let standing = Standing::default();
        assert_eq!(render(&standing, &own, &all), Err(TooManySeries));
        let some = page_of(&standing, &own, &["x{n=~\".*r1|.*e1\"}"]);
        let lines: Vec<_> = some.lines().collect();
        assert!(lines[0] == "# TYPE x untyped" && lines.len() == 3, "{some}");
    }
}
