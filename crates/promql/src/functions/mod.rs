//! Functions: what each name means, and how it gets its arguments.

mod absent;
mod args;
mod blocks;
mod calendar;
mod change;
mod histogram;
mod math;
mod over_time;
mod relabel;
mod simple;
mod sorting;
mod trend;

use self::{
    args::Args, change::Change, math::Clamp, over_time::OverTime, sorting::Sorting, trend::Trend,
};
use crate::{
    error::Result,
    eval::{Evaluated, Evaluator, Grid, Stream},
    expr::Call,
    query::QueryType,
};

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// Of one number.
    Math(fn(f64) -> f64),
    /// Of a Unix time in seconds; of now, without an argument.
    Calendar(fn(f64) -> f64),
    Round,
    Clamp(Clamp),
    Time,
    Pi,
    Scalar,
    Vector,
    Timestamp,
    Absent,
    AbsentOverTime,
    LabelReplace,
    LabelJoin,
    Sort(Sorting),
    HistogramQuantile,
    /// Of native histograms, of which there are none here.
    OfNativeHistograms,
    Change(Change),
    Trend(Trend),
    OverTime(OverTime),
}

impl Function {
    /// The function of that name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let one_number = || math::function(name).map(Function::Math);
        let calendar = || calendar::function(name).map(Function::Calendar);
        let change = || Change::find(name).map(Function::Change);
        let trend = || Trend::find(name).map(Function::Trend);
        let over_time = || OverTime::find(name).map(Function::OverTime);
        let sorting = || Sorting::find(name).map(Function::Sort);
        let clamp = || Clamp::find(name).map(Function::Clamp);
        one_number()
            .or_else(calendar)
            .or_else(change)
            .or_else(trend)
            .or_else(over_time)
            .or_else(sorting)
            .or_else(clamp)
            .or_else(|| Self::find_other(name))
    }

    fn find_other(name: &str) -> Option<Self> {
        Some(match name {
            "round" => Function::Round,
            "time" => Function::Time,
            "pi" => Function::Pi,
            "scalar" => Function::Scalar,
            "vector" => Function::Vector,
            "timestamp" => Function::Timestamp,
            "absent" => Function::Absent,
            "absent_over_time" => Function::AbsentOverTime,
            "label_replace" => Function::LabelReplace,
            "label_join" => Function::LabelJoin,
            "histogram_quantile" => Function::HistogramQuantile,
            "histogram_avg" | "histogram_count" | "histogram_fraction" | "histogram_stddev"
            | "histogram_stdvar" | "histogram_sum" => Function::OfNativeHistograms,
            _ => return None,
        })
    }

    pub(crate) fn query_type(self) -> QueryType {
        match self {
            Function::Time | Function::Pi | Function::Scalar => QueryType::Scalar,
            _ => QueryType::Vector,
        }
    }
}

pub(crate) fn eval<'q>(ev: &'q Evaluator<'q>, call: &'q Call, grid: Grid) -> Result<Evaluated<'q>> {
    let args = Args {
        ev,
        exprs: &call.args,
        grid,
    };
    let scalar = match call.function {
        Function::Time => simple::time(&args)?,
        Function::Pi => ev.constant(std::f64::consts::PI, grid)?,
        Function::Scalar => simple::scalar(&args)?,
        function => return vector(function, args).map(Evaluated::Vector),
    };
    Ok(Evaluated::Scalar(scalar))
}

fn vector(function: Function, args: Args<'_>) -> Result<Stream<'_>> {
    match function {
        Function::Math(f) => args.map(move |_, value| f(value)),
        Function::Calendar(part) => simple::calendar(&args, part),
        Function::Round => math::round(&args),
        Function::Clamp(clamp) => math::clamp(clamp, &args),
        Function::Vector => simple::vector(&args),
        Function::Timestamp => simple::timestamp(&args),
        Function::Absent => absent::absent(&args),
        Function::AbsentOverTime => absent::absent_over_time(&args),
        Function::LabelReplace => relabel::label_replace(&args),
        Function::LabelJoin => relabel::label_join(&args),
        Function::Sort(sorting) => sorting::sort(sorting, &args),
        Function::HistogramQuantile => histogram::quantile(&args),
        Function::Change(change) => change::eval(change, &args),
        Function::Trend(trend) => trend::eval(trend, &args),
        Function::OverTime(over_time) => over_time::eval(over_time, &args),
        Function::OfNativeHistograms | Function::Time | Function::Pi | Function::Scalar => {
            Ok(Box::new(std::iter::empty()))
        }
    }
}
