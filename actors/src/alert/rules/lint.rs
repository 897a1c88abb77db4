//! What is no error in rules, but hardly meant.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use promql::{Matcher, QueryType};

use super::model::{Kind, Origin, Rule, RuleSet, SIGNS, metric_name};

/// Something about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file of the rule.
    pub file: String,
    /// Its line there.
    pub line: u64,
    /// Its name.
    pub rule: String,
    /// What there is to say.
    pub text: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.file, self.line, self.rule, self.text
        )
    }
}

impl RuleSet {
    /// Every rule, with its file.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &Rule)> {
        let groups = self.groups.iter();
        groups.flat_map(|group| group.rules.iter().map(|rule| (group.file.as_str(), rule)))
    }

    /// Says whose each rule is. Of a set that is nobody else's yet.
    pub fn set_origins(&mut self, origin: impl Fn(&Rule) -> Origin) {
        let groups = self.groups.iter_mut().filter_map(Arc::get_mut);
        for rule in groups.flat_map(|group| &mut group.rules) {
            rule.origin = origin(rule);
        }
    }

    /// Selectors of the user's rules that can match nothing: those that `exists` does not know and no
    /// rule records. `exists` says whether a selector has matched a series, or may.
    pub fn dead_selectors(&self, exists: &dyn Fn(&[Matcher]) -> bool) -> Vec<Remark> {
        let recorded = self.rules().filter_map(|(_, rule)| match &rule.kind {
            Kind::Recording(recording) => Some(&*recording.name),
            Kind::Alerting(_) => None,
        });
        let own: Vec<&str> = recorded.chain(SIGNS).collect();
        let mut remarks = Vec::new();
        let of_users = self.rules().filter(|(_, rule)| rule.origin == Origin::User);
        for (file, rule) in of_users {
            for selector in rule.query.selectors() {
                let is_own = metric_name(selector).is_some_and(|name| own.contains(&name));
                if !is_own && !exists(selector) {
                    let what = metric_name(selector).unwrap_or("a selector");
                    remarks.push(remark(file, rule, format!("{what} matches no series")));
                }
            }
        }
        remarks
    }

    /// Rules that occur twice, and expressions no rule can be made of.
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let mut met = HashMap::new();
        for (file, rule) in self.rules() {
            let key = (rule.alerting().is_some(), rule.name(), rule.labels());
            if let Some(line) = met.insert(key, rule.line) {
                let text = format!("has the same name and labels as the rule in line {line}");
                remarks.push(remark(file, rule, text));
            }
            let of = rule.query.query_type();
            if matches!(of, QueryType::Matrix | QueryType::Text) {
                let text = format!(
                    "its expression is a {}: it can never be evaluated",
                    of.as_str()
                );
                remarks.push(remark(file, rule, text));
            }
        }
        remarks
    }
}

fn remark(file: &str, rule: &Rule, text: String) -> Remark {
    Remark {
        file: file.into(),
        line: rule.line,
        rule: rule.name().to_string(),
        text,
    }
}
