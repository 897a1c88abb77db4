//! Which layer wins, what paths are relative to, and files that cannot be read.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process;

use log::LevelFilter;

use std::time::Duration;

use crate::cli::Flags;
use crate::settings::Settings;
use crate::settings::file::LARGEST;
use crate::settings::log::LogFormat;

use super::settings;

/// A folder of a test's own, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vitals-{test}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_later_layer_wins() {
    let file = "log = { level = \"error\", format = \"json\" }\n[server]\naddress = \"0.0.0.0:1\"";
    let variables = [
        ("VITALS__LOG__LEVEL", "warn"),
        ("VITALS__SERVER__ADDRESS", "0.0.0.0:2"),
        ("VITALS__HEALTH__INTERVAL", "15s"),
        ("PATH", "/bin"),
        ("VITALS_TOKENS", "not ours to read"),
    ];
    let flags = Flags {
        log: Some("debug".to_owned()),
        chaos: true,
        ..Flags::default()
    };
    let settings = settings(file, &variables, &flags).unwrap();

    let mut expected = Settings::default();
    expected.log.format = LogFormat::Json;
    expected.server.address = "0.0.0.0:2".parse().unwrap();
    expected.health.interval = std::time::Duration::from_secs(15);
    expected.log.level = LevelFilter::Debug;
    expected.server.chaos = true;
    assert_eq!(settings, expected);
}

#[test]
fn a_lower_layer_is_checked_even_where_a_higher_one_wins() {
    let flags = Flags {
        log: Some("debug".to_owned()),
        ..Flags::default()
    };
    let error = settings("log.level = 3", &[("VITALS__LOG__LEVEL", "x")], &flags).unwrap_err();
    assert_eq!(error.problems.len(), 2, "{error}");
}

#[test]
fn relative_paths_are_relative_to_the_file_or_to_the_working_directory() {
    let file = "server.data = \"store\"\nsystem.procfs = \"/host/proc\"";
    let of_file = settings(file, &[], &Flags::default()).unwrap();
    assert_eq!(of_file.server.data, Path::new("etc/store"));
    assert_eq!(of_file.system.procfs, Path::new("/host/proc"));

    let of_variable = settings(
        file,
        &[("VITALS__SERVER__DATA", "store")],
        &Flags::default(),
    );
    assert_eq!(of_variable.unwrap().server.data, Path::new("store"));
    let flags = Flags {
        data: Some("store".to_owned()),
        ..Flags::default()
    };
    assert_eq!(
        settings(file, &[], &flags).unwrap().server.data,
        Path::new("store")
    );
}

#[test]
fn the_file_is_named_by_flag_before_variable() {
    let folder = Folder::new("named");
    let debug = folder.file("debug.toml", b"log.level = \"debug\"");
    let trace = folder.file("trace.toml", b"log.level = \"trace\"");
    let level = |flag: Option<&PathBuf>, variable: &Path| {
        let flags = Flags {
            config: flag.cloned(),
            ..Flags::default()
        };
        let environment = [("VITALS_CONFIG".into(), variable.as_os_str().to_owned())];
        Settings::load(&flags, environment).unwrap().log.level
    };
    assert_eq!(level(None, &trace), LevelFilter::Trace);
    assert_eq!(level(Some(&debug), &trace), LevelFilter::Debug);
    assert_eq!(level(None, Path::new("")), LevelFilter::Info);
}

#[test]
fn an_unreadable_file_is_named_with_who_named_it_and_what_to_do() {
    let folder = Folder::new("unreadable");
    let large = vec![b'\n'; LARGEST as usize + 1];
    let pipe = Path::new("/dev/null");
    for (path, message) in [
        (
            folder.0.join("missing.toml"),
            "does not exist; name an existing file, or none for the defaults",
        ),
        (folder.0.clone(), "is a directory; name the file in it"),
        (
            pipe.to_owned(),
            "is not a regular file; name a file on disk",
        ),
        (
            folder.file("large.toml", &large),
            "is larger than 1048576 bytes; is it a settings file?",
        ),
        (
            folder.file("latin1.toml", b"# \xC3\xA4\n# \xC3\xA4\xE4"),
            "is not UTF-8 at line 2, column 4; save it as UTF-8",
        ),
        (
            folder.file("file", b"").join("below"),
            "cannot be read: Not a directory (os error 20)",
        ),
    ] {
        let flags = Flags {
            config: Some(path.clone()),
            ..Flags::default()
        };
        let error = Settings::load(&flags, []).unwrap_err().to_string();
        assert_eq!(error, format!("--config: {} {message}", path.display()));

        let environment = [("VITALS_CONFIG".into(), path.clone().into_os_string())];
        let error = Settings::load(&Flags::default(), environment)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            format!("VITALS_CONFIG: {} {message}", path.display())
        );
    }
    let exactly = folder.file("exactly.toml", &large[1..]);
    let flags = Flags {
        config: Some(exactly),
        ..Flags::default()
    };
    assert_eq!(Settings::load(&flags, []), Ok(Settings::default()));
}

