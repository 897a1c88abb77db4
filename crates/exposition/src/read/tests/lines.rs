//! Single lines, most of them shapes that Prometheus's own parsers are known to take or refuse.

use super::*;

#[track_caller]
fn is(text: &str, expected: Owned) {
    assert_eq!(line(text), Ok(expected), "{text:?}");
}

#[track_caller]
fn dropped(reason: DropReason, lines: &[&str]) {
    for text in lines {
        assert_eq!(line(text), Err(reason), "{text:?}");
    }
}

#[test]
fn names_values_and_timestamps() {
    is("up 1", Owned::new("up", &[], 1.0));
    is(
        "job:rate5m -3e3 103948",
        Owned::new("job:rate5m", &[], -3e3).at(103_948),
    );
    is("_ .32", Owned::new("_", &[], 0.32));
    is(":a: 1.", Owned::new(":a:", &[], 1.0));
    is("a +5 -1", Owned::new("a", &[], 5.0).at(-1));
    is("a NaN", Owned::new("a", &[], f64::NAN));
    is("a Nan 0", Owned::new("a", &[], f64::NAN).at(0));
    is("a +Inf", Owned::new("a", &[], f64::INFINITY));
    is("a -inf", Owned::new("a", &[], f64::NEG_INFINITY));
    is("a -0", Owned::new("a", &[], -0.0));
    is("NaN NaN", Owned::new("NaN", &[], f64::NAN));
    is(
        "a 1 1520879607.789",
        Owned::new("a", &[], 1.0).at(1_520_879_607_789),
    );
}

#[test]
fn labels_in_their_order() {
    is("a{} 1", Owned::new("a", &[], 1.0));
    is("a{b=\"c\"} 1", Owned::new("a", &[("b", "c")], 1.0));
    is(
        "a{z=\"1\",b=\"2\",_=\"\",B9=\" \"} 1",
        Owned::new("a", &[("z", "1"), ("b", "2"), ("_", ""), ("B9", " ")], 1.0),
    );
    is("a{b=\"c\",} 1 2", Owned::new("a", &[("b", "c")], 1.0).at(2));
    is("a{a=\"a\"} 1", Owned::new("a", &[("a", "a")], 1.0));
    is("a{le=\"+Inf\"} 3", Owned::new("a", &[("le", "+Inf")], 3.0));
}

