//! How patiently servers are asked.

use std::time::Duration;

use clap::Args;
use neuronseek_data::fetch::Patience;

/// How patiently servers are asked.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Network")]
pub struct Waiting {
    /// Seconds to wait for a connection, an answer, or the next bytes
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: u32,
    /// Tries after the first one, each after twice the wait; tries that brought bytes do not count
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=20))]
    retries: u8,
}

impl Waiting {
    /// The patience that is wanted.
    pub fn patience(self) -> Patience {
        Patience {
            timeout: Duration::from_secs(self.timeout.into()),
            retries: self.retries.into(),
            ..Patience::default()
        }
    }
}
