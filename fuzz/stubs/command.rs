//! Stands for the commands behind the command line, whose flags the settings need without them.

pub(crate) mod simulate {
    use clap::Subcommand;

    #[derive(Clone, Debug, PartialEq, Subcommand)]
    pub(crate) enum Simulate {
        Iris,
    }
}

pub(crate) mod alerts {
    /// Stands in for what `vitals alerts` takes.
    #[derive(clap::Args, Clone, Debug, PartialEq)]
    pub(crate) struct Alerts;
}

pub(crate) mod export {
    /// Stands in for what `vitals export` takes.
    #[derive(clap::Args, Clone, Debug, PartialEq)]
    pub(crate) struct Export;
}

pub(crate) mod history {
    /// Stands in for what `vitals history` takes.
    #[derive(clap::Args, Clone, Debug, PartialEq)]
    pub(crate) struct History;
}

pub(crate) mod import {
    /// Stands in for what `vitals import` takes.
    #[derive(clap::Args, Clone, Debug, PartialEq)]
    pub(crate) struct Import;
}

pub(crate) mod query {
    /// Stands in for what `vitals query` takes.
    #[derive(clap::Args, Clone, Debug, PartialEq)]
    pub(crate) struct Asked;
}
