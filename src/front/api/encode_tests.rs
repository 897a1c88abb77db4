//! Answers, byte by byte as Prometheus 3 gives them.

use serde_json::Value as Json;

use super::*;

fn text(answer: Answer, at_ms: i64, told: Option<Told>) -> (String, usize) {
    let mut encoding = Encoding::of(answer, at_ms, told);
    let (mut text, mut pieces) = (String::new(), 0);
    while let Some(piece) = encoding.next_piece() {
        assert!(piece.len() < PIECE + 1_000, "{}", piece.len());
        text.push_str(&piece);
        pieces += 1;
    }
    (text, pieces)
}

fn of(value: Value) -> String {
    let answer = Answer {
        value,
        ..Answer::default()
    };
    text(answer, 1_435_781_451_781, None).0
}

#[test]
fn each_kind_has_its_shape() {
    assert_eq!(
        of(Value::Scalar(1.5)),
        r#"{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"1.5"]}}"#
    );
    assert_eq!(
        of(Value::Text("a\"b\n<é>".into())),
        r#"{"status":"success","data":{"resultType":"string","result":[1435781451.781,"a\"b\n<é>"]}}"#
    );
    let up = Labels::new([("__name__", "up"), ("job", "a\\\"b")]);
    let samples = vec![
        Sample {
            labels: up.clone(),
            value: f64::NAN,
        },
        Sample {
            labels: Labels::none(),
            value: f64::NEG_INFINITY,
        },
    ];
    assert_eq!(
        of(Value::Vector(samples)),
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a\\\"b"},"value":[1435781451.781,"NaN"]},{"metric":{},"value":[1435781451.781,"-Inf"]}]}}"#
    );
    let rows = vec![
        SampleRow {
            labels: up,
            samples: vec![(1_000, 1.0), (2_500, 0.1)],
        },
        SampleRow {
            labels: Labels::none(),
            samples: vec![(-1_000, 1e21)],
        },
    ];
    assert_eq!(
        of(Value::Matrix(rows)),
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a\\\"b"},"values":[[1,"1"],[2.500,"0.1"]]},{"metric":{},"values":[[-1,"1e+21"]]}]}}"#
    );
    for (empty, kind) in [
        (Value::Vector(Vec::new()), "vector"),
        (Value::Matrix(Vec::new()), "matrix"),
    ] {
        let expected =
            format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":[]}}}}"#);
        assert_eq!(of(empty), expected);
    }
}

#[test]
fn what_is_to_be_said_of_it_comes_last() {
    let answer = Answer {
        warnings: vec!["w\"".into()],
        infos: vec!["i".into(), "j".into()],
        stats: Stats {
            samples_read: 7,
            peak_samples: 5,
            evaluation: Duration::from_millis(250),
            ..Stats::default()
        },
        ..Answer::default()
    };
    let told = Told {
        queued: Duration::from_millis(500),
        total: Duration::from_millis(1_500),
    };
    assert_eq!(
        text(answer, 0, Some(told)).0,
        concat!(
            r#"{"status":"success","data":{"resultType":"vector","result":[],"#,
            r#""stats":{"timings":{"evalTotalTime":0.25,"resultSortTime":0.0,"#,
            r#""queryPreparationTime":0.0,"innerEvalTime":0.25,"execQueueTime":0.5,"execTotalTime":1.5},"#,
            r#""samples":{"totalQueryableSamples":7,"peakSamples":5}}},"#,
            r#""warnings":["w\""],"infos":["i","j"]}"#
        )
    );
}

#[test]
fn large_answers_come_in_pieces_and_nothing_is_lost() {
    let row = |nth: i64, length: i64| SampleRow {
        labels: Labels::new([("nth", nth.to_string())]),
        samples: (0..length)
            .map(|at| (at * 1_000, at as f64 / 7.0))
            .collect(),
    };
    let lengths = [1, 11_000, 2, 30_000, 1, 1];
    let rows = lengths.iter().enumerate();
    let rows: Vec<_> = rows.map(|(nth, length)| row(nth as i64, *length)).collect();
    let answer = Answer {
        value: Value::Matrix(rows.clone()),
        ..Answer::default()
    };
    assert!(weight(&answer.value) > 41_000 * OF_A_SAMPLE);
    let (text, pieces) = text(answer, 0, None);
    assert!(pieces > 10, "{pieces}");
    let json: Json = serde_json::from_str(&text).unwrap();
    let found = json["data"]["result"].as_array().unwrap();
    assert_eq!(found.len(), lengths.len());
    for (row, found) in rows.iter().zip(found) {
        let values = found["values"].as_array().unwrap();
        let number = |pair: &Json| pair[1].as_str().unwrap().parse::<f64>().unwrap();
        let read: Vec<_> = values
            .iter()
            .map(|pair| (pair[0].as_i64().unwrap() * 1_000, number(pair)))
            .collect();
        assert_eq!(read, row.samples);
    }
}

#[test]
fn many_samples_come_in_pieces_too() {
    let sample = |nth: u32| Sample {
        labels: Labels::new([("nth", nth.to_string())]),
        value: f64::from(nth),
    };
    let answer = Answer {
        value: Value::Vector((0..10_000).map(sample).collect()),
        ..Answer::default()
    };
    let (text, pieces) = text(answer, 0, None);
    assert!(pieces > 5, "{pieces}");
    let json: Json = serde_json::from_str(&text).unwrap();
    let found = json["data"]["result"].as_array().unwrap();
    assert_eq!(found.len(), 10_000);
    assert_eq!(found[9_999]["value"][1], "9999");
}
