//! Why a run ended without its result, and the exit code that says so.

use std::fmt;

/// The input or the request cannot be used.
pub const UNUSABLE: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// A bug of ours (`EX_SOFTWARE` of sysexits.h).
pub const BUG: u8 = 70;
/// Ended by Ctrl-C with nothing saved (128 + SIGINT, as shells count).
pub const INTERRUPTED: u8 = 130;

/// Why a run ended without its result.
#[derive(Debug)]
pub enum Failure {
    /// The input or the request cannot be used: what, where, and what to do.
    Unusable(String),
    /// The command line, the environment or the configuration file is wrong.
    Usage(String),
    /// The command line parser has something to print: an error, the help or the version.
    Parser(Box<clap::Error>),
    /// Whoever read our standard output has read enough.
    ClosedPipe,
    /// Ended by Ctrl-C with nothing saved.
    Interrupted(String),
}

impl Failure {
    /// The error of something outside the library, named by what was being done.
    pub fn unusable(text: impl fmt::Display) -> Failure {
        Failure::Unusable(text.to_string())
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Unusable(_) => UNUSABLE,
            Failure::Usage(_) => USAGE,
            Failure::Parser(error) => u8::try_from(error.exit_code()).unwrap_or(USAGE),
            Failure::ClosedPipe => 0,
            Failure::Interrupted(_) => INTERRUPTED,
        }
    }
}

/// An error and its causes in one line, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

/// Library errors are input or requests that cannot be used; bugs panic instead.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Unusable(chain(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("reading a.csv")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_in_one_line() {
        let failure = Failure::from(Outer(std::io::Error::other("disk on fire")));
        assert_eq!(failure.code(), UNUSABLE);
        assert!(
            matches!(failure, Failure::Unusable(text) if text == "reading a.csv: disk on fire")
        );
    }
}
