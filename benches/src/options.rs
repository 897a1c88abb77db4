//! The command line.

pub(crate) const USAGE: &str = "\
Usage: cargo bench -p vitals-benches --bench <name> -- [options] [words]

  words        only subjects whose names contain one of them
  --rounds N   interleaved rounds; 5 by default
  --json       one JSON object instead of the table
  --check      exit code 1 when a bar does not hold";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// `cargo bench` says so; `cargo test --all-targets` does not.
    pub(crate) bench: bool,
    pub(crate) rounds: usize,
    pub(crate) json: bool,
    pub(crate) check: bool,
    pub(crate) words: Vec<String>,
    /// This process is to measure one contender in one subject, and nothing else.
    pub(crate) one: Option<(String, String)>,
}

/// What a process is started with to become [`Options::one`]; subject and contender follow.
pub(crate) const ONE: &str = "--one";

impl Options {
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            bench: false,
            rounds: 5,
            json: false,
            check: false,
            words: Vec::new(),
            one: None,
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => options.bench = true,
                "--json" => options.json = true,
                "--check" => options.check = true,
                "--rounds" => {
                    let rounds = args.next().and_then(|n| n.parse().ok());
                    options.rounds = rounds
                        .filter(|n| *n > 0)
                        .ok_or("--rounds takes a number, at least 1")?;
                }
                ONE => options.one = args.next().zip(args.next()),
                unknown if unknown.starts_with('-') => {
                    return Err(format!("unknown option `{unknown}`\n{USAGE}"));
                }
                _ => options.words.push(arg),
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, subject: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| subject.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_choose_subjects() {
        let options = parse("--json ask one-way --rounds 3 --bench").unwrap();
        assert!(options.bench && options.json && !options.check);
        assert_eq!(options.rounds, 3);
        assert!(options.wants("one-way, own thread") && !options.wants("memory"));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(parse("--quick").unwrap_err().contains("`--quick`"));
        assert!(parse("--rounds 0").is_err());
    }
}
