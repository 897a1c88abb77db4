//! What somebody probably meant who wrote a key that does not exist.

use std::collections::BTreeSet;

use super::environment;
use super::table::{ANY, Reading};

/// No more suggestions than this.
const SUGGESTED: usize = 4;

/// What to write instead of an unknown key of a file.
pub(super) fn key(path: &str, reading: &Reading) -> String {
    let known = reading
        .sections
        .iter()
        .chain(&reading.keys)
        .map(String::as_str)
        // A part of the file is known by its name by now.
        .filter(|key| !key.contains(ANY));
    let near = nearest(path, known);
    if !near.is_empty() {
        return format!("did you mean {}?", near.join(" or "));
    }
    let section = path.rsplit_once('.').map_or("", |(section, _)| section);
    let mut here = children(section, &reading.sections);
    here.extend(children(section, &reading.keys));
    format!("known here: {}", here.join(", "))
}

/// What to set instead of an unknown variable that stands for `path`.
pub(super) fn variable(path: &str, reading: &Reading) -> String {
    let near = nearest(path, reading.keys.iter().map(String::as_str));
    if !near.is_empty() {
        let names: Vec<_> = near.into_iter().map(environment::name).collect();
        return format!("did you mean {}?", names.join(" or "));
    }
    let section = path.split_once('.').map_or(path, |(section, _)| section);
    let prefix = format!("{section}.");
    let within = |key: &&String| key.starts_with(&prefix);
    let names: Vec<_> = reading
        .keys
        .iter()
        .filter(within)
        .map(|key| environment::name(key))
        .collect();
    if !names.is_empty() {
        return format!("known in this section: {}", names.join(", "));
    }
    let sections = children("", &reading.sections).join(", ").to_uppercase();
    format!(
        "known sections: {sections}, as in {}",
        environment::name("collect.interval")
    )
}

/// The names right below `section`.
fn children<'k>(section: &str, paths: &'k BTreeSet<String>) -> Vec<&'k str> {
    let name = |path: &'k String| {
        let name = match section {
            "" => path,
            section => path.strip_prefix(section)?.strip_prefix('.')?,
        };
        (!name.contains('.')).then_some(name)
    };
    paths.iter().filter_map(name).collect()
}

/// The known paths a typing slip or two away from `path`; failing that, or if they are nearer, those
/// that have its last name in another section.
fn nearest<'k>(path: &str, known: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let known: Vec<_> = known.collect();
    let (fewest, near) = closest(&known, |candidate| by_segment(path, candidate));
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let (elsewhere, others) = closest(&known, |candidate| {
        // One of several is not meant by whoever names none.
        let is_one = !candidate.contains(ANY);
        is_one.then(|| slips(&last(path), &last(candidate)))?
    });
    // What is close at hand is meant rather than what is elsewhere by one slip less.
    if elsewhere.saturating_add(1) < fewest {
        others
    } else {
        near
    }
}

/// The candidates with the fewest slips, and how many these are.
fn closest<'k>(known: &[&'k str], slips: impl Fn(&str) -> Option<usize>) -> (usize, Vec<&'k str>) {
    let counted = || {
        known
            .iter()
            .filter_map(|candidate| Some((slips(candidate)?, *candidate)))
    };
    let Some(fewest) = counted().map(|(slips, _)| slips).min() else {
        return (usize::MAX, Vec::new());
    };
    let near = counted().filter(|(slips, _)| *slips == fewest);
    let near = near.map(|(_, candidate)| candidate).take(SUGGESTED);
    (fewest, near.collect())
}

/// The slips between two paths of the same length, each name by itself.
fn by_segment(path: &str, candidate: &str) -> Option<usize> {
    if path.split('.').count() != candidate.split('.').count() {
        return None;
    }
    path.split('.')
        .zip(candidate.split('.'))
        .map(|(one, other)| match other {
            ANY => Some(0),
            other => slips(one, other),
        })
        .sum()
}

/// The typing slips between what was written and a known name, where they are few for its length.
fn slips(written: &str, known: &str) -> Option<usize> {
    let bearable = (known.len() + 1) / 3;
    if written.len().abs_diff(known.len()) > bearable * 4 {
        return None;
    }
    let slips = distance(&written.to_lowercase(), known);
    (slips <= bearable).then_some(slips)
}

/// Optimal string alignment: insertions, deletions, substitutions and swapped neighbours.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, left) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in other.iter().enumerate() {
            let mut cost = (above[j] + usize::from(left != right))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *left == other[j - 1] && one[i - 1] == *right {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_slips() {
        for (one, other, slips) in [
            ("", "", 0),
            ("", "log", 3),
            ("lgo", "log", 1),
            ("intervall", "interval", 1),
            ("adress", "address", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), slips, "{one} {other}");
            assert_eq!(distance(other, one), slips, "{other} {one}");
        }
    }

    #[test]
    fn suggests_the_nearest_then_the_same_name_elsewhere() {
        let known = [
            "log",
            "log.level",
            "server",
            "server.address",
            "system.interval",
            "health.interval",
        ];
        let suggest = |path| nearest(path, known.into_iter());
        assert_eq!(suggest("log.levl"), ["log.level"]);
        assert_eq!(suggest("Sever"), ["server"]);
        assert_eq!(suggest("sevrer.adress"), ["server.address"]);
        assert_eq!(suggest("interval"), ["system.interval", "health.interval"]);
        assert_eq!(
            suggest("log.intervall"),
            ["system.interval", "health.interval"]
        );
        assert_eq!(suggest("log.x"), [""; 0]);
        assert_eq!(suggest("répertoire"), [""; 0]);
    }

    proptest! {
        #[test]
        fn is_a_distance(one in "[a-c_é]{0,8}", other in "[a-c_é]{0,8}") {
            let slips = distance(&one, &other);
            prop_assert_eq!(slips, distance(&other, &one));
            prop_assert_eq!(slips == 0, one == other);
            prop_assert!(slips <= one.chars().count().max(other.chars().count()));
        }
    }
}
