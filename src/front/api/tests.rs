//! The routes over a database in memory, byte by byte.

use actix_web::{
    App, body,
    http::{Method, StatusCode},
    test::{self, TestRequest},
    web::Data,
};
use exposition::Labels;
use tsdb::Head;

use crate::front::{routes::routes, shared::tests::shared};

/// 12:00:00 UTC.
const NOON: i64 = 1_700_049_600;

/// `up` of two, and a counter, every 10 s for 10 min before noon.
fn remember(head: &Head) {
    let up = |job: &str| Labels::new([("__name__", "up"), ("job", job)]);
    let counter = Labels::new([("__name__", "x_total"), ("a", "q\"q")]);
    let series = [up("iris"), up("node"), counter];
    let series = series.map(|labels| head.series("test", &labels).unwrap());
    for nth in 0..=60 {
        let values = [f64::from(nth % 2 == 0), 1.0, f64::from(nth) * 5.0];
        let row: Vec<_> = series.iter().copied().zip(values).collect();
        let at_ms = NOON * 1_000 - 600_000 + i64::from(nth) * 10_000;
        assert_eq!(head.append(at_ms, &row).taken, 3);
    }
}

/// Asked by this method; what came back.
async fn ask(method: Method, path: &str, form: Option<&str>) -> (StatusCode, String) {
    let shared = shared();
    remember(&shared.head.head());
    let app = App::new()
        .app_data(Data::from(shared))
        .configure(|config| routes(config, ""));
    let app = test::init_service(app).await;
    let mut request = TestRequest::with_uri(path).method(method);
    if let Some(form) = form {
        request = request
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(form.to_owned());
    }
    let response = test::call_service(&app, request.to_request()).await;
    let kind = response.headers().get("content-type").unwrap();
    assert_eq!(kind, "application/json");
    let status = response.status();
    let body = body::to_bytes(response.into_body()).await.ok().unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[track_caller]
fn is(answer: &(StatusCode, String), status: u16, body: &str) {
    assert_eq!((answer.0.as_u16(), &*answer.1), (status, body));
}

async fn get(path: &str) -> (StatusCode, String) {
    ask(Method::GET, path, None).await
}

#[actix_web::test]
async fn an_instant_query_has_prometheus_s_shape_by_get_and_by_post() {
    let expected = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"iris"},"value":[1700049595.500,"0"]},{"metric":{"__name__":"up","job":"node"},"value":[1700049595.500,"1"]}]}}"#;
    is(
        &get("/api/v1/query?query=up&time=1700049595.5").await,
        200,
        expected,
    );
    let form = "query=up&time=2023-11-15T11%3A59%3A55.5Z";
    is(
        &ask(Method::POST, "/api/v1/query", Some(form)).await,
        200,
        expected,
    );
    let mixed = ask(
        Method::POST,
        "/api/v1/query?time=1700049595.5",
        Some("query=up"),
    )
    .await;
    is(&mixed, 200, expected);
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;
    is(&get("/api/v1/query?query=1%2B1&time=1").await, 200, scalar);
    let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x_total","a":"q\"q"},"values":[[1700049590,"295"],[1700049600,"300"]]}]}}"#;
    is(
        &get("/api/v1/query?query=x_total[15s]&time=1700049600").await,
        200,
        matrix,
    );
    let lookback = get("/api/v1/query?query=up&time=1700049660&lookback_delta=30s").await;
    let nothing = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    is(&lookback, 200, nothing);
    let limited = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"iris"},"value":[1700049600,"1"]}]},"warnings":["results truncated due to limit"]}"#;
    is(
        &get("/api/v1/query?query=up&time=1700049600&limit=1").await,
        200,
        limited,
    );
    let (_, stats) = get("/api/v1/query?query=up&time=1700049600&stats=all").await;
    assert!(
        stats.contains(r#""stats":{"timings":{"evalTotalTime":"#),
        "{stats}"
    );
    assert!(
        stats.contains(r#""samples":{"totalQueryableSamples":"#),
        "{stats}"
    );
}

#[actix_web::test]
async fn a_range_query_has_prometheus_s_shape() {
    let range = "start=1700049580&end=1700049600&step=10";
    let expected = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"iris"},"values":[[1700049580,"1"],[1700049590,"0"],[1700049600,"1"]]},{"metric":{"__name__":"up","job":"node"},"values":[[1700049580,"1"],[1700049590,"1"],[1700049600,"1"]]}]}}"#;
    is(
        &get(&format!("/api/v1/query_range?query=up&{range}")).await,
        200,
        expected,
    );
    let form = format!("query=up&{range}s");
    is(
        &ask(Method::POST, "/api/v1/query_range", Some(&form)).await,
        200,
        expected,
    );
    let scalar = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1700049580,"1"],[1700049590,"1"],[1700049600,"1"]]}]}}"#;
    is(
        &get(&format!("/api/v1/query_range?query=1&{range}")).await,
        200,
        scalar,
    );
    let limited = get(&format!("/api/v1/query_range?query=up&{range}&limit=1")).await;
    assert!(
        limited
            .1
            .ends_with(r#"]]}]},"warnings":["results truncated due to limit"]}"#)
    );
}

