//! All routes, and what is said where there is none.

use crate::stage::{Setup, request};

#[test]
fn the_index_leads_everywhere() {
    let vitals = Setup::new().ready();
    let index = vitals.get("/").body;
    let links: Vec<_> = index
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(links.len() >= 8, "{links:?}");
    // The stream of events has no end.
    for link in links.into_iter().filter(|link| *link != "vitals/v1/events") {
        assert!(
            !link.starts_with('/'),
            "{link}: links work below any prefix"
        );
        let link = format!("/{link}");
        assert_eq!(vitals.get(&link).status, 200, "{link}");
        let head = request("HEAD", &vitals.url(&link), &[]).unwrap();
        assert_eq!((head.status, &*head.body), (200, ""), "{link}");
    }
}

#[test]
fn probes_speak_as_kubernetes_and_prometheus_do() {
    let vitals = Setup::new().ready();
    for (path, expected) in [
        ("/livez", "ok"),
        ("/readyz", "ok"),
        (
            "/livez?verbose",
            "[+]root ok\n[+]tree ok\nlivez check passed\n",
        ),
        (
            "/readyz?verbose",
            "[+]root ok\n[+]tree ok\n[+]collection ok\n[+]shutdown ok\nreadyz check passed\n",
        ),
        ("/-/healthy", "Vitals is Healthy.\n"),
        ("/-/ready", "Vitals is Ready.\n"),
    ] {
        let answer = vitals.get(path);
        assert_eq!((answer.status, &*answer.body), (200, expected), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn what_is_not_there_and_what_is_not_taken() {
    let vitals = Setup::new().ready();
    for path in ["/nothing", "/metrics/", "/vitals/v1", "/vitals/v1/tree/x"] {
        let answer = vitals.get(path);
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (404, "not_found"),
            "{path}"
        );
    }
    for path in ["/metrics", "/health", "/summary", "/vitals/v1/tree", "/"] {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let answer = request(method, &vitals.url(path), &[]).unwrap();
            let said = (answer.status, &*answer.error_code(), answer.header("allow"));
            assert_eq!(
                said,
                (405, "method_not_allowed", Some("GET, HEAD")),
                "{method} {path}"
            );
        }
    }
    // Whatever is asked for, the number of series stays.
    let unmatched = vitals
        .page()
        .find("vitals_http_requests_total")
        .unwrap()
        .series
        .len();
    for number in 0..50 {
        vitals.get(&format!("/nothing/{number}"));
    }
    let page = vitals.page();
    let series = page
        .find("vitals_http_requests_total")
        .unwrap()
        .series
        .len();
    assert!(series <= unmatched + 1, "{series} after {unmatched}");
}
