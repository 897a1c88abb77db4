//! Rule files that are none: the text, the line that is named, and what is said.

/// What promtool 2.42 refuses, too.
pub(super) const MALFORMED: &[(&str, Option<u64>, &str)] = &[
    ("groups: [\n", Some(1), "unclosed bracket '['"),
    (
        "groups:\n- name: g\n\trules: []\n",
        Some(2),
        "while scanning a plain scalar, found a tab",
    ),
    ("groups:\n- name: 'g\n", Some(2), "unclosed quote"),
    ("groups: 3\n", Some(1), "expected sequence start"),
    ("groups: {a: b}\n", Some(1), "expected sequence start"),
    ("- name: g\n", Some(1), "expected mapping start"),
    ("just text\n", Some(1), "expected mapping start"),
    (
        "group:\n- name: g\n",
        Some(1),
        "unknown field `group`, expected one of groups",
    ),
    (
        "groups:\n- name: g\n  rule: []\n",
        Some(3),
        "unknown field `rule`, expected one of name, interval, query_offset, limit, labels, rules",
    ),
    (
        "groups:\n- name: g\ngroups:\n- name: h\n",
        Some(3),
        "duplicate mapping key `groups` is not allowed here",
    ),
    (
        "groups:\n- name: g\n  name: h\n",
        Some(3),
        "duplicate mapping key `name` is not allowed here",
    ),
    ("groups:\n- 3\n", Some(2), "expected mapping start"),
    ("groups:\n- name: [a]\n", Some(2), "expected string scalar"),
    (
        "groups:\n- name: g\n  rules: 3\n",
        Some(3),
        "expected sequence start",
    ),
    (
        "groups:\n- name: g\n  rules: {alert: A, expr: up}\n",
        Some(3),
        "expected sequence start",
    ),
    (
        "groups:\n- name: g\n  rules: [3]\n",
        Some(3),
        "expected mapping start",
    ),
    (
        "groups:\n- name: g\n  rules: *nowhere\n",
        Some(3),
        "reference to unknown value",
    ),
    (
        "groups:\n- rules: []\n",
        Some(2),
        "a group must have a name",
    ),
    ("groups:\n- name: ''\n", Some(2), "a group must have a name"),
    (
        "groups:\n- name: g\n- name: g\n",
        Some(3),
        "group name \"g\" is repeated in the same file",
    ),
    (
        "groups:\n- name: g\n  interval: 5\n",
        Some(3),
        "interval: not a valid duration string: \"5\"",
    ),
    (
        "groups:\n- name: g\n  interval: 1.5m\n",
        Some(3),
        "interval: not a valid duration string",
    ),
    (
        "groups:\n- name: g\n  interval: -5m\n",
        Some(3),
        "interval: not a valid duration string",
    ),
    (
        "groups:\n- name: g\n  interval: 5 m\n",
        Some(3),
        "interval: not a valid duration string",
    ),
    (
        "groups:\n- name: g\n  interval: 500y\n",
        Some(3),
        "interval: duration out of range",
    ),
    (
        "groups:\n- name: g\n  limit: many\n",
        Some(3),
        "invalid i64",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - expr: up\n",
        Some(4),
        "one of 'record' or 'alert' must be set",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: ''\n    expr: up\n",
        Some(4),
        "one of 'record' or 'alert' must be set",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    record: a\n    expr: up\n",
        Some(4),
        "only one of 'record' and 'alert' must be set",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n",
        Some(4),
        "field 'expr' must be set in rule",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: ''\n",
        Some(4),
        "field 'expr' must be set in rule",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr:\n",
        Some(4),
        "field 'expr' must be set in rule",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    expression: up\n",
        Some(6),
        "unknown field `expression`, expected one of record, alert, expr, for, keep_firing_for, labels, annotations",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    for: soon\n",
        Some(6),
        "for: not a valid duration string: \"soon\"",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    keep_firing_for: 5\n",
        Some(6),
        "keep_firing_for: not a valid duration string",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - record: a b\n    expr: up\n",
        Some(4),
        "invalid recording rule name: a b",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - record: 'a{b=\"c\"}'\n    expr: up\n",
        Some(4),
        "invalid recording rule name",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n    for: 5m\n",
        Some(4),
        "invalid field 'for' in recording rule",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n    keep_firing_for: 5m\n",
        Some(4),
        "invalid field 'keep_firing_for' in recording rule",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n    annotations: {a: b}\n",
        Some(4),
        "invalid field 'annotations' in recording rule",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"(\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up ==\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"sum(\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"rate(up)\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up{\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up{a=b}\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up{a=~'('}\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"1 +\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"foo bar\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"nofunction(up)\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"sum by up\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up[5m\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up offset\"\n",
        Some(5),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up\n      == ==\n",
        Some(6),
        "could not parse expression",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {1a: b}\n",
        Some(6),
        "invalid label name: 1a",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {a-b: b}\n",
        Some(6),
        "invalid label name: a-b",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {__name__: b}\n",
        Some(6),
        "invalid label name: __name__",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: [a]\n",
        Some(6),
        "expected mapping start",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {a: {b: c}}\n",
        Some(6),
        "expected string scalar",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {a: b, a: c}\n",
        Some(6),
        "duplicate mapping key `a` is not allowed here",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations: {a-b: b}\n",
        Some(6),
        "invalid annotation name: a-b",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations: text\n",
        Some(6),
        "expected mapping start",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels:\n      a: '{{ $labels.x'\n",
        Some(7),
        "label \"a\": template: 1:3: unclosed action",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      a: '{{ nofunction }}'\n",
        Some(7),
        "annotation \"a\": template: 1:4: function \"nofunction\" not defined",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      a: '{{ $x }}'\n",
        Some(7),
        "undefined variable",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      a: '{{ if true }}'\n",
        Some(7),
        "unexpected EOF",
    ),
    (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations:\n      a: '{{ end }}'\n",
        Some(7),
        "unexpected {{end}}",
    ),
];

/// What promtool 2.42 lets pass, or does not know.
pub(super) const NEWER_THAN_PROMTOOL: &[(&str, Option<u64>, &str)] = &[
    ("groups:\n- name: g\n  limit: 1.5\n", Some(3), "invalid i64"),
    (
        "groups:\n- name: g\n  limit: -1\n",
        Some(3),
        "limit must not be negative",
    ),
    (
        "groups:\n- name: g\n  query_offset: soon\n",
        Some(3),
        "query_offset: not a valid duration string",
    ),
    (
        "groups:\n- name: g\n  labels: {a-b: c}\n",
        Some(3),
        "invalid label name: a-b",
    ),
    (
        "groups:\n- name: g\n  labels: {__name__: c}\n",
        Some(3),
        "invalid label name: __name__",
    ),
    (
        "groups: []\n---\ngroups: []\n",
        Some(3),
        "only single YAML document expected",
    ),
];