#[test]
fn a_value_may_hold_anything_but_the_end_of_its_line() {
    for (text, meant) in [
        ("", ""),
        (",", ","),
        ("}", "}"),
        ("{", "{"),
        ("=", "="),
        ("#", "#"),
        (" # {a=1} 2 ", " # {a=1} 2 "),
        ("a=b,c", "a=b,c"),
        ("'", "'"),
        ("\t", "\t"),
        ("\0", "\0"),
        ("\r", "\r"),
        ("ü 漢 🦀", "ü 漢 🦀"),
        ("DB_Name_&_Directory", "DB_Name_&_Directory"),
        ("%SYS", "%SYS"),
        (r"c:\\iris\\mgr\\", r"c:\iris\mgr\"),
        (r#"\"quoted\""#, "\"quoted\""),
        (r#"},b=\"x\""#, "},b=\"x\""),
        (r"a\nb", "a\nb"),
        (r"\\n", r"\n"),
        (r"\x\'\ü", r"\x\'\ü"),
    ] {
        let text = format!("a{{v=\"{text}\",w=\"1\"}} 2");
        is(&text, Owned::new("a", &[("v", meant), ("w", "1")], 2.0));
    }
}

#[test]
fn blanks_between_tokens() {
    let bare = Owned::new("a", &[], 1.0);
    for text in [
        "a 1",
        "a\t1",
        " a 1",
        "\t \ta \t 1",
        "a 1 ",
        "a 1\t\t",
        "a{}1",
        "a {\t} 1",
    ] {
        is(text, bare.clone());
    }
    let full = Owned::new("a", &[("b", "c"), ("d", "e")], 1.0).at(2);
    for text in [
        "a{b=\"c\",d=\"e\"} 1 2",
        "a{b=\"c\",d=\"e\"}1 2",
        " a { b = \"c\" , d = \"e\" } 1 2 ",
        "\ta\t{\tb\t=\t\"c\"\t,\td\t=\t\"e\"\t,\t}\t1\t2\t",
        "a{b=\"c\"d=\"e\"} 1 2",
        "a{b=\"c\" d=\"e\"} 1 2",
    ] {
        is(text, full.clone());
    }
}

#[test]
fn exemplars_are_passed_over() {
    let bare = Owned::new("a_bucket", &[("le", "1")], 4.0);
    for exemplar in [
        "# {} 1",
        "# {id=\"#\"} 0.5 123.4",
        "#{id=\"x\"} 1",
        "#",
        "# {cut=\"o",
    ] {
        is(&format!("a_bucket{{le=\"1\"}} 4 {exemplar}"), bare.clone());
        is(
            &format!("a_bucket{{le=\"1\"}} 4 7 {exemplar}"),
            bare.clone().at(7),
        );
    }
}

#[test]
fn what_is_no_line_of_the_format() {
    dropped(
        DropReason::Syntax,
        &[
            // cut anywhere
            "a",
            "a ",
            "a{",
            "a{b",
            "a{b=",
            "a{b=\"",
            "a{b=\"c",
            "a{b=\"c\"",
            "a{b=\"c\",",
            "a{b=\"c\"}",
            "a{b=\"c\"} ",
            "a{b=\"c\\\"} 1",
            "a{b=\"c\\",
            // labels
            "a{,} 1",
            "a{,b=\"c\"} 1",
            "a{b=\"c\",,} 1",
            "a{b} 1",
            "a{b,c=\"d\"} 1",
            "a{b=c} 1",
            "a{b='c'} 1",
            "\"quoted\" 1",
            "a{=\"c\"} 1",
            "a{b==\"c\"} 1",
            "a{b=\"c\"d} 1",
            "a{b=\"c\"=\"d\"} 1",
            "a{b=\"c\"}} 1",
            "a{{b=\"c\"} 1",
            "a{b=\"c\"}{d=\"e\"} 1",
            "a} 1",
            "a{b c=\"d\"} 1",
            "a{\"b\" c=\"d\" 1",
            "a{b\"c\"} 1",
            "a{b=\"c\"e\"d\"} 1",
            // no name, two names
            "{} 1",
            "{b=\"c\"} 1",
            "a{\"b\"} 1",
            "{\"a\",\"b\"} 1",
            "=",
            // values and timestamps
            "a one",
            "a 1,5",
            "a 0x1p-2",
            "a 1_000",
            "a 1e999",
            "a -NaN",
            "a --1",
            "a \"1\"",
            "a 1 now",
            "a 1 2 3",
            "a 1 9223372036854775808",
            "a 1 1e40",
            "a 1 NaN",
            "a 1#",
            "a # 1",
            "a 1;",
            "a 1 0x10",
            "a { } b",
            "a\u{a0}1",
            "a\u{b}1",
            // other things altogether
            "<html lang=\"en\">",
            "</html>",
            "{\"error\":\"licence\"}",
            "[]",
            "\0",
            "-",
            "a=1",
            "\u{feff}",
            "/// 1 2 3",
            "HTTP/1.1 401 Unauthorized",
        ],
    );
}

#[test]
fn names_outside_the_classic_character_set() {
    dropped(
        DropReason::Name,
        &[
            "my.metric 1",
            "disk-1 7",
            "disk-1 7 8",
            "9lives 1",
            "größe 1",
            "a/b{c=\"d\"} 1 2",
            "a+5 1",
            "\u{feff}up 1",
            "a{b.c=\"d\"} 1",
            "a{9=\"d\"} 1",
            "a{b:c=\"d\"} 1",
            "a{ö=\"d\"} 1",
            "a{b=\"c\",d-e=\"f\"} 1",
            "{\"my.metric\"} 1",
            "{\"my.metric\",} 1",
            "{ \"my.metric\" , b = \"c\" } 1 2",
            "{b=\"c\",\"my.metric\"} 1",
            "{\"fine\"} 1",
            "{\"a \\\" b}\"} 1",
            "{\"\"} 1",
            "a{\"b.c\"=\"d\"} 1",
            "a{\"b\"=\"c\"} 1",
            "{\"a\",\"b\"=\"c\"} 1",
        ],
    );
}

#[test]
fn a_label_twice() {
    dropped(
        DropReason::DuplicateLabel,
        &[
            "a{b=\"1\",b=\"1\"} 1",
            "a{b=\"1\",c=\"2\",b=\"3\"} 1",
            "a{b=\"\",b=\"\"} 1",
            "a{__name__=\"b\"} 1",
        ],
    );
    let many = |names: &mut dyn Iterator<Item = usize>| {
        let labels: Vec<_> = names.map(|n| format!("l{n}=\"\"")).collect();
        line(format!("a{{{}}} 1", labels.join(",")))
    };
    assert!(many(&mut (0..64)).is_ok_and(|sample| sample.labels.len() == 64));
    assert_eq!(
        many(&mut (0..62).chain([7])),
        Err(DropReason::DuplicateLabel)
    );
    assert_eq!(
        many(&mut (0..12).chain([0])),
        Err(DropReason::DuplicateLabel)
    );
}

#[test]
fn what_is_not_utf8() {
    for text in [
        &b"a{b=\"\xff\"} 1"[..],
        b"a\xff 1",
        b"a 1 # \xff",
        b"\xff\xfe",
        b"a{b=\"\xc3\"} 1",
    ] {
        assert_eq!(
            line(text),
            Err(DropReason::Encoding),
            "{}",
            text.escape_ascii()
        );
    }
    assert_eq!(line(b"# HELP a b\xe4r"), Err(DropReason::Encoding));
}

#[test]
fn help_and_type() {
    #[track_caller]
    fn says(text: &str, expected: &str) {
        let (items, outcome) = items(text.as_bytes(), &Limits::default());
        assert_eq!((outcome.lines, outcome.metadata), (1, 1), "{text:?}");
        assert_eq!(format!("{items:?}"), format!("[{expected}]"), "{text:?}");
    }
    let kind = |name, kind| format!("Type {{ name: {name:?}, kind: {kind} }}");
    says("# TYPE a counter", &kind("a", "Counter"));
    says("#\tTYPE\ta\tGAUGE\t", &kind("a", "Gauge"));
    says("  #  TYPE  a:b  Histogram", &kind("a:b", "Histogram"));
    says("# TYPE a summary\r\n", &kind("a", "Summary"));
    for word in [
        "untyped",
        "unknown",
        "info",
        "stateset",
        "gaugehistogram",
        "invented",
    ] {
        says(&format!("# TYPE a {word}"), &kind("a", "Untyped"));
    }
    let help = |name, help| format!("Help {{ name: {name:?}, help: {help:?} }}");
    says("# HELP a", &help("a", ""));
    says("# HELP a ", &help("a", ""));
    says("# HELP a  b # c ", &help("a", " b # c "));
    says("#  HELP \t a\tb", &help("a", "b"));
    says(
        r#"# HELP a C:\\ "x" \"y\" \n\z"#,
        &help("a", "C:\\ \"x\" \"y\" \n\\z"),
    );

    dropped(
        DropReason::Syntax,
        &[
            "# TYPE a",
            "# TYPE a ",
            "# TYPE a gauge b",
            "# TYPE \"a gauge",
        ],
    );
    dropped(
        DropReason::Name,
        &[
            "# TYPE a.b gauge",
            "# HELP \"a.b\" c",
            "# TYPE \"a\" gauge",
            "# HELP 9 c",
            "# HELP a{} c",
        ],
    );
}

#[test]
fn other_comments_and_blank_lines_are_ignored() {
    for text in [
        &b"#"[..],
        b"# ",
        b"##",
        b"# EOF",
        b"#EOF",
        b"# UNIT a seconds",
        b"# a 1",
        b"#a 1",
        b"#HELP a b",
        b"#TYPE a gauge",
        b"# HELPa b",
        b"# TYPES a b",
        b"# HELP",
        b"# TYPE \t",
        b"# help a b",
        b"# caf\xe9",
        b"\n",
        b" \t",
        b"\r\n",
        b"\r",
    ] {
        let (items, outcome) = items(text, &Limits::default());
        let all = (items.len(), outcome.lines, outcome.ignored);
        assert_eq!(all, (0, 1, 1), "{}", text.escape_ascii());
    }
}
