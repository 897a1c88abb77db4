//! A chart as SVG: lines over a grid, a legend below. Light or dark, as its reader has it.

use std::fmt::Write;

use promql::SampleRow;

use super::{
    legend::{Legend, ROW, names, shortened},
    scale::{Scale, moments},
    unit::Unit,
};

/// The style of every chart; its hash is in the policy of the answer.
pub(super) const STYLE: &str = ":root{--ground:#fff;--ink:#24292f;--faint:#57606a;--grid:#d8dee4;\
--c0:#0969da;--c1:#bc4c00;--c2:#1a7f37;--c3:#8250df;--c4:#cf222e;--c5:#1b7c83;--c6:#9a6700;--c7:#bf3989;\
--c8:#57606a;--c9:#2da44e;--c10:#0550ae;--c11:#953800}\
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--faint:#9198a1;--grid:#30363d;\
--c0:#58a6ff;--c1:#f0883e;--c2:#3fb950;--c3:#bc8cff;--c4:#ff7b72;--c5:#39c5cf;--c6:#d29922;--c7:#f778ba;\
--c8:#9198a1;--c9:#7ee787;--c10:#a5d6ff;--c11:#ffa657}}\
text{font:12px system-ui,sans-serif;fill:var(--faint)}.title{font-size:14px;fill:var(--ink)}\
.ground{fill:var(--ground)}.grid{stroke:var(--grid);stroke-width:1;fill:none}\
.line{fill:none;stroke-width:1.5;stroke-linejoin:round}.dot,.key{stroke:none}.end{text-anchor:end}\
.middle{text-anchor:middle}\
.s0{stroke:var(--c0);fill:var(--c0)}.s1{stroke:var(--c1);fill:var(--c1)}.s2{stroke:var(--c2);fill:var(--c2)}\
.s3{stroke:var(--c3);fill:var(--c3)}.s4{stroke:var(--c4);fill:var(--c4)}.s5{stroke:var(--c5);fill:var(--c5)}\
.s6{stroke:var(--c6);fill:var(--c6)}.s7{stroke:var(--c7);fill:var(--c7)}.s8{stroke:var(--c8);fill:var(--c8)}\
.s9{stroke:var(--c9);fill:var(--c9)}.s10{stroke:var(--c10);fill:var(--c10)}.s11{stroke:var(--c11);fill:var(--c11)}\
path.line{fill:none}";

/// Series that are drawn.
pub(super) const MOST_SERIES: usize = 12;
/// Pixels.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 28.0;
const TOP: f64 = 34.0;
const AXIS: f64 = 28.0;
/// From the axis to the moments below it.
const BELOW: f64 = 19.0;
/// Where the zone is told, left of the first moment.
const ZONE: f64 = 8.0;
/// Of a title, and of the smaller text beside it.
const A_LARGE_CHARACTER: f64 = 8.0;
const A_CHARACTER: f64 = 7.0;
/// A line that is shorter is drawn as a dot: nobody would see it.
const SHORT: f64 = 4.0;
/// Characters of a title that is worth more than the time beside it.
const LEAST_TITLE: usize = 24;

/// What is drawn.
pub(super) struct Chart<'c> {
    pub(super) query: &'c str,
    pub(super) unit: Unit,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    pub(super) step_ms: i64,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The place of the lines.
struct Plot {
    right: f64,
    bottom: f64,
    scale: Scale,
    start_ms: i64,
    end_ms: i64,
}

impl Plot {
    fn x(&self, at_ms: i64) -> f64 {
        let length = (self.end_ms - self.start_ms).max(1) as f64;
        LEFT + (self.right - LEFT) * (at_ms - self.start_ms) as f64 / length
    }

    fn y(&self, value: f64) -> f64 {
        let part = (value - self.scale.least) / (self.scale.most - self.scale.least);
        self.bottom - (self.bottom - TOP) * part.clamp(0.0, 1.0)
    }
}

