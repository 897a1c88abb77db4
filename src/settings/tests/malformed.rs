//! What is said about each kind of mistake, word for word.

use crate::cli::Flags;

use super::settings;

/// All sections, for `{sections}` in the messages, and `{SECTIONS}` in capitals.
const SECTIONS: &str = "alerts, application, auth, collect, global, grafana, health, history, interface, iris, log, network, \
    postgres, query, redis, scrape, server, summary, supervision, system, targets";

fn with_sections(message: &str) -> String {
    let message = message.replace("{sections}", SECTIONS);
    message.replace("{SECTIONS}", &SECTIONS.to_uppercase())
}

/// Mistakes in a file, and the messages about them, without the file's name.
#[rustfmt::skip] // A table: one case a line.
const IN_FILE: &[(&str, &[&str])] = &[
    ("[server\n",
     &["1:8: not valid TOML: unclosed table, expected `]`"]),
    ("[collect]\ninterval = 10s",
     &["2:12: not valid TOML: string values must be quoted, expected literal string"]),
    ("[collect]\ntimeout = \"5s",
     &["2:14: not valid TOML: invalid basic string, expected `\"`"]),
    ("[log]\nlevel = 'info'\nlevel = 'debug'",
     &["3:1: not valid TOML: duplicate key"]),
    ("[log]\n[log]",
     &["2:2: not valid TOML: duplicate key"]),
    ("[log]\nlevel info",
     &["2:7: not valid TOML: key with no value, expected `=`"]),
    ("log.level = \"\\q\"",
     &["1:15: not valid TOML: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\\`, `\"`, `x`, `u`, `U`"]),
    ("# café\n[log] level = 'info'",
     &["2:7: not valid TOML: unexpected key or value, expected newline, `#`"]),
    ("[[server]]",
     &["1:1: server = […] is a list; allowed: a section, written [server]"]),
    ("\"\"\"a\"\"\" = 1",
     &["1:1: not valid TOML: keys cannot be multi-line basic strings, expected basic string, literal string"]),
    ("a = 01",
     &["1:5: not valid TOML: unexpected leading zero, expected nothing"]),
    ("[collect\n[log]\nlevel = info",
     &["1:9: not valid TOML: unclosed table, expected `]`", "3:9: not valid TOML: invalid float, expected `inf`"]),
    ("[sever]",
     &["1:2: unknown key sever; did you mean server?"]),
    ("intervall = \"10s\"",
     &["1:1: unknown key intervall; did you mean collect.interval or health.interval or summary.interval or system.interval?"]),
    ("[collect]\nintervall = \"10s\"",
     &["2:1: unknown key collect.intervall; did you mean collect.interval?"]),
    ("[colect]\nx = 1\ny = 2",
     &["1:2: unknown key colect; did you mean collect?"]),
    ("[server]\nport = 9090",
     &["2:1: unknown key server.port; known here: address, body_time, data, external_url, header_time, hosts, keep_alive, max_body, max_connections, max_header, max_requests, max_url, route_prefix, send_time"]),
    ("[Log]",
     &["1:2: unknown key Log; did you mean log?"]),
    ("[log]\nLEVEL = \"info\"",
     &["2:1: unknown key log.LEVEL; did you mean log.level?"]),
    ("[server]\n\"ad\\u001bdress\" = 1",
     &["2:1: unknown key server.ad\\u{1b}dress; did you mean server.address?"]),
    ("level = \"info\"",
     &["1:1: unknown key level; did you mean log.level?"]),
    ("listen = \"127.0.0.1:9090\"",
     &["1:1: unknown key listen; known here: {sections}"]),
    ("[targets]\nram = \"80%\"",
     &["2:1: unknown key targets.ram; known here: api_response, cache_hit, connection_pool, cpu, database_size, disk, error_rate, hl7_rate, memory, network_latency, query_time, uptime"]),
    ("[server.address]\nport = 1",
     &["1:1: server.address = {…} is a table; allowed: an IP address and a port, such as \"127.0.0.1:9090\""]),
    ("[log.file]\npath = \"x\"",
     &["1:6: unknown key log.file; known here: format, level"]),
    ("[system]\ntimeout = \"1s\"",
     &["2:1: unknown key system.timeout; did you mean collect.timeout or query.timeout?"]),
    ("chaos = true",
     &["1:1: unknown key chaos; known here: {sections}"]),
    ("[server]\nchaos = true",
     &["2:1: unknown key server.chaos; known here: address, body_time, data, external_url, header_time, hosts, keep_alive, max_body, max_connections, max_header, max_requests, max_url, route_prefix, send_time"]),
    ("[mail]\npassword = \"hunter2\"",
     &["1:2: unknown key mail; known here: {sections}"]),
    ("server = 9090",
     &["1:10: server = 9090 is an integer; allowed: a section, written [server]"]),
    ("log = \"debug\"",
     &["1:7: log = \"debug\" is a string; allowed: a section, written [log]"]),
    ("collect.interval = 10",
     &["1:20: collect.interval = 10 is an integer; allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = true",
     &["1:20: collect.interval = true is a boolean; allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = [\"10s\"]",
     &["1:20: collect.interval = […] is a list; allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = { s = 10 }",
     &["1:20: collect.interval = {…} is a table; allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = 1979-05-27",
     &["1:20: collect.interval = 1979-05-27 is a date; allowed: a duration from \"1s\" to \"10m\""]),
    ("system.node_exporter = \"yes\"",
     &["1:24: system.node_exporter = \"yes\" is a string; allowed: true or false"]),
    ("server.data = 5",
     &["1:15: server.data = 5 is an integer; allowed: a path"]),
    ("supervision.abandoned_threads = \"8\"",
     &["1:33: supervision.abandoned_threads = \"8\" is a string; allowed: a whole number from 0 to 1024"]),
    ("supervision.abandoned_threads = 8.0",
     &["1:33: supervision.abandoned_threads = 8.0 is a float; allowed: a whole number from 0 to 1024"]),
    ("targets.database_size = 1.5",
     &["1:25: targets.database_size = 1.5 is a float; allowed: a size from \"1kB\" to \"1PB\""]),
    ("collect.interval = \"10\"",
     &["1:20: collect.interval = \"10\" has no unit (y, w, d, h, m, s, ms, us or ns); allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = \"1.5s\"",
     &["1:20: collect.interval = \"1.5s\" has a fraction (write 1.5s as \"1s500ms\"); allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = \"30s1m\"",
     &["1:20: collect.interval = \"30s1m\" has \"m\" out of order (largest unit first, each once, as in \"1m30s\"); allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = \"10 parsecs\"",
     &["1:20: collect.interval = \"10 parsecs\" has the unknown unit \"parsecs\" (y, w, d, h, m, s, ms, us or ns); allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = \"-5s\"",
     &["1:20: collect.interval = \"-5s\" does not start with a number; allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.interval = \"99999999999999999999s\"",
     &["1:20: collect.interval = \"99999999999999999999s\" is too large (at most 2^64 - 1 seconds); allowed: a duration from \"1s\" to \"10m\""]),
    ("targets.cpu = \"80\"",
     &["1:15: targets.cpu = \"80\" is not from 0 to 1 (write \"80%\" or 0.8); allowed: a ratio from \"0%\" to \"100%\""]),
    ("targets.cpu = \"120%\"",
     &["1:15: targets.cpu = \"120%\" is not from 0 to 1 (write \"80%\" or 0.8); allowed: a ratio from \"0%\" to \"100%\""]),
    ("targets.cpu = -0.1",
     &["1:15: targets.cpu = -0.1 is not from 0 to 1 (write \"80%\" or 0.8); allowed: a ratio from \"0%\" to \"100%\""]),
    ("targets.cpu = \"eighty\"",
     &["1:15: targets.cpu = \"eighty\" does not start with a number; allowed: a ratio from \"0%\" to \"100%\""]),
    ("targets.database_size = \"1G\"",
     &["1:25: targets.database_size = \"1G\" has the unknown unit \"G\" (B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB); allowed: a size from \"1kB\" to \"1PB\""]),
    ("targets.database_size = -1",
     &["1:25: targets.database_size = -1 is negative; allowed: a size from \"1kB\" to \"1PB\""]),
    ("targets.database_size = \"999999999999GB\"",
     &["1:25: targets.database_size = \"999999999999GB\" is too large (at most 2^64 - 1 bytes); allowed: a size from \"1kB\" to \"1PB\""]),
    ("server.address = \":9090\"",
     &["1:18: server.address = \":9090\" names no address (write \"0.0.0.0:9090\" for all); allowed: an IP address and a port, such as \"127.0.0.1:9090\""]),
    ("server.address = \"localhost:9090\"",
     &["1:18: server.address = \"localhost:9090\" is not an IP address and a port; allowed: an IP address and a port, such as \"127.0.0.1:9090\""]),
    ("server.address = \"0.0.0.0:99999\"",
     &["1:18: server.address = \"0.0.0.0:99999\" is not an IP address and a port; allowed: an IP address and a port, such as \"127.0.0.1:9090\""]),
    ("server.data = \"\"",
     &["1:15: server.data = \"\" is empty; allowed: a path"]),
    ("server.data = \"a\\u0000b\"",
     &["1:15: server.data = \"a\\0b\" contains a NUL; allowed: a path"]),
    ("server.hosts = \"monitor\"",
     &["1:16: server.hosts = \"monitor\" is a string; allowed: a list, each the name of a host, such as \"monitor.example\""]),
    ("server.hosts = [\"a\", 5, \"b:80\", [\"c\"]]",
     &["1:22: server.hosts = 5 is an integer; allowed: the name of a host, such as \"monitor.example\"",
       "1:25: server.hosts = \"b:80\" has a port; write the name alone; allowed: the name of a host, such as \"monitor.example\"",
       "1:33: server.hosts = […] is a list; allowed: the name of a host, such as \"monitor.example\""]),
    ("server.external_url = \"monitor\"",
     &["1:23: server.external_url = \"monitor\" is not a URL (relative URL without a base); allowed: a URL, such as \"https://monitor.example/vitals\", or \"\" for none"]),
    ("server.external_url = \"ftp://monitor\"",
     &["1:23: server.external_url = \"ftp://monitor\" is neither http nor https; allowed: a URL, such as \"https://monitor.example/vitals\", or \"\" for none"]),
    ("server.external_url = 5",
     &["1:23: server.external_url = 5 is an integer; allowed: a URL, such as \"https://monitor.example/vitals\", or \"\" for none"]),
    ("server.route_prefix = \"vitals\"",
     &["1:23: server.route_prefix = \"vitals\" does not begin with a slash; allowed: a path, such as \"/vitals\", or \"\" for none"]),
    ("server.max_connections = 15",
     &["1:26: server.max_connections = 15 is out of range; allowed: a whole number from 16 to 65536"]),
    ("server.max_requests = 0",
     &["1:23: server.max_requests = 0 is out of range; allowed: a whole number from 1 to 10000"]),
    ("server.max_url = \"1MB\"",
     &["1:18: server.max_url = \"1MB\" is out of range; allowed: a size from \"256B\" to \"64kB\""]),
    ("server.max_header = \"1MB\"",
     &["1:21: server.max_header = \"1MB\" is out of range; allowed: a size from \"1KiB\" to \"128KiB\""]),
    ("server.max_body = 1",
     &["1:19: server.max_body = 1 is out of range; allowed: a size from \"1kB\" to \"16MB\""]),
    ("server.header_time = \"0s\"",
     &["1:22: server.header_time = \"0s\" is out of range; allowed: a duration from \"1s\" to \"1m\""]),
    ("server.body_time = \"1h\"",
     &["1:20: server.body_time = \"1h\" is out of range; allowed: a duration from \"1s\" to \"5m\""]),
    ("server.send_time = \"1h\"",
     &["1:20: server.send_time = \"1h\" is out of range; allowed: a duration from \"1s\" to \"5m\""]),
    ("server.keep_alive = \"1h\"",
     &["1:21: server.keep_alive = \"1h\" is out of range; allowed: a duration from \"1s\" to \"10m\""]),
    ("auth.tokens = \"hunter2\"",
     &["1:15: auth.tokens = \"…\" is a string; allowed: a section, written [auth.tokens]"]),
    ("auth.token = \"hunter2\"",
     &["1:6: unknown key auth.token; did you mean auth.tokens?"]),
    ("[auth.tokens]\na = \"sha256:hunter2\"\nb = 5\n\"c\\n\" = \"x\"",
     &["2:5: auth.tokens.a = \"…\" has no hash after `sha256:`; allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one",
       "3:5: auth.tokens.b = \"…\" is an integer; allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one",
       "4:9: auth.tokens.c\\n = \"…\" has a name with other characters than letters, digits, - and _; allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one"]),
    ("[auth.tokens]\na = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\nb = \"missing\"\nc = \"/dev/null\"",
     &["2:5: auth.tokens.a = \"…\" is a token itself; write it into a file, and the file's path here; allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one",
       "3:5: auth.tokens.b = \"…\" names etc/missing, which cannot be read (entity not found); allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one",
       "4:5: auth.tokens.c = \"…\" names /dev/null, which is not a file; allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one"]),
    ("[auth.tokens]\na = \"x\\u001b[2J\\n\"",
     &["2:5: auth.tokens.a = \"…\" names etc/x\\u{1b}[2J\\n, which cannot be read (entity not found); allowed: the path of a file with a token in it, or \"sha256:…\" with the hash of one"]),
    ("supervision.root = \"5 per minute\"",
     &["1:20: supervision.root = \"5 per minute\" is not of the form \"5 in 60s\"; allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("supervision.root = \"5 in 0s\"",
     &["1:20: supervision.root = \"5 in 0s\" counts over no time (the period must be longer than 0s); allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("supervision.root = \"-5 in 60s\"",
     &["1:20: supervision.root = \"-5 in 60s\" is not of the form \"5 in 60s\"; allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("supervision.root = \"5 in 60\"",
     &["1:20: supervision.root = \"5 in 60\" has no unit (y, w, d, h, m, s, ms, us or ns); allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("supervision.root = 5",
     &["1:20: supervision.root = 5 is an integer; allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("[[iris]]\nurl = \"http://iris\"",
     &["1:1: iris.name is missing; allowed: a name of letters, digits, - and _, each once"]),
    ("[[iris]]\nname = \"main\"",
     &["2:8: iris.main.url is missing; allowed: an http:// or https:// URL, such as \"http://iris:52773\""]),
    ("[[iris]]\nname = \"a b\"\nurl = \"http://iris\"",
     &["2:8: iris.name = \"a b\" is no name; allowed: a name of letters, digits, - and _, each once"]),
    ("[[iris]]\nname = \"a-b\"\nurl = \"http://iris\"\n[[iris]]\nname = \"A_B\"\nurl = \"http://iris\"",
     &["5:8: iris.name = \"A_B\" is the name of another; allowed: a name of letters, digits, - and _, each once"]),
    ("[iris]\nurl = \"http://iris\"",
     &["1:1: iris = {…} is a table; allowed: sections, each written [[iris]], with a name"]),
    ("iris = [\"http://iris\"]",
     &["1:9: iris = \"http://iris\" is a string; allowed: sections, each written [[iris]], with a name"]),
    ("[[iris]]\nname = \"main\"\nurl = \"iris:52773\"",
     &["2:8: iris.main.url is missing; allowed: an http:// or https:// URL, such as \"http://iris:52773\"",
       "3:7: iris.main.url = \"iris:52773\" does not begin with http:// or https://; allowed: an http:// or https:// URL, such as \"http://iris:52773\", or \"\" for none"]),
    ("[[iris]]\nname = \"main\"\nurl = \"http://iris\"\npasword = \"hunter2\"",
     &["4:1: unknown key iris.main.pasword; did you mean iris.main.password?"]),
    ("[[iris]]\nname = \"main\"\nurl = \"http://iris\"\npassword = 1234",
     &["4:12: iris.main.password = \"…\" is an integer; allowed: text"]),
    ("[[iris]]\nname = \"main\"\nurl = \"http://iris\"\npassword = \"hunter2\"\npassword_file = \"x\"",
     &["4:12: iris.main.password = \"…\" is there, and password_file too; allowed: one of them"]),
    ("[[iris]]\nname = \"main\"\nurl = \"http://iris\"\npassword_file = \"nowhere\"",
     &["4:17: iris.main.password_file = \"nowhere\" cannot be read (entity not found); allowed: the path of a file with the secret in it, or \"\" for none"]),
    ("[[iris]]\nname = \"main\"\nurl = \"http://iris\"\nca_file = \"/dev/null\"",
     &["4:11: iris.main.ca_file = \"/dev/null\" is not a file; allowed: the path of a PEM file of certificates, or \"\" for none"]),
    ("[[iris]]\nname = \"main\"\nurl = \"http://iris\"\n[iris.sql]\ninterval = \"1s\"",
     &["5:12: iris.main.sql.interval = \"1s\" is out of range; allowed: a duration from \"10s\" to \"1h\""]),
    ("redis.url = \"redis:6379\"",
     &["1:13: redis.url = \"redis:6379\" does not begin with redis://, rediss://, redis+sentinel:// or redis+cluster://; allowed: the URL of a Redis, such as \"redis://redis:6379\", \"redis+sentinel://one,two/mymaster\" or \"redis+cluster://one,two\", or \"\" for none"]),
    ("[redis]\npassword = \"a\"\npassword_file = \"b\"",
     &["2:12: redis.password = \"…\" is there, and password_file too; allowed: one of them"]),
    ("[[postgres]]\nname = \"main\"",
     &["2:8: postgres.main.url is missing; allowed: the URL of a database, such as \"postgres://postgres:5432/app\""]),
    ("[[postgres]]\nname = \"main\"\nurl = \"postgres://me:pw@db\"",
     &["2:8: postgres.main.url is missing; allowed: the URL of a database, such as \"postgres://postgres:5432/app\"",
       "3:7: postgres.main.url = \"postgres://…@db\" names a user (set username and password by themselves); allowed: the URL of a database, such as \"postgres://postgres:5432/app\", or \"\" for none"]),
    ("network.targets = [\"redis:6379\", 6379]",
     &["1:34: network.targets = 6379 is an integer; allowed: a host and a port, such as \"redis:6379\" or \"[::1]:6379\""]),
    ("network.targets = \"redis:6379\"",
     &["1:19: network.targets = \"redis:6379\" is a string; allowed: a list, each a host and a port, such as \"redis:6379\" or \"[::1]:6379\""]),
    ("log.level = \"verbose\"",
     &["1:13: log.level = \"verbose\" is unknown; allowed: off, error, warn, info, debug or trace"]),
    ("log.level = \"INFO\"",
     &["1:13: log.level = \"INFO\" is unknown; allowed: off, error, warn, info, debug or trace"]),
    ("log.format = \"xml\"",
     &["1:14: log.format = \"xml\" is unknown; allowed: text or json"]),
    ("collect.interval = \"500ms\"",
     &["1:20: collect.interval = \"500ms\" is out of range; allowed: a duration from \"1s\" to \"10m\""]),
    ("collect.timeout = \"0s\"",
     &["1:19: collect.timeout = \"0s\" is out of range; allowed: a duration from \"100ms\" to \"10m\""]),
    ("health.interval = \"2m\"",
     &["1:19: health.interval = \"2m\" is out of range; allowed: a duration from \"1s\" to \"1m\""]),
    ("summary.interval = \"1d\"",
     &["1:20: summary.interval = \"1d\" is out of range; allowed: a duration from \"1s\" to \"1h\""]),
    ("supervision.backoff_min = \"0s\"",
     &["1:27: supervision.backoff_min = \"0s\" is out of range; allowed: a duration from \"1ms\" to \"1h\""]),
    ("supervision.reset_after = \"1ms\"",
     &["1:27: supervision.reset_after = \"1ms\" is out of range; allowed: a duration from \"1s\" to \"1d\""]),
    ("supervision.abandoned_threads = 1025",
     &["1:33: supervision.abandoned_threads = 1025 is out of range; allowed: a whole number from 0 to 1024"]),
    ("supervision.abandoned_threads = 99999999999999999999",
     &["1:33: supervision.abandoned_threads = 99999999999999999999 is out of range; allowed: a whole number from 0 to 1024"]),
    ("supervision.root = \"100001 in 60s\"",
     &["1:20: supervision.root = \"100001 in 60s\" is out of range; allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("supervision.root = \"5 in 2d\"",
     &["1:20: supervision.root = \"5 in 2d\" is out of range; allowed: 0 to 100000 restarts within 1s to 1d"]),
    ("targets.hl7_rate = -1",
     &["1:20: targets.hl7_rate = -1 is out of range; allowed: a number from 0 to 1000000"]),
    ("targets.hl7_rate = inf",
     &["1:20: targets.hl7_rate = inf is out of range; allowed: a number from 0 to 1000000"]),
    ("targets.hl7_rate = 1e400",
     &["1:20: targets.hl7_rate = 1e400 is out of range; allowed: a number from 0 to 1000000"]),
    ("targets.query_time = \"0s\"",
     &["1:22: targets.query_time = \"0s\" is out of range; allowed: a duration from \"1ms\" to \"1h\""]),
    ("targets.database_size = 99999999999999999999",
     &["1:25: targets.database_size = 99999999999999999999 is out of range; allowed: a size from \"1kB\" to \"1PB\""]),
    ("[collect]\ninterval = \"0s\"\ntimeout = 5\nretries = 3\n[log]\nlevel = \"x\"",
     &["2:12: collect.interval = \"0s\" is out of range; allowed: a duration from \"1s\" to \"10m\"", "3:11: collect.timeout = 5 is an integer; allowed: a duration from \"100ms\" to \"10m\"", "4:1: unknown key collect.retries; known here: interval, timeout", "6:9: log.level = \"x\" is unknown; allowed: off, error, warn, info, debug or trace"]),
];

/// Mistakes in a variable.
#[rustfmt::skip] // A table: one case a line.
const IN_ENVIRONMENT: &[(&str, &str, &str)] = &[
    ("VITALS__", "x",
     "unknown variable; known sections: {SECTIONS}, as in VITALS__COLLECT__INTERVAL"),
    ("VITALS__LOG", "debug",
     "unknown variable; known in this section: VITALS__LOG__FORMAT, VITALS__LOG__LEVEL"),
    ("VITALS__LOG__LEVL", "debug",
     "unknown variable; did you mean VITALS__LOG__LEVEL?"),
    ("VITALS__LOG__level", "debug",
     "unknown variable; did you mean VITALS__LOG__LEVEL?"),
    ("VITALS__LOGLEVEL", "debug",
     "unknown variable; known sections: {SECTIONS}, as in VITALS__COLLECT__INTERVAL"),
    ("VITALS__LEVEL", "debug",
     "unknown variable; did you mean VITALS__LOG__LEVEL?"),
    ("VITALS__LOG__LEVEL__X", "debug",
     "unknown variable; known in this section: VITALS__LOG__FORMAT, VITALS__LOG__LEVEL"),
    ("VITALS__MAIL__PASSWORD", "hunter2",
     "unknown variable; did you mean VITALS__ALERTS__REDIS__PASSWORD or VITALS__GRAFANA__PASSWORD or VITALS__REDIS__PASSWORD?"),
    ("VITALS__SERVER__CHAOS", "true",
     "unknown variable; known in this section: VITALS__SERVER__ADDRESS, VITALS__SERVER__BODY_TIME, VITALS__SERVER__DATA, VITALS__SERVER__EXTERNAL_URL, VITALS__SERVER__HEADER_TIME, VITALS__SERVER__HOSTS, VITALS__SERVER__KEEP_ALIVE, VITALS__SERVER__MAX_BODY, VITALS__SERVER__MAX_CONNECTIONS, VITALS__SERVER__MAX_HEADER, VITALS__SERVER__MAX_REQUESTS, VITALS__SERVER__MAX_URL, VITALS__SERVER__ROUTE_PREFIX, VITALS__SERVER__SEND_TIME"),
    ("VITALS__LOG__\u{1b}[2J", "x",
     "unknown variable; known in this section: VITALS__LOG__FORMAT, VITALS__LOG__LEVEL"),
    ("VITALS__SERVER__HOSTS", "monitor, a b",
     "server.hosts = \"a b\" is not the name of a host; allowed: the name of a host, such as \"monitor.example\""),
    ("VITALS__AUTH__TOKENS", "hunter2",
     "unknown variable; did you mean VITALS__GRAFANA__TOKEN?"),
    ("VITALS_TOKEN", "hunter2",
     "is no token; allowed: 32 random bytes or more as hexadecimal or base64 text, as `openssl rand -hex 32` makes them"),
    ("VITALS_TOKEN_FILE", "/dev/null",
     "/dev/null is not a file; allowed: a file with 32 random bytes or more as hexadecimal or base64 text, as `openssl rand -hex 32` makes them"),
    ("VITALS_TOKEN_FILE", "\u{1b}[2J\n",
     "\\u{1b}[2J\\n cannot be read (entity not found); allowed: a file with 32 random bytes or more as hexadecimal or base64 text, as `openssl rand -hex 32` makes them"),
    ("VITALS__IRIS__MAIN__URLL", "http://iris",
     "unknown variable; did you mean VITALS__IRIS__<NAME>__URL?"),
    ("VITALS__IRIS__MAIN__PASSWORD", "hunter2",
     "iris.main.url is missing; allowed: an http:// or https:// URL, such as \"http://iris:52773\""),
    ("IRIS_HOST", "http://iris",
     "is a URL (write host and port alone); allowed: a host, or a host and a port, such as \"iris:52773\""),
    ("VITALS__NETWORK__TARGETS", "redis:6379, grafana",
     "network.targets = \"grafana\" names no port (write \"grafana:6379\"); allowed: a host and a port, such as \"redis:6379\" or \"[::1]:6379\""),
    ("VITALS__SYSTEM__NODE_EXPORTER", "yes",
     "system.node_exporter = \"yes\" is neither true nor false; allowed: true or false"),
    ("VITALS__SYSTEM__NODE_EXPORTER", "True",
     "system.node_exporter = \"True\" is neither true nor false; allowed: true or false"),
    ("VITALS__COLLECT__INTERVAL", "10",
     "collect.interval = \"10\" has no unit (y, w, d, h, m, s, ms, us or ns); allowed: a duration from \"1s\" to \"10m\""),
    ("VITALS__COLLECT__INTERVAL", "",
     "collect.interval = \"\" is empty; allowed: a duration from \"1s\" to \"10m\""),
    ("VITALS__SUPERVISION__ABANDONED_THREADS", "eight",
     "supervision.abandoned_threads = \"eight\" is not a whole number; allowed: a whole number from 0 to 1024"),
    ("VITALS__SUPERVISION__ABANDONED_THREADS", "8.0",
     "supervision.abandoned_threads = \"8.0\" is not a whole number; allowed: a whole number from 0 to 1024"),
    ("VITALS__SUPERVISION__ABANDONED_THREADS", "5000",
     "supervision.abandoned_threads = \"5000\" is out of range; allowed: a whole number from 0 to 1024"),
    ("VITALS__TARGETS__HL7_RATE", "NaN",
     "targets.hl7_rate = \"NaN\" is out of range; allowed: a number from 0 to 1000000"),
    ("VITALS__TARGETS__HL7_RATE", "many",
     "targets.hl7_rate = \"many\" is not a number; allowed: a number from 0 to 1000000"),
    ("VITALS__TARGETS__CPU", "eighty",
     "targets.cpu = \"eighty\" does not start with a number; allowed: a ratio from \"0%\" to \"100%\""),
    ("VITALS__LOG__LEVEL", "\u{1b}[2J",
     "log.level = \"\\u{1b}[2J\" is unknown; allowed: off, error, warn, info, debug or trace"),
    ("VITALS__SERVER__ADDRESS", ":9090",
     "server.address = \":9090\" names no address (write \"0.0.0.0:9090\" for all); allowed: an IP address and a port, such as \"127.0.0.1:9090\""),
    ("VITALS__SERVER__DATA", "",
     "server.data = \"\" is empty; allowed: a path"),
];

#[test]
fn every_mistake_in_a_file_is_told_with_its_place_and_remedy() {
    let mut others = Vec::new();
    for (file, messages) in IN_FILE {
        let error = settings(file, &[], &Flags::default())
            .unwrap_err()
            .to_string();
        let expected: Vec<_> = messages
            .iter()
            .map(|message| format!("etc/vitals.toml:{}", with_sections(message)))
            .collect();
        let expected = expected.join("\n");
        if error != expected {
            others.push([error, expected]);
        }
    }
    // All at once: a new section may be worth a word in several of them.
    assert!(others.is_empty(), "said, and expected: {others:#?}");
}

#[test]
fn every_mistake_in_a_variable_is_told_with_its_name_and_remedy() {
    let mut others = Vec::new();
    for (name, value, message) in IN_ENVIRONMENT {
        let error = settings("", &[(name, value)], &Flags::default())
            .unwrap_err()
            .to_string();
        // Not as it is, if a terminal would obey it.
        let name = name.replace('\u{1b}', "\\u{1b}");
        let expected = format!("{name}: {}", with_sections(message));
        if error != expected {
            others.push([error, expected]);
        }
    }
    assert!(others.is_empty(), "said, and expected: {others:#?}");
}

/// What is written as text in a file is the same mistake in a variable.
#[test]
fn every_text_that_is_a_mistake_in_a_file_is_one_in_a_variable_too() {
    let mut count = 0;
    for (file, messages) in IN_FILE {
        let ([message], Some((key, text))) = (messages, file.split_once(" = ")) else {
            continue;
        };
        let Some((_, message)) = message.split_once(&format!(": {key} = ")) else {
            continue;
        };
        let text = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        // A variable may stand for any type, and has no escapes.
        let Some(text) =
            text.filter(|text| !message.contains("is a string") && !text.contains('\\'))
        else {
            continue;
        };
        let name = crate::settings::environment::name(key);
        let error = settings("", &[(&name, text)], &Flags::default());
        let expected = format!("{name}: {key} = {message}");
        assert_eq!(error.unwrap_err().to_string(), expected);
        count += 1;
    }
    assert!(count + IN_ENVIRONMENT.len() >= 60, "{count}");
}

#[test]
fn mistakes_of_all_layers_are_told_at_once_in_the_order_of_the_layers() {
    let flags = Flags {
        listen: Some(":9090".to_owned()),
        data: Some(String::new()),
        ..Flags::default()
    };
    let variables = [
        ("VITALS__LOG__LEVEL", "loud"),
        ("VITALS__COLLECT__TIMEOUT", ""),
    ];
    let file = "[log]\nformat = \"xml\"\n[collect]\ninterval = \"0s\"";
    assert_eq!(
        settings(file, &variables, &flags).unwrap_err().to_string(),
        "etc/vitals.toml:2:10: log.format = \"xml\" is unknown; allowed: text or json\n\
         etc/vitals.toml:4:12: collect.interval = \"0s\" is out of range; \
         allowed: a duration from \"1s\" to \"10m\"\n\
         VITALS__COLLECT__TIMEOUT: collect.timeout = \"\" is empty; \
         allowed: a duration from \"100ms\" to \"10m\"\n\
         VITALS__LOG__LEVEL: log.level = \"loud\" is unknown; \
         allowed: off, error, warn, info, debug or trace\n\
         --data: server.data = \"\" is empty; allowed: a path\n\
         --listen: server.address = \":9090\" names no address (write \"0.0.0.0:9090\" for all); \
         allowed: an IP address and a port, such as \"127.0.0.1:9090\""
    );
}