#[test]
fn bytes_that_are_no_text_are_refused_by_name() {
    let bytes = || OsString::from_vec(vec![b'1', 0xFF]);
    let mut unknown = OsString::from("VITALS__LOG__");
    unknown.push(bytes());
    let environment = [
        ("VITALS__LOG__LEVEL".into(), bytes()),
        (unknown, "x".into()),
        (bytes(), bytes()),
    ];
    let error = Settings::load(&Flags::default(), environment).unwrap_err();
    assert_eq!(
        error.to_string(),
        "VITALS__LOG__1\u{FFFD}: unknown variable; \
         known in this section: VITALS__LOG__FORMAT, VITALS__LOG__LEVEL\n\
         VITALS__LOG__LEVEL: is not UTF-8; set it to text, or unset it"
    );
}

#[test]
fn hosts_are_a_list_in_a_file_and_commas_in_a_variable() {
    let file = "server.hosts = [\"a\", \"B.example.\"]";
    let hosts = |variables: &[(&str, &str)]| {
        let settings = settings(file, variables, &Flags::default()).unwrap();
        settings
            .server
            .hosts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(hosts(&[]), ["a", "b.example"]);
    assert_eq!(hosts(&[("VITALS__SERVER__HOSTS", "c, d,")]), ["c", "d"]);
    assert_eq!(hosts(&[("VITALS__SERVER__HOSTS", "")]), [""; 0]);
}

#[test]
fn tokens_come_from_files_hashes_and_the_environment() {
    let token = "0123456789abcdef".repeat(4);
    let folder = Folder::new("tokens");
    let clear = folder.file("clear", format!("{token}\n").as_bytes());
    // printf %s abc | sha256sum
    let hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let hashed = folder.file("hashed", hash.as_bytes());
    let (clear, hashed) = (clear.display(), hashed.display());
    let file = format!("[auth.tokens]\na = \"{clear}\"\nb = \"{hashed}\"\nc = \"{hash}\"");
    let file = settings(&file, &[("VITALS_TOKEN", "")], &Flags::default()).unwrap();
    assert_eq!(file.auth.tokens.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(file.auth.name_of(&token), Some("a"));
    assert_eq!(file.auth.name_of("abc"), Some("c"), "the last of two names");

    let variable = settings("", &[("VITALS_TOKEN", &token)], &Flags::default()).unwrap();
    assert_eq!(variable.auth.name_of(&token), Some("default"));
    let path = folder.0.join("clear");
    let path = [("VITALS_TOKEN_FILE", path.to_str().unwrap())];
    let of_file = settings("", &path, &Flags::default()).unwrap();
    assert_eq!(of_file.auth, variable.auth);

    let both = [("VITALS_TOKEN", token.as_str()), path[0]];
    let error = settings("", &both, &Flags::default())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "VITALS_TOKEN_FILE: both VITALS_TOKEN and VITALS_TOKEN_FILE are set; unset one"
    );
    let printed = toml::to_string(&variable).unwrap() + &format!("{variable:?}");
    assert!(!printed.contains("0123456789abcdef"), "{printed}");
}

#[test]
fn several_of_a_kind_are_told_apart_by_their_names() {
    let file = "
        [[iris]]
        name = \"main\"
        url = \"http://one:52773\"
        inbound_hosts = [\"A\", \"B\"]
        [[iris]]
        name = \"prod-2\"
        url = \"https://two/csp\"
        sql.enabled = true";
    let variables = [
        ("VITALS__IRIS__PROD_2__MAX_CONNECTIONS", "40"),
        ("VITALS__IRIS__PROD_2__SQL__INTERVAL", "2m"),
        ("VITALS__IRIS__THIRD__URL", "http://three"),
        ("IRIS_HOST", "elsewhere:80"),
        ("IRIS_USERNAME", "monitor"),
        ("IRIS_PASSWORD", "hunter2"),
    ];
    let settings = settings(file, &variables, &Flags::default()).unwrap();
    let shown: Vec<_> = settings
        .iris
        .iter()
        .map(|iris| {
            let url = iris.url.as_ref().unwrap().to_string();
            (&*iris.name, url, iris.max_connections, iris.sql.enabled)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("main", "http://elsewhere:80".to_owned(), 0, false),
            ("prod-2", "https://two/csp".to_owned(), 40, true),
            ("third", "http://three".to_owned(), 0, false),
        ]
    );
    assert_eq!(settings.iris[0].inbound_hosts, ["A", "B"]);
    assert_eq!(settings.iris[0].password.reveal(), "hunter2");
    assert_eq!(settings.iris[1].sql.interval, Duration::from_secs(120));
    assert!(!format!("{settings:?}").contains("hunter2"));
    let printed = toml::to_string(&settings).unwrap();
    assert!(
        !printed.contains("hunter2") && printed.contains("<secret>"),
        "{printed}"
    );
}

#[test]
fn the_names_of_the_stack_alone_make_an_instance() {
    let url = |variables: &[(&str, &str)]| {
        let settings = settings("", variables, &Flags::default()).unwrap();
        let urls = settings
            .iris
            .iter()
            .map(|iris| iris.url.as_ref().unwrap().to_string());
        urls.collect::<Vec<_>>()
    };
    assert_eq!(url(&[("IRIS_HOST", "iris")]), ["http://iris:52773"]);
    assert_eq!(url(&[("IRIS_HOST", "iris:80")]), ["http://iris:80"]);
    assert_eq!(url(&[("IRIS_HOST", "")]), [""; 0]);
    assert_eq!(
        url(&[("IRIS_USERNAME", "x"), ("IRIS_PASSWORD", "y")]),
        [""; 0],
        "somebody else's"
    );
    let specific = [("IRIS_HOST", "a"), ("VITALS__IRIS__MAIN__URL", "http://b")];
    assert_eq!(url(&specific), ["http://b"]);
}

#[test]
fn the_names_of_the_stack_speak_of_redis_and_grafana_too() {
    let of = |variables: &[(&str, &str)]| {
        let settings = settings("", variables, &Flags::default()).unwrap();
        let redis = settings.redis.url.as_ref().map(ToString::to_string);
        let grafana = settings.grafana.url.as_ref().map(ToString::to_string);
        (redis, grafana, settings.redis.account().password)
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        of(&[("REDIS_HOST", "redis"), ("GRAFANA_HOST", "grafana")]),
        (
            text("redis://redis:6379"),
            text("http://grafana:3000"),
            String::new()
        )
    );
    let password = [("REDIS_HOST", "r:1"), ("REDIS_PASSWORD", "hunter2")];
    assert_eq!(
        of(&password),
        (text("redis://r:1"), None, "hunter2".to_owned())
    );
    assert_eq!(
        of(&[("REDIS_HOST", ""), ("GRAFANA_HOST", "")]),
        (None, None, String::new())
    );
}

#[test]
fn a_secret_may_be_in_a_file() {
    let directory = std::env::temp_dir().join(format!("vitals-secret-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("password");
    let password = |content: &str| {
        std::fs::write(&path, content).unwrap();
        let variables = [
            ("IRIS_HOST", "iris"),
            ("IRIS_PASSWORD_FILE", path.to_str().unwrap()),
        ];
        settings("", &variables, &Flags::default())
            .map(|settings| settings.iris[0].password.reveal().to_owned())
            .map_err(|error| error.to_string().replace(path.to_str().unwrap(), "FILE"))
    };
    assert_eq!(password("hunter2\r\n").unwrap(), "hunter2");
    assert_eq!(password(" with spaces ").unwrap(), " with spaces ");
    let allowed = "allowed: the path of a file with the secret in it, or \"\" for none";
    let error = |reason: &str| {
        format!("IRIS_PASSWORD_FILE: iris.main.password_file = \"FILE\" {reason}; {allowed}")
    };
    assert_eq!(password("\n").unwrap_err(), error("is empty"));
    assert_eq!(
        password("a\nb\n").unwrap_err(),
        error("has more than one line in it")
    );
    std::fs::remove_dir_all(&directory).unwrap();
}
