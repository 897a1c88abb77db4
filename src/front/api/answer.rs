//! Answers as the Prometheus API has them: `{"status":"success","data":…}`.

use actix_web::HttpResponse;
use serde::Serialize;

/// Whoever asked for no more is told that there is more.
pub(super) const TRUNCATED: &str = "results truncated due to limit";

/// Whoever asks just after a start, of a disk that takes its time.
pub(super) const STILL_READ: &str =
    "stored history is still being read: this is of what came since the start";

#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    data: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// An answer without anything to say about it.
pub(super) fn success(data: impl Serialize) -> HttpResponse {
    with_warnings(data, Vec::new())
}

/// An answer, and what is to be said about it.
pub(super) fn with_warnings(data: impl Serialize, warnings: Vec<String>) -> HttpResponse {
    HttpResponse::Ok().json(Success {
        status: "success",
        data,
        warnings,
    })
}

/// No more of them than asked for, and a warning if there are more. 0 is all.
pub(super) fn limited<T>(mut all: Vec<T>, limit: usize) -> (Vec<T>, Vec<String>) {
    if limit == 0 || all.len() <= limit {
        return (all, Vec::new());
    }
    all.truncate(limit);
    (all, vec![TRUNCATED.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_asked_for() {
        assert_eq!(limited(vec![1, 2], 0), (vec![1, 2], vec![]));
        assert_eq!(limited(vec![1, 2], 2), (vec![1, 2], vec![]));
        let (kept, said) = limited(vec![1, 2], 1);
        assert_eq!((kept, &*said[0]), (vec![1], TRUNCATED));
    }

    #[actix_web::test]
    async fn warnings_are_there_only_if_there_are_any() {
        let text = async |response: HttpResponse| {
            let body = actix_web::body::to_bytes(response.into_body()).await;
            String::from_utf8(body.ok().unwrap().to_vec()).unwrap()
        };
        assert_eq!(
            text(success([1])).await,
            r#"{"status":"success","data":[1]}"#
        );
        assert_eq!(
            text(with_warnings([1], vec!["x".to_owned()])).await,
            r#"{"status":"success","data":[1],"warnings":["x"]}"#
        );
    }
}
