//! `vitals simulate application`.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use simulator::application::{Application, Options, StartError, Users};
use vitals_actors::units::HumanDuration;

use super::Running;
use crate::exit_code;

pub(super) const EXAMPLES: &str = "\
Examples:
  vitals simulate application                           20 users on 127.0.0.1:8080
  vitals simulate application --redis 127.0.0.1:6379    with its cache in Redis
  vitals simulate application --control 127.0.0.1:8081
  curl -d '{\"kind\":\"errors\",\"ratio\":0.1}' 127.0.0.1:8081/fault
  curl -d '{\"kind\":\"slow\",\"ms\":300}' 127.0.0.1:8081/fault
  curl -X DELETE 127.0.0.1:8081/fault
  curl -d '{\"users\":100,\"pause_ms\":200}' 127.0.0.1:8081/users
  curl 127.0.0.1:8081/state

It answers /health, /metrics, /api/login, /api/orders/{id} and /api/reports. Faults: errors, ill, hang,
slow, redirect, endless, truncated, bomb, patients, reset. Everything it answers says that it is
simulated (X-Simulated: vitals).";

/// The flags of `vitals simulate application`.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct ApplicationFlags {
    /// Loopback address where faults are switched and state is read
    #[arg(long, value_name = "ADDR")]
    control: Option<SocketAddr>,
    /// Host and port of the Redis it keeps its cache in; otherwise the cache is its own
    #[arg(long, value_name = "HOST:PORT")]
    redis: Option<String>,
    /// Users at a time, 0 to 1000
    #[arg(long, value_name = "N", default_value_t = Users::default().number)]
    users: u32,
    /// What each waits from one request to the next, on average
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pause: Duration,
    /// The same times always, and no errors by chance
    #[arg(long)]
    steady: bool,
}

/// Where it answers if nothing is said.
pub(super) const LISTEN: &str = "127.0.0.1:8080";

fn duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<HumanDuration>();
    let HumanDuration(duration) = duration.map_err(|error| error.to_string())?;
    match duration < Duration::from_millis(1) {
        true => Err("is shorter than 1ms".to_owned()),
        false => Ok(duration),
    }
}

pub(super) fn start(flags: ApplicationFlags, listen: SocketAddr) -> Result<Running, (u8, String)> {
    let application = Application::start(options(flags, listen)).map_err(|error| {
        let code = match error {
            StartError::Listen { .. } | StartError::Thread(_) => exit_code::FAILED,
            _ => exit_code::USAGE,
        };
        (code, error.to_string())
    })?;
    let mut told = format!(
        "simulated: an application answers on {}\n",
        application.url()
    );
    if let Some(control) = application.control_address() {
        told.push_str(&format!(
            "simulated: faults are switched on http://{control}\n"
        ));
    }
    Ok(Running(Box::new(application), told))
}

fn options(flags: ApplicationFlags, listen: SocketAddr) -> Options {
    Options {
        listen,
        control: flags.control,
        redis: flags.redis,
        users: Users {
            number: flags.users,
            pause: flags.pause,
        },
        steady: flags.steady,
    }
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
        let Command::Simulate(Simulate::Application(flags)) = cli.command() else {
            panic!("{line}");
        };
        options(*flags, LISTEN.parse().unwrap())
    }

    #[test]
    fn flags_say_what_is_simulated() {
        assert_eq!(parse("simulate application"), Options::default());
        let options = parse("simulate application --redis r:1 --users 3 --pause 50ms --steady");
        assert_eq!(options.redis.as_deref(), Some("r:1"));
        assert_eq!(options.users.pause, Duration::from_millis(50));
        assert!(options.steady && options.users.number == 3);
    }
}
