//! `metadata`: what the families of metrics are, of all that Vitals is told now.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, HttpResponse, web::Data};
use exposition::{MetricFamily, MetricType};
use serde::Serialize;
use vitals_actors::{aggregator::own_families, standing::Standing};

use super::{
    answer::success,
    asked::Asked,
    failure::{Failure, FailureBody},
    form::Form,
};
use crate::front::shared::Shared;

/// What one source says of a metric.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Metadata {
    #[serde(rename = "type")]
    kind: &'static str,
    unit: &'static str,
    help: String,
}

impl Metadata {
    fn of(family: &MetricFamily) -> Self {
        Metadata {
            kind: match family.kind {
                MetricType::Counter => "counter",
                MetricType::Gauge => "gauge",
                MetricType::Histogram => "histogram",
                MetricType::Summary => "summary",
                MetricType::Untyped => "unknown",
            },
            unit: "", // only OpenMetrics tells it
            help: family.help.to_string(),
        }
    }
}

/// What there is to know of each metric. `most` metrics, `most_of_each` of each, if so.
fn known(
    standing: &Standing,
    own: &[MetricFamily],
    metric: Option<&str>,
    most: Option<usize>,
    most_of_each: Option<usize>,
) -> BTreeMap<String, Vec<Metadata>> {
    let told = standing
        .sources()
        .flat_map(|source| source.families().chain(&*source.observation.native));
    let wanted = |family: &&MetricFamily| metric.is_none_or(|metric| family.name == metric);
    let mut all: BTreeMap<String, BTreeSet<Metadata>> = BTreeMap::new();
    for family in told.chain(own).filter(wanted) {
        let known = all.entry(family.name.to_string()).or_default();
        known.insert(Metadata::of(family));
    }
    let cut = |of_one: BTreeSet<Metadata>| {
        let most = most_of_each.unwrap_or(usize::MAX);
        of_one.into_iter().take(most).collect()
    };
    all.into_iter()
        .take(most.unwrap_or(usize::MAX))
        .map(|(name, of_one)| (name, cut(of_one)))
        .collect()
}

/// A whole number; below zero, all.
fn number(form: &Form, name: &str) -> Result<Option<usize>, Failure> {
    let Some(text) = form.first(name) else {
        return Ok(None);
    };
    let number: i64 = text
        .parse()
        .map_err(|_| Failure::bad_data(format!("{name} must be a number")))?;
    Ok(usize::try_from(number).ok())
}

/// What metrics are: type and help
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/metadata",
    tag = "query",
    params(
        ("metric" = Option<String>, Query, description = "Of this one only"),
        ("limit" = Option<u64>, Query, description = "At most so many metrics"),
        ("limit_per_metric" = Option<u64>, Query, description = "At most so many of each"),
    ),
    responses(
        (status = 200, description = "`data`: by name, a list of `type`, `unit`, `help`", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
        (status = 503, description = "`timeout`, `unavailable`", body = FailureBody),
    )
)]
pub(crate) async fn metadata(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let most = number(&form, "limit")?;
    let most_of_each = number(&form, "limit_per_metric")?;
    let metric = form.first("metric").map(str::to_owned);
    let asked = Asked::of(&request, &shared);
    let at_hand = shared.clone();
    let work = move |_: &_| {
        let standing = at_hand.last_known.standing.load_full();
        let own = own_families(&standing, &at_hand.aggregator_settings);
        Ok(known(
            &standing,
            &own,
            metric.as_deref(),
            most,
            most_of_each,
        ))
    };
    let order = asked.order(None);
    Ok(success(shared.desk.look_up(order, work).await?))
}

#[cfg(test)]
mod tests {
    use exposition::Labels;

    use super::*;

    #[test]
    fn each_metric_is_what_those_who_tell_it_say() {
        let family =
            |name: &'static str, help: &'static str, kind| MetricFamily::new(name, help, kind);
        let own = [
            family("b_total", "B.", MetricType::Counter),
            family("a", "One.", MetricType::Gauge).with(Labels::none(), 1.0),
            family("a", "Two.", MetricType::Untyped),
            family("a", "One.", MetricType::Gauge),
            family("c", "C.", MetricType::Histogram),
        ];
        let known = |metric, most, of_each| {
            let known = known(&Standing::default(), &own, metric, most, of_each);
            serde_json::to_string(&known).unwrap()
        };
        let b = r#""b_total":[{"type":"counter","unit":"","help":"B."}]"#;
        let one = r#"{"type":"gauge","unit":"","help":"One."}"#;
        let two = r#"{"type":"unknown","unit":"","help":"Two."}"#;
        let c = r#""c":[{"type":"histogram","unit":"","help":"C."}]"#;
        assert_eq!(
            known(None, None, None),
            format!("{{\"a\":[{one},{two}],{b},{c}}}")
        );
        assert_eq!(known(Some("b_total"), None, None), format!("{{{b}}}"));
        assert_eq!(known(Some("d"), None, None), "{}");
        assert_eq!(
            known(None, Some(2), Some(1)),
            format!("{{\"a\":[{one}],{b}}}")
        );
    }
}
