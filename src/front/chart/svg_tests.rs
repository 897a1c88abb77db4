//! Charts, by what is in them.

use exposition::Labels;
use proptest::prelude::*;

use super::*;

const NOON: i64 = 1_700_049_600_000;

fn chart(query: &str) -> Chart<'_> {
    Chart {
        query,
        unit: Unit::Ratio,
        start_ms: NOON,
        end_ms: NOON + 60_000,
        step_ms: 10_000,
        width: 400,
        height: 200,
    }
}

fn row(host: &str, samples: &[(i64, f64)]) -> SampleRow {
    SampleRow {
        labels: Labels::new([("host", host)]),
        samples: samples
            .iter()
            .map(|(at, value)| (NOON + at * 10_000, *value))
            .collect(),
    }
}

#[test]
fn it_has_axes_lines_gaps_and_a_legend() {
    let rows = vec![
        row("a", &[(0, 0.0), (1, 0.5), (3, 1.0), (4, 0.5), (6, 0.25)]),
        row("<b>", &[(0, f64::NAN), (1, 0.5), (2, 0.5)]),
    ];
    let svg = chart("x{a=\"<&\"}").draw(rows);
    for part in [
        "<title id=\"title\">x{a=&quot;&lt;&amp;&quot;}</title>",
        "<desc id=\"desc\">2 series, values from 0% to 100%, from 2023-11-15 12:00:00 to 2023-11-15 12:01:00 UTC</desc>",
        "role=\"img\" aria-labelledby=\"title desc\"",
        ">50%</text>",
        ">12:00:30</text>",
        ">UTC</text>",
        ">a</text>",
        ">&lt;b&gt;</text>",
        "prefers-color-scheme:dark",
        // A line, a gap, a line, and a sample by itself.
        "<path class=\"line s0\" d=\"M70.0 148.0L120.3 91.0M221.0 34.0L271.3 91.0\"/><circle class=\"dot s0\" cx=\"372.0\" cy=\"119.5\" r=\"2\"/>",
        "<path class=\"line s1\" d=\"M120.3 91.0L170.7 91.0\"/>\n",
    ] {
        assert!(svg.contains(part), "no {part} in\n{svg}");
    }
    assert!(svg.ends_with("</svg>\n"));
}

#[test]
fn without_data_it_says_so() {
    for rows in [vec![], vec![row("a", &[(0, f64::NAN), (1, f64::INFINITY)])]] {
        let svg = chart("x").draw(rows);
        assert!(svg.contains("<desc id=\"desc\">no data, from"), "{svg}");
        assert!(svg.contains(">no data</text>"), "{svg}");
    }
}

#[test]
fn the_title_and_the_time_share_the_width() {
    let long = "x".repeat(100);
    let mut wide = chart(&long);
    wide.width = 800;
    let svg = wide.draw(Vec::new());
    assert!(
        svg.contains(">2023-11-15 12:00 – 12:01 UTC</text>"),
        "{svg}"
    );
    assert!(
        svg.contains(&format!(">{}…</text>", "x".repeat(60))),
        "{svg}"
    );
    let mut narrow = chart(&long);
    narrow.width = 200;
    let svg = narrow.draw(Vec::new());
    assert!(
        !svg.contains("12:00 – ") && svg.contains(&format!(">{}…<", "x".repeat(11))),
        "{svg}"
    );
}

#[test]
fn what_is_too_short_for_a_line_is_a_dot() {
    let mut chart = chart("x");
    chart.end_ms = NOON + 86_400_000;
    let svg = chart.draw(vec![row("a", &[(0, 0.0), (1, 0.5), (2_000, 1.0)])]);
    assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
}

#[test]
fn of_many_series_the_largest_are_drawn() {
    let rows = (0..20).map(|nth| row(&format!("h{nth:02}"), &[(0, f64::from(nth)), (1, 1.0)]));
    let svg = chart("x").draw(rows.collect());
    assert!(svg.contains(">and 8 more</text>"));
    assert!(svg.contains(">h08</text>") && !svg.contains(">h07</text>"));
    assert!(svg.contains("20 series"));
}

proptest! {
    #[test]
    fn whatever_is_drawn_is_within_the_picture(
        values in proptest::collection::vec(any::<f64>(), 0..20),
        query in "[^a-z]{0,80}",
    ) {
        let samples: Vec<_> = (0..).zip(values).collect();
        let svg = chart(&query).draw(vec![row("a", &samples)]);
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", svg);
        let tags = svg.matches('<').count();
        prop_assert_eq!(tags, svg.matches('>').count());
        for place in svg.split("class=\"line").nth(1).unwrap().split(['M', 'L']).skip(1) {
            let number = place.split(' ').next().unwrap();
            let x: f64 = number.parse().unwrap();
            prop_assert!((0.0..=400.0).contains(&x) || samples.len() > 7, "{}", place);
        }
    }
}
