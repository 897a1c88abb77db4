//! The command line: the commands there are, and the flags they share. Flags mean the same in
//! front of a command and after it.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::{
    command::{
        alerts::Alerts, export::Export, history::History, import::Import, query::Asked,
        simulate::Simulate,
    },
    settings,
};

/// The version with the commit it was built from.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("VITALS_COMMIT"), ")");

const EXAMPLES: &str = "\
Examples:
  vitals                                      watch this machine on 127.0.0.1:9090
  vitals --config /etc/vitals/vitals.toml     with a settings file
  vitals --listen 0.0.0.0:9090 --log debug    reachable from elsewhere, and talkative
  VITALS__COLLECT__INTERVAL=30s vitals        one setting from the environment
  vitals check --config vitals.toml           judge the settings, run nothing
  vitals doctor                               examine the one that runs, and what it depends on
  vitals export --last 7d --step 5m --shape wide --output week.csv
                                              the targets' figures for a spreadsheet
  vitals alerts watch                         what begins to fire, and what ends
  vitals query up                             what it has measured; --range 1h for a line
  vitals simulate iris                        a simulated IRIS on 127.0.0.1:52773
  vitals simulate application                 a simulated application on 127.0.0.1:8080
  vitals completions bash                     for /etc/bash_completion.d

Settings come from the built-in defaults, then the file, then variables named
VITALS__SECTION__KEY, then flags; the later wins.";

/// Watches an InterSystems IRIS / HL7 stack: the host, IRIS, the message flow, and what stands
/// around them.
#[derive(Debug, Parser)]
#[command(name = "vitals", version = VERSION, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The flags all commands share.
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    /// The command to run: the one named, or `serve`.
    pub(crate) fn command(&self) -> Command {
        self.command.clone().unwrap_or(Command::Serve)
    }
}

/// What Vitals can be asked to do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum Command {
    /// Run the monitor; also what happens without a command
    Serve,
    /// Judge the settings and the rules, and say what would run, without running it
    Check {
        /// Run Prometheus-format rule unit tests, and nothing else
        #[arg(long, value_name = "FILE")]
        test: Vec<PathBuf>,
        /// The form of the answer
        #[arg(long, value_name = "FORM", value_enum, default_value_t)]
        output: Output,
    },
    /// Examine a running Vitals, what it depends on and the place it runs at
    Doctor {
        /// The form of the answer
        #[arg(long, value_name = "FORM", value_enum, default_value_t)]
        output: Output,
    },
    /// Show what fires and what is pending in a running Vitals, or watch what changes
    Alerts(Alerts),
    /// Ask a running Vitals by PromQL: a table of now, or with --range a line per series
    Query(Asked),
    /// Ask a running Vitals for its health; exit code 0 if it is well, 1 if not
    Healthcheck,
    /// Write what is stored to a file: CSV, JSON lines or OpenMetrics
    Export(Export),
    /// Read samples of the past into a data directory that no Vitals holds
    Import(Import),
    /// Look into a data directory that no Vitals holds: what is stored, and whether it is whole
    History(History),
    /// Run a simulated server, for demos and tests
    #[command(subcommand)]
    Simulate(Simulate),
    /// Print what a shell needs to complete commands and flags
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

/// The flags all commands share: the last layer of the settings.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct Flags {
    /// Settings file (TOML) [env: VITALS_CONFIG]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// IP address and port to answer on, such as 127.0.0.1:9090
    #[arg(long, value_name = "ADDR", global = true)]
    pub(crate) listen: Option<String>,
    /// Directory for everything Vitals stores
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<String>,
    /// The least grave messages to log
    #[arg(long, value_name = "LEVEL", global = true, value_parser = names(settings::LEVELS))]
    pub(crate) log: Option<String>,
    /// The form of a log line
    #[arg(long, value_name = "FORMAT", global = true, value_parser = names(settings::FORMATS))]
    pub(crate) log_format: Option<String>,
    /// Open the routes that break actors on purpose, on loopback only
    #[arg(long, global = true)]
    pub(crate) chaos: bool,
}

fn names<T, const N: usize>(choices: [(&'static str, T); N]) -> PossibleValuesParser {
    PossibleValuesParser::new(choices.map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("vitals").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_is_sound() {
        <Cli as CommandFactory>::command().debug_assert();
    }

    #[test]
    fn flags_mean_the_same_before_and_after_the_command_and_without_one() {
        let all =
            "--config a.toml --listen 127.0.0.1:1 --data d --log debug --log-format json --chaos";
        let expected = Flags {
            config: Some("a.toml".into()),
            listen: Some("127.0.0.1:1".to_owned()),
            data: Some("d".to_owned()),
            log: Some("debug".to_owned()),
            log_format: Some("json".to_owned()),
            chaos: true,
        };
        let (front, back) = all.split_at(all.find("--log ").unwrap());
        for line in [
            all.to_owned(),
            format!("{all} serve"),
            format!("serve {all}"),
            format!("{front} serve {back}"),
        ] {
            let cli = parse(&line).unwrap();
            assert_eq!(cli.flags, expected, "{line}");
            assert_eq!(cli.command(), Command::Serve, "{line}");
        }
        assert_eq!(parse("").unwrap().flags, Flags::default());
    }

    #[test]
    fn what_cannot_be_understood_ends_with_2_and_what_was_asked_for_with_0() {
        for (line, kind, code) in [
            ("sevre", ErrorKind::InvalidSubcommand, 2),
            ("--lisen 127.0.0.1:1", ErrorKind::UnknownArgument, 2),
            ("--log loud", ErrorKind::InvalidValue, 2),
            ("--data a --data b", ErrorKind::ArgumentConflict, 2),
            ("--config", ErrorKind::InvalidValue, 2),
            ("serve --help", ErrorKind::DisplayHelp, 0),
            ("--version", ErrorKind::DisplayVersion, 0),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (kind, code), "{line}");
        }
    }

    #[test]
    fn help_shows_examples_and_version_a_commit() {
        assert!(
            parse("--help")
                .unwrap_err()
                .to_string()
                .contains("\nExamples:\n  vitals ")
        );
        let version = parse("--version").unwrap_err().to_string();
        let commit = concat!(
            "vitals ",
            env!("CARGO_PKG_VERSION"),
            " (",
            env!("VITALS_COMMIT"),
            ")\n"
        );
        assert_eq!(version, commit);
        assert!(!env!("VITALS_COMMIT").is_empty());
    }
}
