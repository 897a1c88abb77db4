//! Stands for the commands behind the command line, whose flags the settings need without them.

pub(crate) mod simulate {
    use clap::Subcommand;

    #[derive(Clone, Debug, PartialEq, Subcommand)]
    pub(crate) enum Simulate {
        Iris,
    }
}
