//! Templates against what Prometheus makes of them, and against whatever else there may be.

use exposition::Labels;
use proptest::prelude::*;

use super::as_prometheus::{EXPANDED, FAILED};
use super::{Expansion, Template, TemplateSample};

fn samples(query: &str) -> Result<Vec<TemplateSample>, String> {
    let sample = |a, instance, value| TemplateSample {
        labels: Labels::new([("__name__", "m"), ("a", a), ("instance", instance)]),
        value,
    };
    let (x, y) = (sample("x", "h:1", 1.0), sample("y", "i:2", 0.0));
    match query {
        "m" | "sort_desc(m)" => Ok(vec![x, y]),
        "m{a='x'}" => Ok(vec![x]),
        "nope" => Ok(Vec::new()),
        other => Err(format!("no answer to {other}")),
    }
}

fn expand(text: &str) -> Result<String, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    let labels = samples("m").unwrap().remove(0).labels;
    let with = Expansion {
        labels: &labels,
        external_labels: &Labels::new([("ext", "E")]),
        external_url: "http://pr.example:9090/pre",
        value: 1.0,
        now: 60.0,
        query: &samples,
    };
    let expanded = template.expand("__alert_A", &with);
    expanded.map_err(|error| error.reason)
}

#[test]
fn templates_expand_as_in_prometheus() {
    for (text, expected) in EXPANDED {
        assert_eq!(expand(text).as_deref(), Ok(*expected), "{text}");
    }
}

#[test]
fn what_prometheus_cannot_expand_fails_for_the_same_reason() {
    for (text, expected) in FAILED {
        assert_eq!(expand(text).unwrap_err(), *expected, "{text}");
    }
}

#[test]
fn an_error_stands_for_the_text_and_says_where() {
    let labels = Labels::none();
    let with = Expansion {
        labels: &labels,
        external_labels: &labels,
        external_url: "",
        value: 1.0,
        now: 0.0,
        query: &samples,
    };
    let template = Template::parse("up\nis {{ .Foo }}").unwrap();
    let expected = "<error expanding template: error executing template __alert_A: \
        template: __alert_A:2:7: executing \"__alert_A\" at <.Foo>: \
        can't evaluate field Foo in type struct { Labels map[string]string; \
        ExternalLabels map[string]string; ExternalURL string; Value float64 }>";
    assert_eq!(template.expand_or_error("__alert_A", &with), expected);
}

