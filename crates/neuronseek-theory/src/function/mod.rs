//! Functions to approximate: formulas, pieces of formulas, tables.
//!
//! The constructions work on the unit cube with values in [-1, 1]. A [`Function`] maps the cube
//! to the user's domain and the user's values into that range, and gives enclosures over boxes,
//! so that bounds can be proved and need not be sampled.

mod formula;
mod pieces;
mod table;

use crate::error::TheoryError;
use crate::interval::Interval;
use crate::jet::{Jet, MOST_INPUTS, Region, Undefined};
use formula::Formula;
use pieces::Pieces;
use table::Table;

/// What the values come from.
#[derive(Debug, Clone)]
enum Source {
    Formula(Formula),
    Pieces(Pieces),
    Table(Table),
}

/// A function of the unit cube: `(f(from + (to - from) u) - shift) / scale`.
#[derive(Debug, Clone)]
pub struct Function {
    source: Source,
    inputs: usize,
    from: f64,
    to: f64,
    shift: f64,
    scale: f64,
}

impl Function {
    /// A formula of `x`, or of `x1` to `x3`, on the cube `[from, to]^d`. Of one input it may be
    /// in pieces: `x < 0.5: 2 * x; 1`, each up to a limit, the last to the end.
    ///
    /// # Errors
    /// A formula that cannot be read (with the place), and pieces whose ends do not meet.
    pub fn formula(text: &str, from: f64, to: f64) -> Result<Function, TheoryError> {
        check_domain(from, to)?;
        if text.contains([':', ';']) {
            let pieces = Pieces::read(text)?;
            pieces.check_joints()?;
            return Ok(Function::new(Source::Pieces(pieces), 1, from, to));
        }
        let formula = Formula::read(text)?;
        let inputs = formula.inputs();
        Ok(Function::new(Source::Formula(formula), inputs, from, to))
    }

    /// A table of x and f(x) in CSV, two columns with or without a line of names, joined by
    /// straight lines between its first and last x.
    ///
    /// # Errors
    /// What is wrong with the file, by line.
    pub fn csv(path: &std::path::Path) -> Result<Function, TheoryError> {
        let table = Table::read(path)?;
        Ok(Function::of_table(table))
    }

    /// Points joined by straight lines, as [`Function::csv`] does.
    ///
    /// # Errors
    /// Fewer than two points, values that are not finite, two values at one x.
    pub fn points(points: Vec<(f64, f64)>) -> Result<Function, TheoryError> {
        Ok(Function::of_table(Table::new(points, "the points")?))
    }

    fn of_table(table: Table) -> Function {
        let (from, to) = table.domain();
        Function::new(Source::Table(table), 1, from, to)
    }

    fn new(source: Source, inputs: usize, from: f64, to: f64) -> Function {
        Function {
            source,
            inputs,
            from,
            to,
            shift: 0.0,
            scale: 1.0,
        }
    }

    /// The same function, less `shift`, divided by `scale`.
    pub fn rescaled(mut self, shift: f64, scale: f64) -> Function {
        self.shift += shift * self.scale;
        self.scale *= scale;
        self
    }

    /// The number of inputs, 1 to [`MOST_INPUTS`].
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The user's domain of each input.
    pub fn domain(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// The value of the user's function is `shift + scale * value`.
    pub fn unit(&self) -> (f64, f64) {
        (self.shift, self.scale)
    }

    /// The user's input at `u` in [0, 1].
    pub fn place(&self, u: f64) -> f64 {
        // Both ends are met exactly.
        self.from * (1.0 - u) + self.to * u
    }

    /// The value at a point of the unit cube; not a number where there is none.
    pub fn value(&self, u: &[f64]) -> f64 {
        let mut at = [0.0; MOST_INPUTS];
        for (at, &u) in at.iter_mut().zip(u) {
            *at = self.place(u);
        }
        let value = match &self.source {
            Source::Formula(formula) => formula.value(&at[..self.inputs]),
            Source::Pieces(pieces) => pieces.value(at[0]),
            Source::Table(table) => table.value(at[0]),
        };
        (value - self.shift) / self.scale
    }

    /// Enclosures of the value and of its derivatives by u over a box of the unit cube.
    ///
    /// # Errors
    /// Where there may be no value in the box.
    pub fn enclose(&self, region: &Region) -> Result<Jet, Undefined> {
        let (from, to) = (Interval::point(self.from), Interval::point(self.to));
        let one = Interval::point(1.0);
        let length = to - from;
        let inputs: Vec<Jet> = (0..self.inputs)
            .map(|index| {
                let u = region[index];
                let mut at = from * (one - u) + to * u;
                // The product form spreads a box twice; the other form does not, and both hold.
                at = at.meet(from + length * u);
                let mut jet = Jet::input(index, at);
                jet.slope[index] = length;
                jet
            })
            .collect();
        let jet = match &self.source {
            Source::Formula(formula) => formula.enclose(&inputs)?,
            Source::Pieces(pieces) => pieces.enclose(inputs[0])?,
            Source::Table(table) => table.enclose(inputs[0]),
        };
        if self.shift == 0.0 && self.scale == 1.0 {
            return Ok(jet);
        }
        let less = jet.minus(Jet::constant(Interval::point(self.shift)));
        let inverse = one.over(Interval::point(self.scale));
        Ok(less.times(Jet::constant(inverse.unwrap_or(Interval::WHOLE))))
    }

    /// A point of the unit cube in the user's words: `x = 0.25`, `x1 = 0.5, x2 = 1`.
    pub fn describe(&self, u: &[f64]) -> String {
        let name = |index: usize| match self.inputs {
            1 => "x".to_string(),
            _ => format!("x{}", index + 1),
        };
        let parts: Vec<String> = (0..self.inputs)
            .map(|index| format!("{} = {:.6}", name(index), self.place(u[index])))
            .collect();
        parts.join(", ")
    }
}

fn check_domain(from: f64, to: f64) -> Result<(), TheoryError> {
    if from.is_finite() && to.is_finite() && from < to {
        return Ok(());
    }
    Err(TheoryError::parameter(
        "the interval",
        format!("{from} to {to}"),
        "finite numbers, --from below --to",
    ))
}

#[cfg(test)]
mod tests;
