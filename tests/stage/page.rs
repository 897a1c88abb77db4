//! A page of metrics, read by a parser of our own: the tests must not take the product's word.

use std::collections::HashMap;

/// All families of a page, in its order.
pub(crate) struct Page {
    pub(crate) families: Vec<Family>,
    values: HashMap<String, f64>,
}

/// A family, with its series as they are written: name, labels.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) help: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) series: Vec<String>,
}

impl Page {
    /// Reads either format. A page that is not whole, has a series twice, a family twice, or a
    /// sample outside of its family, is a failure.
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Page {
        let mut page = Page {
            families: Vec::new(),
            values: HashMap::new(),
        };
        assert!(text.ends_with('\n'), "not whole: {}", last(text));
        for line in text.lines() {
            if line == "# EOF" {
                continue;
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect(line);
                let family = page.family(name);
                assert_eq!(family.help.replace(help.to_owned()), None, "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect(line);
                let family = page.family(name);
                assert_eq!(family.kind.replace(kind.to_owned()), None, "{line}");
                assert!(family.series.is_empty(), "type after series: {line}");
            } else {
                page.sample(line);
            }
        }
        page
    }

    fn family(&mut self, name: &str) -> &mut Family {
        if self.families.last().is_none_or(|last| last.name != name) {
            let known = self.families.iter().any(|family| family.name == name);
            assert!(!known, "{name} is there twice");
            self.families.push(Family {
                name: name.to_owned(),
                ..Family::default()
            });
        }
        self.families.last_mut().unwrap()
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').expect(line);
        let value = value.parse().expect(line);
        let before = self.values.insert(series.to_owned(), value);
        assert_eq!(before, None, "twice: {series}");
        let family = self.families.last_mut().expect(line);
        assert!(family.owns(name_of(series)), "{series} in {}", family.name);
        family.series.push(series.to_owned());
    }

    /// The value of a series, written as on the page.
    #[track_caller]
    pub(crate) fn value(&self, series: &str) -> f64 {
        let value = self.values.get(series);
        *value.unwrap_or_else(|| panic!("no {series} on the page"))
    }

    pub(crate) fn get(&self, series: &str) -> Option<f64> {
        self.values.get(series).copied()
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn find(&self, family: &str) -> Option<&Family> {
        self.families.iter().find(|found| found.name == family)
    }
}

impl Family {
    fn owns(&self, sample: &str) -> bool {
        let Some(suffix) = sample.strip_prefix(&self.name) else {
            return false;
        };
        match self.kind.as_deref() {
            Some("histogram") => ["_bucket", "_sum", "_count"].contains(&suffix),
            // OpenMetrics names the family without it.
            Some("counter") => ["", "_total"].contains(&suffix),
            _ => suffix.is_empty(),
        }
    }
}

fn name_of(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

fn last(text: &str) -> &str {
    text.lines().last().unwrap_or("")
}