impl Chart<'_> {
    /// Draws series. Where a step has no sample, or one that is no number, there is a gap.
    pub(super) fn draw(&self, mut rows: Vec<SampleRow>) -> String {
        let beyond = rows.len().saturating_sub(MOST_SERIES);
        if beyond > 0 {
            rows.sort_by(|a, b| largest(b).total_cmp(&largest(a)));
            rows.truncate(MOST_SERIES);
            rows.sort_by(|a, b| a.labels.cmp(&b.labels));
        }
        let names = names(&rows, self.query);
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let legend = Legend::of(&names, beyond, (width - LEFT, height));
        let legend_height = legend.rows as f64 * ROW;
        let values = || {
            let all = rows.iter().flat_map(|row| &row.samples);
            all.map(|(_, value)| *value)
                .filter(|value| value.is_finite())
        };
        let least = values().fold(f64::INFINITY, f64::min);
        let most = values().fold(f64::NEG_INFINITY, f64::max);
        let (least, most) = if least > most {
            (0.0, 1.0)
        } else {
            (least, most)
        };
        let bottom = (height - AXIS - legend_height - 6.0).max(TOP + 20.0);
        let steps = ((bottom - TOP) / 45.0).clamp(1.0, 8.0) as usize;
        let plot = Plot {
            right: width - RIGHT,
            bottom,
            scale: Scale::of(least, most, self.unit, steps),
            start_ms: self.start_ms,
            end_ms: self.end_ms,
        };
        let mut svg = String::new();
        let any = values().next().is_some();
        self.head(&mut svg, rows.len() + beyond, (least, most), any);
        self.grid(&mut svg, &plot, any);
        for (nth, row) in rows.iter().enumerate() {
            self.series(&mut svg, &plot, nth, row);
        }
        for key in legend.keys {
            let x = LEFT + key.x;
            let y = height - legend_height + key.row as f64 * ROW + 4.0;
            if let Some(nth) = key.nth {
                put(
                    &mut svg,
                    format_args!(
                        "<rect class=\"key s{nth}\" x=\"{x:.0}\" y=\"{:.1}\" width=\"10\" height=\"10\" rx=\"2\"/>",
                        y - 9.0
                    ),
                );
            }
            put(
                &mut svg,
                format_args!(
                    "<text x=\"{:.0}\" y=\"{y:.1}\">{}</text>\n",
                    x + 15.0,
                    Escaped(&key.text)
                ),
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn head(&self, svg: &mut String, series: usize, (least, most): (f64, f64), any: bool) {
        let (width, height) = (self.width, self.height);
        let text = |value| self.unit.text(value, (most - least) / 100.0);
        let told = match any {
            true => format!(
                "{series} series, values from {} to {}",
                text(least),
                text(most)
            ),
            false => "no data".to_owned(),
        };
        let (from, to) = (
            moment(self.start_ms, "%Y-%m-%d %H:%M:%S"),
            moment(self.end_ms, "%Y-%m-%d %H:%M:%S"),
        );
        put(
            svg,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
             <title id=\"title\">{}</title>\n\
             <desc id=\"desc\">{told}, from {from} to {to} UTC</desc>\n\
             <style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n",
                Escaped(self.query),
            ),
        );
        self.title(svg);
    }

    /// The query, and beside it, where there is room, the time it is about.
    fn title(&self, svg: &mut String) {
        let time = self.time();
        let room = f64::from(self.width) - LEFT - RIGHT;
        let beside = room - (time.chars().count() + 2) as f64 * A_CHARACTER;
        let (query, least) = (self.query.chars().count(), LEAST_TITLE);
        let fit = |room: f64| (room / A_LARGE_CHARACTER).max(1.0) as usize;
        let is_beside = fit(beside) >= query.min(least);
        let title = shortened(self.query, fit(if is_beside { beside } else { room }));
        put(
            svg,
            format_args!(
                "<text class=\"title\" x=\"{LEFT}\" y=\"20\">{}</text>\n",
                Escaped(&title)
            ),
        );
        if is_beside {
            let right = f64::from(self.width) - RIGHT;
            put(
                svg,
                format_args!("<text class=\"end\" x=\"{right}\" y=\"20\">{time}</text>\n"),
            );
        }
    }

    /// From when to when, to the minute; a day that is the same is said once.
    fn time(&self) -> String {
        let day = |at_ms| moment(at_ms, "%Y-%m-%d");
        let to = match day(self.start_ms) == day(self.end_ms) {
            true => "%H:%M",
            false => "%Y-%m-%d %H:%M",
        };
        let from = moment(self.start_ms, "%Y-%m-%d %H:%M");
        format!("{from} – {} UTC", moment(self.end_ms, to))
    }

    /// Without data there is no scale, and the picture says so.
    fn grid(&self, svg: &mut String, plot: &Plot, any: bool) {
        let (right, bottom) = (plot.right, plot.bottom);
        if !any {
            put(
                svg,
                format_args!(
                    "<path class=\"grid\" d=\"M{LEFT} {bottom:.1}H{right:.0}\"/>\
                 <text class=\"title middle\" x=\"{:.0}\" y=\"{:.0}\">no data</text>\n",
                    (LEFT + right) / 2.0,
                    (TOP + bottom) / 2.0 + 5.0
                ),
            );
        }
        for value in plot.scale.lines().filter(|_| any) {
            let y = plot.y(value);
            put(
                svg,
                format_args!(
                    "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right:.0}\"/>\
                 <text class=\"end\" x=\"{:.0}\" y=\"{:.1}\">{}</text>\n",
                    LEFT - 8.0,
                    y + 4.0,
                    self.unit.text(value, plot.scale.step)
                ),
            );
        }
        let lines = ((right - LEFT) / 90.0).clamp(2.0, 12.0) as usize;
        for (at, label) in moments(self.start_ms, self.end_ms, lines) {
            let x = plot.x(at.saturating_mul(1_000));
            // Of a moment there is a line, or a tick where nothing is drawn.
            let top = if any { TOP } else { bottom - 4.0 };
            put(
                svg,
                format_args!(
                    "<path class=\"grid\" d=\"M{x:.1} {top:.0}V{bottom:.1}\"/>\
                 <text class=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>\n",
                    bottom + BELOW
                ),
            );
        }
        put(
            svg,
            format_args!(
                "<text x=\"{ZONE}\" y=\"{:.1}\">UTC</text>\n",
                bottom + BELOW
            ),
        );
    }

    fn series(&self, svg: &mut String, plot: &Plot, nth: usize, row: &SampleRow) {
        let mut path = String::new();
        let mut dots = String::new();
        for part in parts(&row.samples, self.step_ms) {
            let Some((first, (at_ms, value))) = part.first().zip(part.last()) else {
                continue;
            };
            if plot.x(*at_ms) - plot.x(first.0) < SHORT {
                put(
                    &mut dots,
                    format_args!(
                        "<circle class=\"dot s{nth}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\"/>",
                        plot.x(*at_ms),
                        plot.y(*value)
                    ),
                );
                continue;
            }
            for (nth, (at_ms, value)) in part.iter().enumerate() {
                let step = if nth == 0 { 'M' } else { 'L' };
                put(
                    &mut path,
                    format_args!("{step}{:.1} {:.1}", plot.x(*at_ms), plot.y(*value)),
                );
            }
        }
        put(
            svg,
            format_args!("<path class=\"line s{nth}\" d=\"{path}\"/>{dots}\n"),
        );
    }
}

/// In UTC.
fn moment(at_ms: i64, form: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(at_ms);
    moment.map_or_else(
        |_| String::new(),
        |moment| moment.strftime(form).to_string(),
    )
}

fn largest(row: &SampleRow) -> f64 {
    let values = row.samples.iter().map(|(_, value)| *value);
    let values = values.filter(|value| value.is_finite());
    values.fold(f64::NEG_INFINITY, f64::max)
}

/// Samples that follow each other step by step.
fn parts(samples: &[(i64, f64)], step_ms: i64) -> impl Iterator<Item = &[(i64, f64)]> {
    let numbers = samples.split(|(_, value)| !value.is_finite());
    let parts = numbers.flat_map(move |part| part.chunk_by(move |a, b| b.0 - a.0 <= step_ms));
    parts.filter(|part| !part.is_empty())
}

/// A text that is not taken for anything else.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML has no place for them.
                other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {
                    f.write_char(' ')?;
                }
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(what);
}

#[cfg(test)]
#[path = "svg_tests.rs"]
mod tests;