#[actix_web::test]
async fn series_labels_and_values_have_prometheus_s_shape() {
    let expected = r#"{"status":"success","data":[{"__name__":"up","job":"iris"},{"__name__":"up","job":"node"}]}"#;
    is(&get("/api/v1/series?match[]=up").await, 200, expected);
    let form = "match%5B%5D=up%7Bjob%3D%22iris%22%7D&match%5B%5D=up%7Bjob%3D%22node%22%7D";
    is(
        &ask(Method::POST, "/api/v1/series", Some(form)).await,
        200,
        expected,
    );
    let early = get("/api/v1/series?match[]=up&end=1600000000").await;
    is(&early, 200, r#"{"status":"success","data":[]}"#);
    let limited = r#"{"status":"success","data":[{"__name__":"up","job":"iris"}],"warnings":["results truncated due to limit"]}"#;
    is(
        &get("/api/v1/series?match[]=up&limit=1").await,
        200,
        limited,
    );

    let names = r#"{"status":"success","data":["__name__","a","job"]}"#;
    is(&get("/api/v1/labels").await, 200, names);
    let of_one = get("/api/v1/labels?match[]=up&start=1700049500&end=1700049600").await;
    is(
        &of_one,
        200,
        r#"{"status":"success","data":["__name__","job"]}"#,
    );
    is(
        &ask(Method::POST, "/api/v1/labels", Some("match[]=up")).await,
        200,
        &of_one.1,
    );

    let values = r#"{"status":"success","data":["up","x_total"]}"#;
    is(&get("/api/v1/label/__name__/values").await, 200, values);
    let jobs = r#"{"status":"success","data":["iris","node"]}"#;
    is(&get("/api/v1/label/job/values?match[]=up").await, 200, jobs);
    let none = get("/api/v1/label/nothing/values").await;
    is(&none, 200, r#"{"status":"success","data":[]}"#);
}

#[actix_web::test]
async fn a_query_is_laid_out() {
    let (status, text) = get("/api/v1/format_query?query=sum(up)by(job)").await;
    assert_eq!(status, 200);
    let expected = r#"{"status":"success","data":"sum by (job) (up)"}"#;
    assert_eq!(text, expected);
}

#[actix_web::test]
async fn what_makes_no_sense_is_told_as_prometheus_tells_it() {
    let range = "/api/v1/query_range?query=up";
    for (path, message) in [
        (
            "/api/v1/query?query=up&time=NaN",
            r#"invalid parameter \"time\": Invalid time value for 'time': cannot parse \"NaN\" to a valid timestamp"#,
        ),
        (
            "/api/v1/query?query=up&limit=x",
            r#"invalid parameter \"limit\": \"x\" is not a whole number"#,
        ),
        (
            "/api/v1/query?query=up&limit=-1",
            r#"invalid parameter \"limit\": limit must be non-negative"#,
        ),
        (
            "/api/v1/query?query=up&timeout=x",
            r#"invalid parameter \"timeout\": cannot parse \"x\" to a valid duration"#,
        ),
        (
            "/api/v1/query?query=up&lookback_delta=x",
            r#"error parsing lookback delta duration: cannot parse \"x\" to a valid duration"#,
        ),
        (
            range,
            r#"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#,
        ),
        (
            &format!("{range}&start=1"),
            r#"invalid parameter \"end\": cannot parse \"\" to a valid timestamp"#,
        ),
        (
            &format!("{range}&start=2&end=1&step=1"),
            r#"invalid parameter \"end\": end timestamp must not be before start time"#,
        ),
        (
            &format!("{range}&start=1&end=2&step=x"),
            r#"invalid parameter \"step\": cannot parse \"x\" to a valid duration"#,
        ),
        (
            &format!("{range}&start=1&end=2&step=0"),
            r#"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"#,
        ),
        (
            &format!("{range}&start=1&end=2&step=-1"),
            r#"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"#,
        ),
        (
            &format!("{range}&start=0&end=11001&step=1"),
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ),
        (
            &format!("{range}[1m]&start=0&end=1&step=1"),
            r#"invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"#,
        ),
        ("/api/v1/series", "no match[] parameter provided"),
        (
            "/api/v1/series?match[]=%7B%7D",
            r#"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#,
        ),
        (
            "/api/v1/labels?match[]=%7B%7D",
            "match[] must contain at least one non-empty matcher",
        ),
        ("/api/v1/label/1a/values", r#"invalid label name: \"1a\""#),
        (
            "/api/v1/labels?start=x",
            r#"invalid parameter \"start\": Invalid time value for 'start': cannot parse \"x\" to a valid timestamp"#,
        ),
    ] {
        let expected =
            format!(r#"{{"status":"error","errorType":"bad_data","error":"{message}"}}"#);
        is(&get(path).await, 400, &expected);
    }
    let many = format!("/api/v1/series?{}", "match[]=up&".repeat(65));
    assert_eq!(get(&many).await.0, 400);
    for bad in ["", "up%7B", "up(", "sum(", "rate(up)", "up%20or", "%22"] {
        let (status, text) = get(&format!("/api/v1/query?query={bad}")).await;
        let start =
            r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": "#;
        assert!(status == 400 && text.starts_with(start), "{bad}: {text}");
    }
    // As many points as may be.
    assert_eq!(
        get(&format!("{range}&start=0&end=11000&step=1")).await.0,
        200
    );
    // Far away, and nothing there.
    for far in ["-1e30", "1e30", "9e15"] {
        let (status, _) = get(&format!("{range}&start={far}&end={far}&step=1e9")).await;
        assert_eq!(status, 200, "{far}");
    }
    let earliest = get("/api/v1/query?query=up&time=-292273086-05-16T16:47:06Z").await;
    assert_eq!(earliest.0, 400, "{}", earliest.1);
}

#[actix_web::test]
async fn what_has_no_answer_is_told_apart() {
    let two = "/api/v1/query?query=up%20*%20on()%20up&time=1700049600";
    let (status, text) = get(two).await;
    let start = r#"{"status":"error","errorType":"execution","error":"found duplicate series"#;
    assert!(status == 422 && text.starts_with(start), "{status} {text}");
    // Either of its queue or of its evaluation.
    let (status, text) = get("/api/v1/query?query=up&time=1700049600&timeout=0").await;
    let start = r#"{"status":"error","errorType":"timeout","error":"query timed out in "#;
    assert!(status == 503 && text.starts_with(start), "{status} {text}");
    let (status, text) = ask(Method::PUT, "/api/v1/query", None).await;
    let start = r#"{"status":"error","errorType":"method_not_allowed","error":""#;
    assert!(status == 405 && text.starts_with(start), "{status} {text}");
    let (status, text) = get("/api/v1/nothing").await;
    let start = r#"{"status":"error","errorType":"not_found","error":""#;
    assert!(status == 404 && text.starts_with(start), "{status} {text}");
}
