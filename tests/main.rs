//! End-to-end tests: the real `vitals`, asked over HTTP, struck, stopped, and looked at from outside.
//! One story a file; `stage/` is what they all stand on.

mod stage;

mod access;
mod api_bad_input;
mod api_grafana;
mod api_load;
mod api_prometheus;
mod application;
mod bad_requests;
mod chaos;
mod data_and_port;
mod doctor;
mod every_actor_is_struck;
mod federate;
mod first_run;
mod giving_up;
mod grafana;
mod iris;
mod iris_canary;
mod iris_certificates;
mod iris_faults;
mod iris_load;
mod iris_restarts;
mod iris_slow;
mod iris_sql;
mod metrics;
mod names;
mod network;
mod postgres;
mod prometheus;
mod query_command;
mod redis;
mod reload;
mod routes;
mod scrape;
mod settings;
mod shapes;
mod stand_ins;
mod stopping;
mod thousand_panics;
mod three_names;
mod twelve;
mod values;
