//! `node_vmstat_*`: paging, swapping, and what the kernel killed for want of memory, from
//! `/proc/vmstat`.

use exposition::{Labels, MetricFamily, MetricType, is_metric_name};

use super::text::{Malformed, lines, unsigned, words};

pub(super) fn parse(text: &[u8]) -> Result<Vec<MetricFamily>, Malformed> {
    let mut families: Vec<MetricFamily> = Vec::with_capacity(8);
    for (line, content) in lines(text) {
        let mut words = words(content);
        let Some(key) = words.next().and_then(|key| std::str::from_utf8(key).ok()) else {
            continue;
        };
        if !is_told(key) {
            continue;
        }
        let problem = "not a number";
        let number = words.next().and_then(unsigned);
        let number = number.ok_or(Malformed::Line { line, problem })?;
        let name = format!("node_vmstat_{key}");
        if is_metric_name(&name) && !families.iter().any(|family| family.name == name) {
            let help = format!("/proc/vmstat information field {key}.");
            let family = MetricFamily::new(name, help, MetricType::Untyped);
            families.push(family.with(Labels::none(), number as f64));
        }
    }
    Ok(families)
}

/// node_exporter's default `--collector.vmstat.fields`, `^(oom_kill|pgpg|pswp|pg.*fault).*`.
fn is_told(key: &str) -> bool {
    let fault = |rest: &str| rest.contains("fault");
    ["oom_kill", "pgpg", "pswp"]
        .iter()
        .any(|prefix| key.starts_with(prefix))
        || key.strip_prefix("pg").is_some_and(fault)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A few lines of Linux 6.18.
    const RECORDED: &[u8] = b"nr_free_pages 5266919
pgpgin 7851421
pgpgout 11091264
pswpin 0
pswpout 0
pgalloc_dma 0
pgfault 61343627
pgmajfault 9856
oom_kill 0
numa_pte_updates 0
";

    #[test]
    fn the_fields_are_node_exporters() {
        let families = parse(RECORDED).unwrap();
        let names: Vec<_> = families
            .iter()
            .map(|f| &f.name["node_vmstat_".len()..])
            .collect();
        let expected = [
            "pgpgin",
            "pgpgout",
            "pswpin",
            "pswpout",
            "pgfault",
            "pgmajfault",
            "oom_kill",
        ];
        assert_eq!(names, expected);
        assert_eq!(families[0].help, "/proc/vmstat information field pgpgin.");
        assert_eq!(families[0].kind, MetricType::Untyped);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = parse(b"nr_free_pages x\npgfault x\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: not a number");
        assert_eq!(
            parse(b"pgfault 1\npgfault 2\npg-fault 3\n").unwrap().len(),
            1
        );
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, at in 0..RECORDED.len(), byte in any::<u8>()) {
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                let _ = parse(text);
            }
        }
    }
}
