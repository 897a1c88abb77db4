//! Where orders are found again: in Redis, or in the application itself.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use redis::{Client, aio::MultiplexedConnection, cmd};
use tokio::{sync::Mutex, time::timeout};

/// An order is kept so long.
const KEPT: Duration = Duration::from_secs(60);
/// Redis is waited for no longer: the application goes on without it.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) enum Cache {
    Own(Mutex<HashMap<u32, Instant>>),
    Redis(Client, Mutex<Option<MultiplexedConnection>>),
}

/// What a look-up found.
pub(super) enum Found {
    Hit,
    Miss,
    /// Nobody knows: the cache did not answer.
    Unknown,
}

impl Cache {
    /// In the Redis at `host:port`, if one is named.
    pub(super) fn new(redis: Option<&str>) -> Result<Self, redis::RedisError> {
        Ok(match redis {
            Some(host) => Cache::Redis(Client::open(format!("redis://{host}"))?, Mutex::default()),
            None => Cache::Own(Mutex::default()),
        })
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Cache::Own(_) => "own",
            Cache::Redis(..) => "redis",
        }
    }

    pub(super) async fn get(&self, order: u32) -> Found {
        match self {
            Cache::Own(orders) => {
                let orders = orders.lock().await;
                let is_there = orders.get(&order).is_some_and(|kept| kept.elapsed() < KEPT);
                if is_there { Found::Hit } else { Found::Miss }
            }
            Cache::Redis(..) => {
                let mut get = cmd("GET");
                get.arg(key(order));
                match self.ask::<Option<String>>(&get).await {
                    Some(Some(_)) => Found::Hit,
                    Some(None) => Found::Miss,
                    None => Found::Unknown,
                }
            }
        }
    }

    pub(super) async fn put(&self, order: u32) {
        match self {
            Cache::Own(orders) => {
                let mut orders = orders.lock().await;
                orders.retain(|_, kept| kept.elapsed() < KEPT);
                orders.insert(order, Instant::now());
            }
            Cache::Redis(..) => {
                let mut set = cmd("SET");
                set.arg(key(order))
                    .arg("simulated")
                    .arg("EX")
                    .arg(KEPT.as_secs());
                // An order that is not kept is looked up once more.
                let _ = self.ask::<()>(&set).await;
            }
        }
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        let Cache::Redis(client, connection) = self else {
            return None;
        };
        let asked = async {
            let mut kept = connection.lock().await;
            let mut redis = match kept.as_ref() {
                Some(redis) => redis.clone(),
                None => {
                    let made = client.get_multiplexed_async_connection().await.ok()?;
                    kept.insert(made).clone()
                }
            };
            drop(kept);
            command.query_async(&mut redis).await.ok()
        };
        let answer = timeout(PATIENCE, asked).await.ok().flatten();
        if answer.is_none() {
            *connection.lock().await = None;
        }
        answer
    }
}

fn key(order: u32) -> String {
    format!("simulated:orders:{order}")
}
