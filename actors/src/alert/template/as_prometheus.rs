//! What Debian's promtool 2.42 makes of templates, recorded: each stood as an annotation in a rule
//! test with the sample `m{a="x", instance="h:1"} 1`, beside `m{a="y", instance="i:2"} 0`, the
//! external label `ext="E"` and the external URL `http://pr.example:9090/pre`.

/// Templates and what they expand to.
pub(super) const EXPANDED: &[(&str, &str)] = &[
    (
        "{{ $value }} {{ .Value }} {{ $labels.a }} {{ .Labels.missing }}| {{ $externalLabels.ext }} {{ .ExternalLabels.nope }}|{{ $externalURL }} {{ .ExternalURL }}",
        "1 1 x | E |http://pr.example:9090/pre http://pr.example:9090/pre",
    ),
    (
        r#"{{ "{{" }} {{`}}`}} {{/* gone */}}{{- /* gone too */ -}} x"#,
        "{{ }} x",
    ),
    (r#"a {{- " b " -}} c {{- 3 }}d"#, "a b c3d"),
    (
        "{{ $x := 5 }}{{ $x }}{{ $x = 6 }}{{ $x }}{{ if true }}{{ $x = 7 }}{{ $x := 8 }}{{ $x }}{{ end }}{{ $x }}",
        "5687",
    ),
    (
        r#"{{ if and (gt $value 0.5) (eq $labels.a "x") }}yes{{ end }}{{ if or false "" 0 }}no{{ else }}none{{ end }}"#,
        "yesnone",
    ),
    (
        r#"{{ "a" | printf "%s-%s" "b" }} {{ $labels.instance | reReplaceAll "(.*):.*" "$1" | toUpper }}"#,
        "b-a H",
    ),
    (
        r#"{{ with query "m{a='x'}" }}{{ . | first | value | humanize }}{{ end }}"#,
        "1",
    ),
    (
        r#"{{ range $i, $e := query "sort_desc(m)" }}{{ if $i }}, {{ end }}{{ $e.Labels.a }}={{ $e.Value }}{{ end }}"#,
        "x=1, y=0",
    ),
    (
        r#"{{ range query "m" | sortByLabel "a" }}{{ .Labels.a }}{{ break }}{{ end }}{{ range query "m" }}{{ continue }}x{{ end }}"#,
        "x",
    ),
    (
        r#"{{ printf "%.2f" "x" }} {{ printf "%d" $value }} {{ printf "%s" $labels }} {{ printf "%v" (query "m" | first) }} {{ printf "%q" 65 }}"#,
        "%!f(string=x) %!d(float64=1) map[__name__:m a:x instance:h:1] &{map[__name__:m a:x instance:h:1] 1} 'A'",
    ),
    (
        r#"{{ printf "%[2]s %[1]s" "a" "b" }} {{ printf "%*d" 5 42 }} {{ printf "%!" }} {{ printf "%" }} {{ printf "%+v" 1.5 }} {{ printf "%t" 1 }}"#,
        "b a    42 %!!(MISSING) %!(NOVERB) 1.5 %!t(int=1)",
    ),
    (
        r#"{{ printf "%g %G %E %e" 1e-7 1e-7 1.5 0.0 }} {{ printf "%6.2f%%" 12.345 }} {{ printf "%x %X %o %b %#x" "hi" 255 8 5 255 }} {{ printf "%5t|%-6s|%06d|%+.1e" true "ab" -42 12345.6 }}"#,
        "1e-07 1E-07 1.500000E+00 0.000000e+00  12.35% 6869 FF 10 101 0xff  true|ab    |-00042|+1.2e+04",
    ),
    (
        r#"{{ len $labels }} {{ len (query "m") }} {{ index (query "m") 1 }} {{ slice "abcdef" 2 }} {{ index "abc" 1 }}"#,
        "3 2 {map[__name__:m a:y instance:i:2] 0} cdef 98",
    ),
    (
        "{{ humanize 0.0 }} {{ humanize 1.0 }} {{ humanize -1234.5 }} {{ humanize 1e-10 }} {{ humanize 999.99 }} {{ humanize 999999.9 }} {{ humanize 1e30 }} {{ humanize 42 }}",
        "0 1 -1.234k 100p 1000 1000k 1e+06Y 42",
    ),
    (
        "{{ humanize1024 0.0 }} {{ humanize1024 1024.0 }} {{ humanize1024 -1048576.0 }} {{ humanize1024 1e9 }} {{ humanize1024 0.5 }}",
        "0 1ki -1Mi 953.7Mi 0.5",
    ),
    (
        r#"{{ humanizeDuration 0.0 }} {{ humanizeDuration 1.0 }} {{ humanizeDuration 61 }} {{ humanizeDuration 90061.5 }} {{ humanizeDuration -60.0 }} {{ humanizeDuration 0.001 }} {{ humanizeDuration 59.99 }} {{ humanizeDuration 1e-9 }} {{ humanizeDuration "3600" }}"#,
        "0s 1s 1m 1s 1d 1h 1m 1s -1m 0s 1ms 59.99s 1ns 1h 0m 0s",
    ),
    (
        r#"{{ humanizePercentage 0.0 }} {{ humanizePercentage 0.999999 }} {{ humanizePercentage 1.5 }} {{ humanizePercentage -0.1 }} {{ humanizePercentage "0.25" }}"#,
        "0% 100% 150% -10% 25%",
    ),
    (
        "{{ humanizeTimestamp 0.0 }} {{ humanizeTimestamp 1600000000 }} {{ humanizeTimestamp 1600000000.5 }} {{ humanizeTimestamp -1.0 }}",
        "1970-01-01 00:00:00 +0000 UTC 2020-09-13 12:26:40 +0000 UTC 2020-09-13 12:26:40.5 +0000 UTC 1969-12-31 23:59:59 +0000 UTC",
    ),
    (
        r#"{{ eq $labels.a "x" "y" }} {{ ne "a" "b" }} {{ lt "a" "b" }} {{ le 1 1 }} {{ ge 1.5 1.5 }} {{ lt 1 2 }} {{ eq true true }} {{ not true }} {{ not "" }}"#,
        "true true true true true true true false true",
    ),
    (
        r#"{{ title "hello wOrld-x_y 2nd a.b" }} {{ toUpper "aé" }} {{ toLower "AÉ" }} {{ match "a.*b" "xaxxb" }} {{ match "^a$" "ab" }}"#,
        "Hello WOrld-X_y 2nd A.B AÉ aé true false",
    ),
    (
        r#"{{ reReplaceAll "(?P<n>[a-z]+)" "<${n}>" "ab1cd" }} {{ reReplaceAll "x" "$$" "axb" }} {{ reReplaceAll "a" "$1y" "a" }}"#,
        "<ab>1<cd> a$b ",
    ),
    (
        r#"{{ graphLink "up{a=\"b c\"} > 1" }} {{ tableLink "sum(rate(x[5m])) by (a)" }}"#,
        "/graph?g0.expr=up%7Ba%3D%22b+c%22%7D+%3E+1&g0.tab=0 /graph?g0.expr=sum%28rate%28x%5B5m%5D%29%29+by+%28a%29&g0.tab=1",
    ),
    (
        r#"{{ stripPort "h:90" }} {{ stripPort "[::1]:90" }} {{ stripPort "::1" }} {{ stripPort "h" }} {{ stripDomain "a.b.c:90" }} {{ stripDomain "a.b.c" }} {{ stripDomain "10.0.0.1:9" }} {{ stripDomain "[::1]:9" }} {{ stripDomain "h" }}"#,
        "h ::1 ::1 h a:90 a 10.0.0.1:9 [::1]:9 h",
    ),
    (
        r#"{{ parseDuration "1h30m" }} {{ parseDuration "100ms" }} {{ toTime 1435065584.128 }} {{ (toTime 1435065584).Year }} {{ (toTime 0).Month }} {{ (toTime 0).Weekday }} {{ (toTime 60).Unix }}"#,
        "5400 0.1 2015-06-23 13:19:44.128 +0000 UTC 2015 January Thursday 60",
    ),
    (
        r#"{{ define "t" }}[{{ . }}{{ $ }}]{{ end }}{{ template "t" $labels.a }} {{ template "t" }} {{ block "b" .Value }}<{{ . }}>{{ end }}"#,
        "[xx] [<no value><no value>] <1>",
    ),
    (
        r#"{{ args 1 "b" 2.5 }} {{ (args 1 "b").arg1 }} {{ (args 1).arg7 }} {{ with args "x" 2 }}{{ .arg0 }}{{ end }}"#,
        "map[arg0:1 arg1:b arg2:2.5] b <no value> x",
    ),
    (
        r#"{{ safeHtml "<b>" }} {{ strvalue (first (query "m")) }} {{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ `r\w` }} {{ "q\u00e9\x41\101" }} {{ true }} {{ 010 }} {{ 1e3 }} {{ .5 }} {{ -3 }} {{ +2.5 }} {{ 0b101 }}"#,
        r#"<b>  97 31 1000 r\w qéAA true 8 1000 0.5 -3 2.5 5"#,
    ),
    (
        r#"{{ html "<a&'b\">" }} {{ js "it's <x>&=" }} {{ urlquery "a b&c/ü" }} {{ print 1 2 "a" "b" 3 4.5 true }} {{ println "x" 1 }}"#,
        "&lt;a&amp;&#39;b&#34;&gt; it\\'s \\u003Cx\\u003E\\u0026\\u003D a+b%26c%2F%C3%BC 1 2ab3 4.5 true x 1\n",
    ),
    (
        r#"{{ $labels }} {{ query "m" | first }} {{ . }}"#,
        "map[__name__:m a:x instance:h:1] {map[__name__:m a:x instance:h:1] 1} {map[__name__:m a:x instance:h:1] map[ext:E] http://pr.example:9090/pre 1}",
    ),
    (
        "{{ range $k, $v := $labels }}{{ $k }}={{ $v }},{{ end }}{{ range $v := $labels }}{{ $v }}{{ else }}e{{ end }}",
        "__name__=m,a=x,instance=h:1,mxh:1",
    ),
    (
        r#"{{ index $labels "a" }} {{ index $labels "nope" }}| {{ label "a" (first (query "m")) }} {{ value (first (query "m")) }}"#,
        "x | x 1",
    ),
    (
        r#"{{ $labels.a | printf "%-5s|" }} {{ printf "%03d|%3d|%-3d|" 7 7 7 }} {{ printf "%s" nil }} {{ printf "%v %v" 1 }} {{ printf "%d%d" 1 2 3 "x" }}"#,
        "x    | 007|  7|7  | %!s(<nil>) 1 %!v(MISSING) 12%!(EXTRA int=3, string=x)",
    ),
    (
        "{{ if $labels.nope }}a{{ else if $labels.a }}b{{ else }}c{{ end }}",
        "b",
    ),
    (
        r#"{{ printf "%.3s|%.0f|%5.1f|%v|%v" "abcdef" 2.5 3.14159 1e21 123456789.0 }} {{ 1e21 }} {{ 100000.0 }} {{ 1e6 }} {{ 0.0001 }} {{ 0.00001 }}"#,
        "abc|2|  3.1|1e+21|1.23456789e+08 1e+21 100000 1e+06 0.0001 1e-05",
    ),
    (
        r#"{{ printf "%U %c %T %T %T %T" 65 955 1 "a" true $labels }} {{ printf "%s %v" true 'a' }}"#,
        "U+0041 λ int string bool map[string]string %!s(bool=true) 97",
    ),
    (
        r#"{{ or "" $labels.a "z" }} {{ and 1 "" 2 }} {{ 1 | and 0 }} {{ 5 | or 0 }}"#,
        "x  0 5",
    ),
    (
        r#"{{ (query "m" | first).Labels.a }} {{ (index (query "m") 1).Value }} {{ (printf "%s" "a") }}"#,
        "x 0 a",
    ),
    (
        r#"{{ len "é" }} {{ printf "%5s|" "é" }} {{ title "élan" }} {{ printf "%q" "a\"b\n\té" }}"#,
        r#"2     é| Élan "a\"b\n\té""#,
    ),
];

/// Templates that cannot be expanded, and the reason.
pub(super) const FAILED: &[(&str, &str)] = &[
    ("{{ $labels.a.b }}", "can't evaluate field b in type string"),
    (
        r#"{{ humanize "x" }}"#,
        r#"error calling humanize: strconv.ParseFloat: parsing "x": invalid syntax"#,
    ),
    (
        "{{ humanize true }}",
        "error calling humanize: can't convert bool to float",
    ),
    (
        r#"{{ first (query "nope") }}"#,
        "error calling first: first() called on vector with no elements",
    ),
    (
        "{{ .Foo }}",
        "can't evaluate field Foo in type struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }",
    ),
    (
        "{{ eq 1 1.0 }}",
        "error calling eq: incompatible types for comparison",
    ),
    (
        "{{ gt $value 0 }}",
        "error calling gt: incompatible types for comparison",
    ),
    (
        r#"{{ parseDuration "x" }}"#,
        r#"error calling parseDuration: not a valid duration string: "x""#,
    ),
    ("{{ nil }}", "nil is not a command"),
    (r#"{{ template "nope" }}"#, r#"template "nope" not defined"#),
    (
        "{{ humanize }}",
        "wrong number of args for humanize: want 1 got 0",
    ),
    (
        "{{ humanize 1 2 }}",
        "wrong number of args for humanize: want 1 got 2",
    ),
    (
        r#"{{ "x" 1 }}"#,
        r#"can't give argument to non-function "x""#,
    ),
    (
        "{{ $value | $labels }}",
        "can't give argument to non-function $labels",
    ),
    (
        "{{ .Value.Foo }}",
        "can't evaluate field Foo in type float64",
    ),
    (
        r#"{{ index (query "m") 5 }}"#,
        "error calling index: index out of range: 5",
    ),
    (
        r#"{{ slice "abc" 2 1 }}"#,
        "error calling slice: invalid slice index: 2 > 1",
    ),
    ("{{ len 3 }}", "error calling len: len of type int"),
    (
        "{{ and }}",
        "wrong number of args for and: want at least 1 got 0",
    ),
    ("{{ call nil }}", "error calling call: call of nil"),
];
