//! The Prometheus data model, and its two text formats.
//!
//! [`Labels`] identify a series, a [`MetricFamily`] is what one `# TYPE` line speaks of, [`text`]
//! writes families as Prometheus text 0.0.4 or as OpenMetrics 1.0, and [`mod@read`] reads what
//! others wrote, sample by sample. Nothing here knows what is being measured.

mod family;
mod flat;
mod labels;
mod name;
pub mod read;
pub mod remote_write;
pub mod text;

pub use family::{Bucket, Histogram, Metric, MetricFamily, MetricType, Quantile, Summary, Value};
pub use flat::FlatSeries;
pub use labels::{Labels, LabelsError};
pub use name::{is_label_name, is_metric_name};
