//! Texts as no reader likes them. Origin: invented.

/// Every tenth line is followed by one that is no metric.
pub(crate) fn garbage(body: &str, plant: &str) -> String {
    let bad = [
        format!("{plant}\n"),
        format!(
            "iris_broken{{id=\"{}\" 1\n",
            plant.replace(['"', '\\', '\n'], "")
        ),
        "iris_broken{id=x} 1\n".to_owned(),
        "iris_broken one\n".to_owned(),
        "<UNDEFINED>zGetSensors+12^%SYS.Monitor.SAM.1\n".to_owned(),
        "# TYPE iris_broken\n".to_owned(),
        "{} 1\n".to_owned(),
        " \t\n".to_owned(),
    ];
    let mut out = String::with_capacity(body.len() * 2);
    for (number, line) in body.split_inclusive('\n').enumerate() {
        out.push_str(line);
        if number % 10 == 9 {
            out.push_str(&bad[number / 10 % bad.len()]);
        }
    }
    out
}

/// Every series that has labels once more, with another value of its first label or of its last.
pub(crate) fn planted(body: &str, plant: &str) -> String {
    let plant = plant
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    let mut out = String::with_capacity(body.len() * 2);
    for (number, line) in body.split_inclusive('\n').enumerate() {
        out.push_str(line);
        let label = if number % 2 == 0 {
            line.find("=\"")
        } else {
            line.rfind("=\"")
        };
        let value = label
            .map(|label| label + 2)
            .filter(|_| !line.starts_with('#'));
        let end = value.and_then(|value| Some(value + line[value..].find('"')?));
        if let Some((value, end)) = value.zip(end) {
            out.extend([&line[..value], &plant, &line[end..]]);
        }
    }
    out
}

/// Every series twice.
pub(crate) fn twice(body: &str) -> String {
    let mut out = String::with_capacity(body.len() * 2);
    for line in body.split_inclusive('\n') {
        out.push_str(line);
        if !line.starts_with('#') {
            out.push_str(line);
        }
    }
    out
}

/// Other numbers.
pub(crate) fn odd(body: &str) -> String {
    const ODD: [&str; 8] = [
        "NaN", "-1", "1.5E-3", "+Inf", "-Inf", "1E-9", "1E+06", "-.5",
    ];
    let mut out = String::with_capacity(body.len());
    for (number, line) in body.lines().enumerate() {
        match line.rsplit_once(' ') {
            Some((series, _)) if !line.starts_with('#') => {
                out.push_str(series);
                out.push(' ');
                out.push_str(ODD[number % ODD.len()]);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// About two thirds, to the middle of a metric's name, or of whatever there is.
pub(crate) fn cut(body: &str) -> String {
    let mut at = body.len() * 2 / 3;
    while at > 0 && !body.is_char_boundary(at) {
        at -= 1;
    }
    let name = body[at..]
        .find("\niris_")
        .map_or(0, |line| line + "\niris_x".len());
    body.get(..at + name).unwrap_or(body).to_owned()
}
