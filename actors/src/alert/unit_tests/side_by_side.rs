//! Test files that promtool and Vitals are to judge alike: name, test file, and whether it passes. All
//! are about [`RULES`], which lie beside them as `rules.yml`.

pub(super) const RULES: &str = r#"
groups:
  - name: first
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: up == 0
        for: 2m
        labels: {severity: page, site: '{{ $externalLabels.site }}'}
        annotations:
          summary: '{{ $labels.instance }} of {{ $labels.job }} is down'
          others: '{{ range query "up == 1" | sortByLabel "instance" }}{{ .Labels.instance }} {{ end }}'
          link: '{{ $externalURL }}{{ graphLink "up" }}'
  - name: second
    rules:
      - alert: FewUp
        expr: job:up:sum < 2
        keep_firing_for: 3m
        annotations: {summary: '{{ $value }} up'}
      - alert: Same
        expr: same == 1
        labels: {instance: all}
  - name: third
    rules:
      - record: job:up:twice
        expr: job:up:sum * 2
"#;

/// The head of every test: three instances, one of which is down from 3 to 9 minutes.
pub(super) const HEAD: &str = r#"
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    external_labels: {site: north}
    external_url: http://vitals.example/pre
    input_series:
      - series: up{job="node",instance="a"}
        values: 1x30
      - series: up{job="node",instance="b"}
        values: 1x2 0x5 1x10 stale
      - series: up{job="iris",instance="c"}
        values: 1x3 _x3 1x20
      - series: counter{job="node"}
        values: 0+60x10 0+30x10
"#;