#[test]
fn what_newer_versions_know() {
    for (text, expected) in [
        (
            "{{ externalURL }} {{ pathPrefix }}",
            "http://pr.example:9090/pre /pre",
        ),
        (
            "{{ with \"\" }}a{{ else with $labels.a }}{{ . }}{{ end }}",
            "x",
        ),
        (
            "{{ toDuration 5400 }} {{ toDuration 1.5 }} {{ toDuration 0.02 }}",
            "1h30m0s 1.5s 20ms",
        ),
        ("{{ now }} {{ urlQueryEscape \"a b\" }}", "60 a+b"),
        ("{{ tmpl \"x\" 1 }}", ""),
    ] {
        assert_eq!(expand(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_template_is_refused_with_its_place() {
    for (text, expected) in [
        ("{{ foo }}", "1:4: function \"foo\" not defined"),
        ("{{ $foo }}", "1:4: undefined variable \"$foo\""),
        ("a\nb {{ $labels.x", "2:5: unclosed action"),
        ("{{ if }}x{{ end }}", "1:3: missing value for if"),
        ("{{ if true }}x", "1:15: unexpected EOF"),
        ("{{ end }}", "1:3: unexpected {{end}}"),
        ("{{ else }}", "1:3: unexpected {{else}}"),
        (
            "{{ if true }}{{ else }}{{ else }}{{ end }}",
            "1:26: expected end; found {{else}}",
        ),
        ("{{ }}", "1:3: missing value for command"),
        ("{{ 1 | }}", "1:3: missing command after |"),
        (
            "{{ 1 | 2 }}",
            "1:8: non executable command in pipeline stage 2",
        ),
        ("{{ \"x }}", "1:3: unclosed action"),
        ("{{ (1 }}", "1:4: unclosed left paren"),
        ("{{ 1) }}", "1:5: unexpected \")\" in command"),
        ("{{ 1a }}", "1:4: bad number syntax: \"1a\""),
        ("{{ break }}", "1:3: {{break}} outside {{range}}"),
        ("{{ $x = 1 }}", "1:3: undefined variable \"$x\""),
        (
            "{{ define \"t\" }}{{ $labels }}{{ end }}",
            "1:20: undefined variable \"$labels\"",
        ),
        (
            "{{ if true }}{{ define \"t\" }}{{ end }}{{ end }}",
            "1:16: unexpected {{define}}",
        ),
        (
            "{{ template x }}",
            "1:3: the name of a template must be a quoted string",
        ),
        ("{{/* x", "1:3: unclosed comment"),
        ("{{ $labels.a, }}", "1:13: unexpected \",\" in operand"),
        ("{{ @ }}", "1:4: unexpected '@' in command"),
        (
            "{{ with $a, $b := 1 }}{{ end }}",
            "1:9: unexpected \"$a\" in with",
        ),
        ("{{ 1.x }}", "1:4: bad number syntax: \"1.x\""),
        ("{{ 'ab' }}", "1:4: malformed character constant"),
        ("{{ \"\\q\" }}", "1:4: invalid syntax in a quoted string"),
    ] {
        assert_eq!(expand(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn work_text_and_depth_are_bounded() {
    let forever = "{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}";
    assert_eq!(expand(forever).unwrap_err(), "nested deeper than 100");

    let nest =
        |times: usize, open: &str, close: &str| open.repeat(times) + "1" + &close.repeat(times);
    let deep = nest(1_000, "{{ if true }}", "{{ end }}");
    assert!(
        expand(&deep)
            .unwrap_err()
            .ends_with("nested deeper than 50")
    );
    let deep = format!("{{{{ {} }}}}", nest(1_000, "(", ")"));
    assert!(
        expand(&deep)
            .unwrap_err()
            .ends_with("nested deeper than 50")
    );

    let wide = "{{ printf \"%99999d\" 1 }}";
    assert_eq!(
        expand(wide).unwrap_err(),
        "error calling printf: printf: wider than 1000"
    );

    let mut doubling = String::from("{{ $x := \"aaaaaaaaaaaaaaaa\" }}");
    doubling += &"{{ $x = print $x $x }}".repeat(40);
    let reason = expand(&doubling).unwrap_err();
    assert_eq!(reason, "error calling print: more than 65536 bytes of text");

    let long = "{{ range query \"m\" }}{{ printf \"%1000d\" 1 }}{{ end }}".repeat(40);
    assert_eq!(expand(&long).unwrap_err(), "more than 65536 bytes of text");

    let inner = "{{ $all := query \"m\" }}".to_owned()
        + &"{{ range $all }}".repeat(20)
        + &"{{ end }}".repeat(20);
    assert_eq!(expand(&inner).unwrap_err(), "more than 100000 steps");

    let text = "x".repeat(64 * 1024 + 1);
    assert_eq!(expand(&text).unwrap_err(), "1:1: longer than 65536 bytes");
}

/// Pieces of templates, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{{-",
        "-}}",
        " ",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "template",
        "block",
        "break",
        "$labels",
        "$value",
        "$x",
        ":=",
        "=",
        ",",
        "|",
        "(",
        ")",
        ".",
        ".Labels",
        ".a",
        "\"m\"",
        "`r`",
        "'c'",
        "1",
        "1.5",
        "0x",
        "-",
        "query",
        "first",
        "printf",
        "\"%d %s\"",
        "humanize",
        "index",
        "slice",
        "eq",
        "and",
        "args",
        "nil",
        "true",
        "/*",
        "*/",
        "é",
        "\n",
        "\\",
        "{{ range query \"m\" }}",
        "{{ end }}",
        "{{ .Labels.a | printf \"%q\" }}",
        "label",
        "toTime",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = expand(&text);
        let _ = expand(&format!("{{{{ {text} }}}}"));
    }

    #[test]
    fn no_order_of_pieces_makes_it_panic(text in pieces()) {
        let _ = expand(&text);
    }

    #[test]
    fn text_without_actions_stands_for_itself(text in "[^{}]{0,60}") {
        prop_assert_eq!(expand(&text), Ok(text));
    }

    #[test]
    fn any_number_is_printed(value in any::<f64>(), verb in "[vdsxgeEGqTtUc]", flags in "[-+# 0]{0,3}[0-9]{0,2}(\\.[0-9]{0,2})?") {
        let number = super::number::shortest(value);
        let _ = expand(&format!("{{{{ printf \"%{flags}{verb}\" {value:e} }}}}{{{{ humanize \"{number}\" }}}}{{{{ humanizeDuration \"{number}\" }}}}{{{{ humanizeTimestamp \"{number}\" }}}}{{{{ humanize1024 \"{number}\" }}}}"));
    }
}
