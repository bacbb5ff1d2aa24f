use std::f64::consts::PI;

use super::{Grid, MOST_BITS, interpolation_error};
use crate::error::TheoryError;
use crate::function::Function;

/// The share of a wanted error that joining the nodes may use; the rest is for the nodes.
const SHARE: f64 = 0.8;

/// What a run may need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: f64,
    /// Seconds of one thread, by the estimate of [`Plan::seconds`].
    pub seconds: f64,
}

impl Default for Limits {
    /// 4 GiB and 10 minutes.
    fn default() -> Limits {
        Limits {
            memory: 4.0 * (1u64 << 30) as f64,
            seconds: 600.0,
        }
    }
}

/// The integers of an orbit network: all of it that the wanted error decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The grid; its intervals are K.
    pub grid: Grid,
    /// Symbols, and steps, per node.
    pub m: usize,
    /// The proven error of the joined function itself, where it was asked for.
    pub interpolation: Option<f64>,
}

impl Plan {
    /// K and m as given.
    ///
    /// # Errors
    /// Values out of range, and more memory or work than the limits allow.
    pub fn new(
        inputs: usize,
        intervals: usize,
        m: usize,
        limits: &Limits,
    ) -> Result<Plan, TheoryError> {
        if intervals == 0 {
            return Err(TheoryError::parameter("--nodes", 0, "1 or more"));
        }
        if !(1..=MOST_BITS).contains(&m) {
            return Err(TheoryError::parameter(
                "--bits",
                m,
                format!("1 to {MOST_BITS}"),
            ));
        }
        let plan = Plan {
            grid: Grid { inputs, intervals },
            m,
            interpolation: None,
        };
        plan.check(limits)?;
        Ok(plan)
    }

    /// The least K, and an m, that keep the network within `epsilon` of the function, proven: by
    /// enclosures, K such that the joined values of f stay within 0.8 epsilon, and m such that
    /// pi 2^-m is no more than what is left. K is sought by doubling and halving.
    ///
    /// # Errors
    /// `epsilon` out of range, a function that has no value somewhere or is too rough, and more
    /// memory or work than the limits allow.
    pub fn for_error(
        function: &Function,
        epsilon: f64,
        limits: &Limits,
    ) -> Result<Plan, TheoryError> {
        let least = PI * (-(MOST_BITS as f64)).exp2() / (1.0 - SHARE);
        if !(epsilon >= least && epsilon <= 2.0) {
            let allowed = format!("{least:.1e} to 2: the error is above zero for every network");
            return Err(TheoryError::parameter("--eps", epsilon, allowed));
        }
        let inputs = function.inputs();
        let m =
            |interpolation: f64| (PI / (epsilon - interpolation)).log2().ceil().max(1.0) as usize;
        let attempt = |intervals: usize| {
            let grid = Grid { inputs, intervals };
            let candidate = Plan::new(inputs, intervals, m(0.0), limits)?;
            let found = interpolation_error(function, grid, SHARE * epsilon)?;
            Ok::<_, TheoryError>(found.map(|error| Plan {
                m: m(error),
                interpolation: Some(error),
                ..candidate
            }))
        };
        let mut intervals = 1;
        let mut best = loop {
            if let Some(plan) = attempt(intervals)? {
                break plan;
            }
            intervals *= 2;
        };
        let mut too_few = intervals / 2;
        while best.grid.intervals - too_few > 1 {
            let middle = best.grid.intervals.midpoint(too_few);
            match attempt(middle)? {
                Some(plan) => best = plan,
                None => too_few = middle,
            }
        }
        best.check(limits)?;
        Ok(best)
    }

    /// Symbols in w0.
    pub fn symbols(&self) -> usize {
        self.grid.nodes().saturating_mul(self.m)
    }

    /// Binary places of w0, at least: [`super::Orbit::places`] of a function without long runs.
    pub fn places(&self) -> usize {
        self.symbols().saturating_add(self.m + 32)
    }

    /// Applications of T.
    pub fn steps(&self) -> usize {
        self.grid.nodes().saturating_sub(1).saturating_mul(self.m)
    }

    /// Bytes of memory, estimated: a byte per symbol, some numbers per node, a dozen copies of w0.
    pub fn memory(&self) -> f64 {
        let nodes = self
            .grid
            .checked_nodes()
            .map_or(f64::INFINITY, |nodes| nodes as f64);
        nodes * (self.m as f64 + 160.0) + 1.5 * nodes * self.m as f64
    }

    /// Seconds of one thread for the orbit, estimated: a square of 98,000 bits takes some 0.27 ms
    /// and the time of a square grows by about the power 1.6 of its bits.
    pub fn seconds(&self) -> f64 {
        let bits = self.places() as f64;
        let square = 2.7e-4 * (bits / 98_000.0).powf(1.6);
        self.steps() as f64 * square / 2.6
    }

    fn check(&self, limits: &Limits) -> Result<(), TheoryError> {
        let what = format!(
            "a grid of {} intervals along {} with {} bits per node",
            self.grid.intervals,
            match self.grid.inputs {
                1 => "one input".to_string(),
                inputs => format!("each of {inputs} inputs"),
            },
            self.m
        );
        let advice = "take a larger error, fewer nodes or fewer bits";
        let gigabytes = |bytes: f64| format!("{:.3} GB of memory", bytes / 1e9);
        if self.memory() > limits.memory || limits.memory.is_nan() {
            return Err(TheoryError::TooMuch {
                what,
                needed: gigabytes(self.memory()),
                allowed: gigabytes(limits.memory),
                advice: format!("{advice}, or raise --memory-limit"),
            });
        }
        if self.seconds() > limits.seconds {
            return Err(TheoryError::TooMuch {
                what,
                needed: format!("{:.0} s of work", self.seconds()),
                allowed: format!("{:.0} s", limits.seconds),
                advice: format!("{advice}, or raise --time-limit"),
            });
        }
        Ok(())
    }
}
