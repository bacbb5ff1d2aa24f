use thiserror::Error;

/// Why a construction cannot be made for a function, or a request cannot be met.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TheoryError {
    /// A formula that cannot be read.
    #[error("the formula cannot be read: {reason}\n  {text}\n  {}^", " ".repeat(position.saturating_sub(1)))]
    Formula {
        /// The whole formula.
        text: String,
        /// The place in characters, from 1.
        position: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A table of x and f(x) that cannot be used.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: String,
        /// What is wrong, with the line, and what to do.
        reason: String,
    },
    /// The function has no value somewhere in its domain.
    #[error(
        "the function has no value near {place}: {reason}; change the formula, or the interval by --from and --to"
    )]
    Undefined {
        /// Where.
        place: String,
        /// What goes wrong.
        reason: String,
    },
    /// The function jumps.
    #[error(
        "the function is not continuous: at x = {place} it jumps from {left} to {right}; \
         the theorems are about continuous functions, since the networks are continuous: \
         join the ends, as by a steep line"
    )]
    Jump {
        /// Where.
        place: f64,
        /// The value from the left.
        left: f64,
        /// The value from the right.
        right: f64,
    },
    /// The function leaves [-1, 1].
    #[error(
        "the function reaches {value} at {place}, and the orbit lives in [-1, 1]: add --rescale, \
         which approximates (f - {shift}) / {scale} and gives the result in f's own unit"
    )]
    TooLarge {
        /// A value outside.
        value: f64,
        /// Where.
        place: String,
        /// The middle of the range.
        shift: f64,
        /// What to divide by, so that 0.9 is not exceeded.
        scale: f64,
    },
    /// A parameter out of its range.
    #[error("{name} is {value}, allowed is {allowed}")]
    Parameter {
        /// Its name on the command line.
        name: &'static str,
        /// What was given.
        value: String,
        /// The range.
        allowed: String,
    },
    /// More memory or work than allowed.
    #[error("{what} needs about {needed}, more than {allowed}: {advice}")]
    TooMuch {
        /// What.
        what: String,
        /// How much it would need.
        needed: String,
        /// How much is allowed.
        allowed: String,
        /// What to do.
        advice: String,
    },
    /// A bound that could not be proved.
    #[error("{what} could not be certified: {reason}")]
    Uncertified {
        /// What was to be proved.
        what: String,
        /// How far the proof came.
        reason: String,
    },
}

impl TheoryError {
    /// A parameter out of its range.
    pub(crate) fn parameter(
        name: &'static str,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> TheoryError {
        TheoryError::Parameter {
            name,
            value: value.to_string(),
            allowed: allowed.into(),
        }
    }
}
