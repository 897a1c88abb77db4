//! Aggregations of one step.

use std::collections::BTreeMap;

use exposition::Labels;
use promql_parser::parser::{AggregateExpr, LabelModifier};

use super::{Naive, Point, Result, call};

impl Naive<'_> {
    pub(super) fn aggregate(&self, aggregate: &AggregateExpr, time: i64) -> Result<Vec<Point>> {
        let operator = aggregate.op.to_string();
        let param = || aggregate.param.as_ref().expect("a parameter");
        let mut points = self.vector(&aggregate.expr, time)?;
        if operator == "count_values" {
            let label = self.text(param(), time)?;
            for point in &mut points {
                let labels = group(&point.labels, &aggregate.modifier);
                let text = match point.value {
                    f64::INFINITY => "+Inf".to_owned(),
                    f64::NEG_INFINITY => "-Inf".to_owned(),
                    value => value.to_string(),
                };
                point.labels = labels.with(label.as_str(), text);
                point.nameless = false;
            }
        }
        let mut groups: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
        for point in points {
            let key = match operator.as_str() {
                "count_values" => point.labels.clone(),
                _ => group(&point.labels, &aggregate.modifier),
            };
            groups.entry(key).or_default().push(point);
        }
        let mut result = Vec::new();
        for (labels, mut members) in groups {
            let values: Vec<f64> = members.iter().map(|point| point.value).collect();
            let n = values.len() as f64;
            let value = match operator.as_str() {
                "sum" => call::sum(&values),
                "avg" => call::avg(&values),
                "min" => call::least(&values),
                "max" => -call::least(&values.iter().map(|value| -value).collect::<Vec<_>>()),
                "count" | "count_values" => n,
                "group" => 1.0,
                "stdvar" => call::variance(&values),
                "stddev" => call::variance(&values).sqrt(),
                "quantile" => call::quantile(self.scalar(param(), time)?, &values),
                _ => {
                    let k = self.scalar(param(), time)? as usize;
                    // What is not a number comes last; `limitk` takes them as they come.
                    let key = |point: &Point| match operator.as_str() {
                        "limitk" => (false, 0.0),
                        _ if point.value.is_nan() => (true, 0.0),
                        "topk" => (false, -point.value),
                        _ => (false, point.value),
                    };
                    members.sort_by(|a, b| {
                        let (a, b) = (key(a), key(b));
                        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
                    });
                    result.extend(members.into_iter().take(k));
                    continue;
                }
            };
            let nameless = members.iter().any(|point| point.nameless);
            result.push(Point {
                labels,
                value,
                nameless,
            });
        }
        Ok(result)
    }
}

fn group(labels: &Labels, modifier: &Option<LabelModifier>) -> Labels {
    let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
    match modifier {
        None => Labels::none(),
        Some(LabelModifier::Include(by)) => labels.keeping(|name| has(&by.labels, name)),
        Some(LabelModifier::Exclude(without)) => {
            labels.keeping(|name| name != "__name__" && !has(&without.labels, name))
        }
    }
}
