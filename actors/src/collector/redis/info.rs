//! The answer to INFO: lines `key:value`.

use std::collections::HashMap;

/// Keys and values of one server.
#[derive(Debug, Default)]
pub(super) struct Info(HashMap<String, String>);

impl Info {
    /// Whatever is no such line is left out.
    pub(super) fn read(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.trim_end().to_owned()));
        Info(pairs.collect())
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A number that is one.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        let number: f64 = self.text(key)?.parse().ok()?;
        number.is_finite().then_some(number)
    }

    /// Whether a key says this.
    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.text(key) == Some(value)
    }

    /// Whether the last attempts to keep the data on disk went well.
    pub(super) fn is_saved(&self) -> bool {
        let keys = ["rdb_last_bgsave_status", "aof_last_write_status"];
        !keys.iter().any(|key| self.is(key, "err"))
    }

    /// How many bytes the replica that is furthest behind lacks; `None` without one.
    pub(super) fn replica_lag_bytes(&self) -> Option<f64> {
        let here = self.number("master_repl_offset")?;
        let replicas = (0..).map_while(|number| self.text(&format!("slave{number}")));
        let offset = |replica: &str| {
            let mut fields = replica.split(',');
            fields
                .find_map(|field| field.strip_prefix("offset="))?
                .parse::<f64>()
                .ok()
        };
        let lags = replicas
            .filter_map(offset)
            .map(|there| (here - there).max(0.0));
        lags.reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_keys_and_values_and_the_rest_is_nothing() {
        let info = Info::read(
            b"# Server\r\nredis_version:7.0.15\r\nexecutable:/usr/bin/redis:server\r\n\r\n\
              used_memory:1024\r\nmaxmemory:nan\r\naof_last_write_status:err\r\njunk\r\n\xff:\xff\r\n",
        );
        assert_eq!(info.text("executable"), Some("/usr/bin/redis:server"));
        assert_eq!(info.number("used_memory"), Some(1024.0));
        assert_eq!(info.number("maxmemory"), None);
        assert_eq!(info.number("redis_version"), None);
        assert!(!info.is_saved() && Info::read(b"").is_saved());
    }

    #[test]
    fn the_replica_that_is_furthest_behind_counts() {
        let info = Info::read(
            b"master_repl_offset:1000\r\n\
              slave0:ip=::1,port=1,state=online,offset=990,lag=0\r\n\
              slave1:ip=::1,port=2,state=online,offset=400,lag=3\r\n",
        );
        assert_eq!(info.replica_lag_bytes(), Some(600.0));
        assert_eq!(
            Info::read(b"master_repl_offset:7").replica_lag_bytes(),
            None
        );
    }
}
