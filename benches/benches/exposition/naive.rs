//! What one writes first: `lines`, `split`, `parse`, and a `String` for everything.

/// Name, labels, value.
pub(crate) type Sample = (String, Vec<(String, String)>, f64);

/// The samples of a body. A value with a comma or an escape is more than it can read.
pub(crate) fn read(body: &str) -> Vec<Sample> {
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(sample).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels
        .strip_suffix('}')?
        .split(',')
        .filter(|label| !label.is_empty());
    let labels: Option<Vec<_>> = labels
        .map(|label| {
            let (name, value) = label.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        })
        .collect();
    Some((name.to_owned(), labels?, value.parse().ok()?))
}