pub(super) const FILES: &[(&str, &str, bool)] = &[
    (
        "fires",
        r#"
    alert_rule_test:
      - eval_time: 4m
        alertname: Down
      - eval_time: 5m59s
        alertname: Down
        exp_alerts:
          - exp_labels: {job: node, instance: b, severity: page, site: north}
            exp_annotations: {summary: b of node is down, others: 'a c ', link: 'http://vitals.example/pre/graph?g0.expr=up&g0.tab=0'}
      - eval_time: 9m
        alertname: Down
        exp_alerts: []
"#,
        true,
    ),
    (
        "another_label",
        r#"
    alert_rule_test:
      - eval_time: 5m
        alertname: Down
        exp_alerts:
          - exp_labels: {job: node, instance: a, severity: page, site: north}
            exp_annotations: {summary: b of node is down, others: 'a c ', link: 'http://vitals.example/pre/graph?g0.expr=up&g0.tab=0'}
"#,
        false,
    ),
    (
        "annotations_left_out",
        r#"
    alert_rule_test:
      - eval_time: 5m
        alertname: Down
        exp_alerts: [{exp_labels: {job: node, instance: b, severity: page, site: north}}]
"#,
        false,
    ),
    (
        "too_soon",
        r#"
    alert_rule_test:
      - eval_time: 4m
        alertname: Down
        exp_alerts: [{exp_labels: {job: node, instance: b, severity: page, site: north}}]
"#,
        false,
    ),
    (
        "no_such_alert",
        r#"
    alert_rule_test:
      - {eval_time: 5m, alertname: Nothing}
"#,
        true,
    ),
    (
        "kept_up",
        r#"
    alert_rule_test:
      - eval_time: 10m
        alertname: FewUp
        exp_alerts:
          - {exp_labels: {job: node}, exp_annotations: {summary: 1 up}}
          - {exp_labels: {job: iris}, exp_annotations: {summary: 1 up}}
      - eval_time: 13m
        alertname: FewUp
        exp_alerts:
          - {exp_labels: {job: iris}, exp_annotations: {summary: 1 up}}
"#,
        true,
    ),
    (
        "expressions",
        r#"
    promql_expr_test:
      - expr: job:up:sum
        eval_time: 4m
        exp_samples:
          - {labels: 'job:up:sum{job="node"}', value: 1}
          - {labels: 'job:up:sum{job="iris"}', value: 1}
      - expr: job:up:twice{job="node"}
        eval_time: 1m
        exp_samples: [{labels: 'job:up:twice{job="node"}', value: 4}]
      - {expr: 1 + 1, eval_time: 1m, exp_samples: [{labels: '{}', value: 2}]}
      - {expr: up == 5, eval_time: 1m}
      - {expr: counter, eval_time: 15m30s, exp_samples: [{labels: 'counter{job="node"}', value: 120}]}
      - {expr: 'max_over_time(counter[4m30s:1m])', eval_time: 10m30s, exp_samples: [{labels: '{job="node"}', value: 600}]}
      - {expr: time(), eval_time: 90s, exp_samples: [{labels: '{}', value: 90}]}
"#,
        true,
    ),
    (
        "another_value",
        r#"
    promql_expr_test:
      - {expr: 1 + 1, eval_time: 1m, exp_samples: [{labels: '{}', value: 2.5}]}
"#,
        false,
    ),
    (
        "one_sample_more",
        r#"
    promql_expr_test:
      - {expr: 'up{instance="a"}', eval_time: 1m, exp_samples: [{labels: 'up{job="node",instance="a"}', value: 1}, {labels: up, value: 1}]}
"#,
        false,
    ),
    (
        "alerts_as_series",
        r#"
    promql_expr_test:
      - expr: ALERTS{alertname="Down"}
        eval_time: 4m
        exp_samples: [{labels: 'ALERTS{alertname="Down",alertstate="pending",instance="b",job="node",severity="page",site="north"}', value: 1}]
      - expr: ALERTS{alertname="Down"}
        eval_time: 6m
        exp_samples: [{labels: 'ALERTS{alertname="Down",alertstate="firing",instance="b",job="node",severity="page",site="north"}', value: 1}]
      - expr: ALERTS_FOR_STATE{alertname="Down"}
        eval_time: 6m
        exp_samples: [{labels: 'ALERTS_FOR_STATE{alertname="Down",instance="b",job="node",severity="page",site="north"}', value: 180}]
      - {expr: 'ALERTS{alertname="Down"}', eval_time: 10m}
"#,
        true,
    ),
    (
        "not_an_expression",
        r#"
    promql_expr_test:
      - {expr: 'up ==', eval_time: 1m}
"#,
        false,
    ),
    (
        "range_vector",
        r#"
    promql_expr_test:
      - {expr: 'up[5m]', eval_time: 1m}
"#,
        false,
    ),
    (
        "labels_that_are_none",
        r#"
    promql_expr_test:
      - {expr: up, eval_time: 1m, exp_samples: [{labels: 'up{', value: 1}]}
"#,
        false,
    ),
    (
        "values_that_are_none",
        r#"
      - {series: broken, values: 1 2 three}
    alert_rule_test: [{eval_time: 1m, alertname: Down}]
"#,
        false,
    ),
    (
        "same_labels",
        r#"
      - {series: 'same{instance="a"}', values: 1x10}
      - {series: 'same{instance="b"}', values: 0x3 1x10}
    alert_rule_test: [{eval_time: 6m, alertname: Same}]
"#,
        false,
    ),
    (
        "same_labels_not_yet",
        r#"
      - {series: 'same{instance="a"}', values: 1x10}
      - {series: 'same{instance="b"}', values: 0x3 1x10}
    alert_rule_test: [{eval_time: 3m, alertname: Same, exp_alerts: [{exp_labels: {instance: all}}]}]
"#,
        true,
    ),
    (
        "unknown_key",
        r#"
    alert_rule_tests: [{eval_time: 1m, alertname: Down}]
"#,
        false,
    ),
    (
        "no_alert_name",
        r#"
    alert_rule_test: [{eval_time: 1m}]
"#,
        false,
    ),
    (
        "time_without_unit",
        r#"
    alert_rule_test: [{eval_time: 5, alertname: Down}]
"#,
        false,
    ),
    (
        "order_of_groups",
        r#"
    promql_expr_test:
      - {expr: 'job:up:twice{job="node"}', eval_time: 0m, exp_samples: [{labels: 'job:up:twice{job="node"}', value: 4}]}
group_eval_order: [first, third, second]
"#,
        true,
    ),
    (
        "order_repeated",
        r#"
    alert_rule_test: [{eval_time: 1m, alertname: Down}]
group_eval_order: [first, first]
"#,
        false,
    ),
];
