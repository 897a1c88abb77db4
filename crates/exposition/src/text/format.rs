//! The two formats: what they are called on the wire, and which of them a scraper wants.

use super::accept::{self, Candidate};

/// A text format of a page of metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// The text format every Prometheus understands, and every human can read.
    #[default]
    Prometheus004,
    /// OpenMetrics 1.0.
    OpenMetrics1,
}

const PROMETHEUS: Candidate = Candidate {
    kind: "text",
    subtype: "plain",
    versions: &["0.0.4"],
};

const OPEN_METRICS: Candidate = Candidate {
    kind: "application",
    subtype: "openmetrics-text",
    versions: &["1.0.0", "0.0.1"],
};

impl Format {
    /// The `Content-Type` of a page in this format.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Prometheus004 => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics1 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format a request's `Accept` asks for. OpenMetrics has to be preferred, not just
    /// tolerated: no header, `*/*`, a browser's header and garbage all get what a human can read.
    pub fn negotiate(accept: Option<&str>) -> Format {
        let accept = accept.unwrap_or_default();
        if accept::preference(accept, &OPEN_METRICS) > accept::preference(accept, &PROMETHEUS) {
            Format::OpenMetrics1
        } else {
            Format::Prometheus004
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn wants(accept: &str, format: Format) {
        assert_eq!(Format::negotiate(Some(accept)), format, "{accept}");
    }

    #[test]
    fn content_types_are_exact() {
        assert_eq!(
            Format::Prometheus004.content_type(),
            "text/plain; version=0.0.4; charset=utf-8"
        );
        assert_eq!(
            Format::OpenMetrics1.content_type(),
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        );
    }

    /// As Prometheus builds them in `scrape.go` of 2.42, 2.49, 3.0 and with native histograms.
    #[test]
    fn prometheus_gets_openmetrics() {
        for accept in [
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ] {
            wants(accept, Format::OpenMetrics1);
        }
    }

    #[test]
    fn openmetrics_has_to_be_preferred() {
        for accept in [
            "application/openmetrics-text",
            "APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\"",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text, */*",
            "application/openmetrics-text;q=0.2, text/plain;q=0.1999",
            "application/openmetrics-text, text/plain;version=1.0.0",
            "application/*, text/*;q=0.9",
            "text/plain;q=0, */*",
            "text/plain;note=\"a, b;q=1\";q=0.3, application/openmetrics-text;q=0.4",
        ] {
            wants(accept, Format::OpenMetrics1);
        }
        for accept in [
            "*/*",
            "text/plain",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/openmetrics-text, text/plain",
            "application/openmetrics-text;q=0.5, text/plain;q=0.6",
            "application/openmetrics-text;q=0.5, text/plain;q=0.1, text/plain;version=0.0.4;q=0.6",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=0, */*",
            "application/openmetrics-text;version=2.0.0",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;q=0.9",
            "text/plain;version=1.0.0",
            "application/json",
        ] {
            wants(accept, Format::Prometheus004);
        }
    }

    #[test]
    fn garbage_gets_what_a_human_can_read() {
        assert_eq!(Format::negotiate(None), Format::Prometheus004);
        for accept in [
            "",
            ",",
            ";;;",
            "/",
            "*/",
            "application/openmetrics-text;q=high",
            "application/openmetrics-text;q=-1",
            "application/openmetrics-text;q=1.5",
            "application/openmetrics-text;q=NaN",
            "application/openmetrics-text;version=\"1.0.0",
            "*/openmetrics-text",
            "\u{1f980}/\u{1f980};q=\u{1f980}",
        ] {
            wants(accept, Format::Prometheus004);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(
            wild in ".{0,80}",
            close in "[a-z*/;,=q\"\\\\ .0-9-]{0,80}",
        ) {
            Format::negotiate(Some(&wild));
            Format::negotiate(Some(&close));
            Format::negotiate(Some(&format!("application/openmetrics-text;{close}")));
        }
    }
}
