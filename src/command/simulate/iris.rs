//! `vitals simulate iris`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use jiff::Timestamp;
use simulator::iris::{self, Access, Options, Pace, Simulator, Version};

use super::Running;
use crate::exit_code;

pub(super) const EXAMPLES: &str = "\
Examples:
  vitals simulate iris                                  as IRIS 2026.1 on 127.0.0.1:52773
  vitals simulate iris --version ce --rate 300          Community Edition, five messages a second
  vitals simulate iris --listen 127.0.0.1:0 --control 127.0.0.1:52774
  curl -d '{\"kind\":\"hang\",\"for_seconds\":30}' 127.0.0.1:52774/fault
  curl -X POST 127.0.0.1:52774/production/stop
  curl -d '{\"seconds\":3600}' 127.0.0.1:52774/advance
  curl 127.0.0.1:52774/state
  vitals simulate iris --instances 16 --share-port      /iris1 to /iris16 on one port

Accounts: the one named by --username, and weak, forbidden and expired with the same password.
Everything it answers says that it is simulated (X-Simulated: vitals).";

/// The flags of `vitals simulate iris`.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct IrisFlags {
    /// Loopback address where faults are switched and state is read
    #[arg(long, value_name = "ADDR")]
    control: Option<SocketAddr>,
    /// The presentation: 2026.1, 2024.1 or ce
    #[arg(long, value_name = "VERSION", default_value = "2026.1", value_parser = ["2026.1", "2024.1", "ce"])]
    version: String,
    /// The same seed gives the same server
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Inbound HL7 messages a minute, the mean of a day
    #[arg(long, value_name = "MESSAGES_PER_MINUTE", default_value_t = 120.0)]
    rate: f64,
    /// The same rate all day, without noise or incidents
    #[arg(long)]
    steady: bool,
    /// Simulated seconds a second; 0: time passes by POST /advance only
    #[arg(long, value_name = "N", default_value_t = 1)]
    speed: u32,
    /// Simulated time at the start, such as 2026-11-24T08:00:00Z; otherwise now
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Who must show an account: nobody (open), whoever asks by SQL (sql), everybody (all)
    #[arg(long, value_name = "WHO", default_value = "sql", value_parser = ["open", "sql", "all"])]
    auth: String,
    /// The account that may do everything
    #[arg(long, value_name = "NAME", default_value = "_SYSTEM")]
    username: String,
    /// The password of all accounts
    #[arg(long, value_name = "PASSWORD", default_value = "SYS")]
    password: String,
    /// Licence units; otherwise as the version has (256, ce: 8)
    #[arg(long, value_name = "N")]
    licence_units: Option<u32>,
    /// Seconds an unused session keeps its licence unit
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    grace: u64,
    /// Metrics an administrator has switched off
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = GATES)]
    without: Vec<String>,
    /// Certificate (PEM) for HTTPS
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// What stands before every path, such as /iris1
    #[arg(long, value_name = "PATH", default_value = "")]
    prefix: String,
    /// Simulated servers, on consecutive ports
    #[arg(long, value_name = "N", default_value_t = 1)]
    instances: u16,
    /// All of them on one port, below /iris1 to /irisN
    #[arg(long)]
    share_port: bool,
    /// Mirror members: of two instances the first is the primary
    #[arg(long)]
    mirror: bool,
}

/// What `--without` takes.
const GATES: [&str; 6] = [
    "interop",
    "activity",
    "licence",
    "host-label",
    "production-label",
    "queue-alert",
];

/// Where a simulated IRIS answers if nothing is said: the port of a real one.
pub(super) const LISTEN: &str = "127.0.0.1:52773";

pub(super) fn start(flags: IrisFlags, listen: SocketAddr) -> Result<Running, (u8, String)> {
    let options = options(flags, listen);
    let product = options.version.product();
    let simulator = Simulator::start(options).map_err(|error| {
        let code = match error {
            iris::StartError::Listen { .. }
            | iris::StartError::Thread(_)
            | iris::StartError::Silent => exit_code::FAILED,
            _ => exit_code::USAGE,
        };
        (code, error.to_string())
    })?;
    let told = told(&simulator, product);
    Ok(Running(Box::new(simulator), told))
}

fn options(flags: IrisFlags, listen: SocketAddr) -> Options {
    let mut gates = iris::Gates::default();
    for gate in &flags.without {
        let switched = match &**gate {
            "interop" => &mut gates.interop,
            "activity" => &mut gates.activity,
            "licence" => &mut gates.licence,
            "host-label" => &mut gates.host_label,
            "production-label" => &mut gates.production_label,
            _ => &mut gates.queue_alert,
        };
        *switched = false;
    }
    Options {
        listen,
        control: flags.control,
        instances: flags.instances,
        share_port: flags.share_port,
        prefix: flags.prefix,
        tls: flags
            .certificate
            .zip(flags.key)
            .map(|(certificate, key)| iris::Tls { certificate, key }),
        version: match &*flags.version {
            "2024.1" => Version::V2024,
            "ce" => Version::Community,
            _ => Version::V2026,
        },
        seed: flags.seed,
        rate: flags.rate,
        steady: flags.steady,
        pace: match flags.speed {
            0 => Pace::Manual,
            speed => Pace::Times(speed),
        },
        start: flags.start.map(|start| start.as_second()),
        access: match &*flags.auth {
            "open" => Access::Open,
            "all" => Access::All,
            _ => Access::Sql,
        },
        accounts: iris::accounts(&flags.username, &flags.password),
        units: flags.licence_units,
        grace: Duration::from_secs(flags.grace),
        gates,
        mirror: flags.mirror,
        ..Options::default()
    }
}

fn told(simulator: &Simulator, product: &str) -> String {
    let mut told = String::new();
    for url in simulator.urls() {
        told.push_str(&format!("simulated: {product} answers on {url}\n"));
    }
    if let Some(control) = simulator.control_address() {
        told.push_str(&format!(
            "simulated: faults are switched on http://{control}\n"
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        cli::{Cli, Command},
        command::simulate::Simulate,
    };

    fn parse(line: &str) -> Options {
        let words = std::iter::once("vitals").chain(line.split_whitespace());
        let cli = Cli::try_parse_from(words).unwrap();
        let Command::Simulate(Simulate::Iris(flags)) = cli.command() else {
            panic!("{line}");
        };
        options(*flags, LISTEN.parse().unwrap())
    }

    #[test]
    fn without_flags_it_is_a_real_one_in_all_but_the_data() {
        let expected = Options {
            listen: LISTEN.parse().unwrap(),
            ..Options::default()
        };
        assert_eq!(parse("simulate iris"), expected);
    }

    #[test]
    fn flags_say_what_is_simulated() {
        let options = parse(
            "simulate iris --version ce --seed 7 --rate 300 --speed 0 --steady --auth all \
             --start 2026-11-24T08:00:00Z --without licence,host-label --instances 2 --mirror \
             --control 127.0.0.1:1 --grace 5 --prefix /x --certificate c --key k",
        );
        assert_eq!(options.version, Version::Community);
        assert_eq!(
            (options.seed, options.rate, options.steady),
            (7, 300.0, true)
        );
        assert_eq!((options.pace, options.access), (Pace::Manual, Access::All));
        assert_eq!(options.start, Some(1_795_507_200));
        assert!(!options.gates.licence && !options.gates.host_label && options.gates.interop);
        assert_eq!((options.instances, options.mirror), (2, true));
        assert_eq!(options.control, Some("127.0.0.1:1".parse().unwrap()));
        assert_eq!(options.grace, Duration::from_secs(5));
        assert!(options.tls.is_some());
    }
}
