//! Enclosures of a formula and of its derivatives over a box.
//!
//! Derivatives make bounds tight: over a box X with the middle c,
//! `f(X)` lies in `f(c) + sum_j f_j(X) (X_j - c_j)`, whose excess falls with the square of the
//! box. Plain interval values, whose excess falls with the box alone, need boxes without number.

use neuronseek::expression::{Expression, Operation};

use crate::interval::Interval;

/// The most inputs of a function.
pub const MOST_INPUTS: usize = 3;

/// A box: one interval per input; inputs that a function does not have are points.
pub type Region = [Interval; MOST_INPUTS];

/// The middle of a box.
pub fn middle(region: &Region) -> [f64; MOST_INPUTS] {
    region.map(Interval::middle)
}

/// Enclosures of a value and of its derivative by each input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet {
    /// The value.
    pub value: Interval,
    /// The derivatives; where there is none (a corner), all slopes nearby.
    pub slope: Region,
}

/// Why there may be no value in a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined(pub &'static str);

/// So far a root's or inverse sine's argument may leave the domain and is moved back: the excess
/// of an interval over a narrow box at the domain's end.
const EDGE: f64 = 4e-9;

impl Jet {
    /// A number.
    pub fn constant(value: Interval) -> Jet {
        Jet {
            value,
            slope: [Interval::point(0.0); MOST_INPUTS],
        }
    }

    /// The input of this number over `range`.
    pub fn input(index: usize, range: Interval) -> Jet {
        let mut jet = Jet::constant(range);
        jet.slope[index] = Interval::point(1.0);
        jet
    }

    /// The function `value` of this, with the derivative `factor`.
    fn chain(self, value: Interval, factor: Interval) -> Jet {
        Jet {
            value,
            slope: self.slope.map(|slope| factor * slope),
        }
    }

    fn join(self, other: Jet, with: impl Fn(Interval, Interval) -> Interval) -> Jet {
        let mut jet = self;
        for (slope, other) in jet.slope.iter_mut().zip(other.slope) {
            *slope = with(*slope, other);
        }
        jet.value = with(self.value, other.value);
        jet
    }

    /// Sum.
    pub fn plus(self, other: Jet) -> Jet {
        self.join(other, |a, b| a + b)
    }

    /// Difference.
    pub fn minus(self, other: Jet) -> Jet {
        self.join(other, |a, b| a - b)
    }

    /// Either of two.
    pub fn or(self, other: Jet) -> Jet {
        self.join(other, Interval::hull)
    }

    /// Product.
    pub fn times(self, other: Jet) -> Jet {
        let mut jet = self.chain(self.value * other.value, other.value);
        for (slope, other) in jet.slope.iter_mut().zip(other.slope) {
            *slope = *slope + self.value * other;
        }
        jet
    }

    fn over(self, other: Jet) -> Result<Jet, Undefined> {
        let zero = Undefined("a division by zero");
        let inverse = Interval::point(1.0).over(other.value).ok_or(zero)?;
        let quotient = self.value.over(other.value).ok_or(zero)?;
        let mut jet = self.chain(quotient, inverse);
        for (slope, other) in jet.slope.iter_mut().zip(other.slope) {
            *slope = *slope - quotient * inverse * other;
        }
        Ok(jet)
    }

    fn smaller(self, other: Jet) -> Jet {
        let least = |a: Interval, b: Interval| Interval::new(a.low.min(b.low), a.high.min(b.high));
        if self.value.high <= other.value.low {
            self
        } else if other.value.high <= self.value.low {
            other
        } else {
            Jet {
                value: least(self.value, other.value),
                ..self.or(other)
            }
        }
    }

    fn negative(self) -> Jet {
        self.chain(-self.value, Interval::point(-1.0))
    }

    fn logarithm(self) -> Result<Jet, Undefined> {
        let reason = "the logarithm of a number that is not above zero";
        if self.value.low <= 0.0 {
            return Err(Undefined(reason));
        }
        let inverse = Interval::point(1.0).over(self.value);
        let slope = inverse.unwrap_or(Interval::WHOLE);
        Ok(self.chain(self.value.increasing(f64::ln), slope))
    }

    fn exponential(self) -> Jet {
        let value = self.value.increasing(f64::exp);
        self.chain(Interval::new(value.low.max(0.0), value.high), value)
    }

    fn power(self, exponent: Jet) -> Result<Jet, Undefined> {
        let point = exponent.value.low;
        let constant = exponent.value.width() == 0.0 && point.abs() <= 64.0;
        if constant && point.fract() == 0.0 {
            let whole = point as i32;
            let zero = Undefined("a division by zero");
            let value = self.value.powi(whole).ok_or(zero)?;
            let below = self.value.powi(whole - 1).unwrap_or(Interval::WHOLE);
            return Ok(self.chain(value, Interval::point(point) * below));
        }
        if constant && point > 0.0 {
            let base = self.not_negative("a broken power of a negative number")?;
            let at = |value: f64| value.powf(point);
            let powers = base.increasing(at);
            let value = Interval::new(powers.low.max(0.0), powers.high);
            let slope = value
                .over(base)
                .unwrap_or(Interval::new(0.0, f64::INFINITY));
            return Ok(self.chain(value, Interval::point(point) * slope));
        }
        Ok(self.logarithm()?.times(exponent).exponential())
    }

    fn not_negative(self, reason: &'static str) -> Result<Interval, Undefined> {
        if self.value.low < -EDGE {
            return Err(Undefined(reason));
        }
        Ok(Interval::new(
            self.value.low.max(0.0),
            self.value.high.max(0.0),
        ))
    }

    fn root(self) -> Result<Jet, Undefined> {
        let base = self.not_negative("the root of a negative number")?;
        let value = base.sqrt();
        let slope = Interval::point(0.5).over(value);
        Ok(self.chain(value, slope.unwrap_or(Interval::new(0.0, f64::INFINITY))))
    }

    /// asin and acos: `sign` is that of the derivative.
    fn inverse_sine(
        self,
        value: impl Fn(Interval) -> Interval,
        sign: f64,
    ) -> Result<Jet, Undefined> {
        if self.value.magnitude() > 1.0 + EDGE {
            return Err(Undefined("asin or acos of a number outside [-1, 1]"));
        }
        let inside = Interval::new(self.value.low.max(-1.0), self.value.high.min(1.0));
        let one = Interval::point(1.0);
        let rest = (one - inside * inside).sqrt();
        let slope = one.over(rest).unwrap_or(Interval::new(0.0, f64::INFINITY));
        Ok(self.chain(value(inside), Interval::point(sign) * slope))
    }

    fn tangent(self) -> Result<Jet, Undefined> {
        let pole = Undefined("a pole of the tangent");
        let cosine = self.value.cos();
        let slope = Interval::point(1.0).over(cosine * cosine).ok_or(pole)?;
        Ok(self.chain(self.value.increasing(f64::tan), slope))
    }

    fn absolute(self) -> Jet {
        if self.value.low >= 0.0 {
            self
        } else if self.value.high <= 0.0 {
            self.negative()
        } else {
            self.chain(self.value.abs(), Interval::new(-1.0, 1.0))
        }
    }
}

/// The formula over a box.
///
/// # Errors
/// Where it may have no value in the box; a smaller box may have one.
pub fn enclose(expression: &Expression, inputs: &[Jet]) -> Result<Jet, Undefined> {
    let nothing = Jet::constant(Interval::WHOLE);
    let mut stack: Vec<Jet> = Vec::with_capacity(16);
    for operation in expression.operations().iter().rev() {
        let mut argument = || stack.pop().unwrap_or(nothing);
        let jet = match *operation {
            Operation::Input(index) => inputs.get(index).copied().unwrap_or(nothing),
            Operation::Constant(value) => Jet::constant(Interval::point(value)),
            operation if operation.arity() == 2 => {
                let left = argument();
                binary(operation, left, argument())?
            }
            operation => unary(operation, argument())?,
        };
        stack.push(jet);
    }
    Ok(stack.pop().unwrap_or(nothing))
}

fn binary(operation: Operation, a: Jet, b: Jet) -> Result<Jet, Undefined> {
    Ok(match operation {
        Operation::Add => a.plus(b),
        Operation::Subtract => a.minus(b),
        Operation::Multiply => a.times(b),
        Operation::Divide => a.over(b)?,
        Operation::Power => a.power(b)?,
        Operation::Min => a.smaller(b),
        Operation::Max => a.negative().smaller(b.negative()).negative(),
        _ => Jet::constant(Interval::WHOLE),
    })
}

fn unary(operation: Operation, a: Jet) -> Result<Jet, Undefined> {
    let one = Interval::point(1.0);
    Ok(match operation {
        Operation::Negate => a.negative(),
        Operation::Sin => a.chain(a.value.sin(), a.value.cos()),
        Operation::Cos => a.chain(a.value.cos(), -a.value.sin()),
        Operation::Tan => a.tangent()?,
        Operation::Asin => a.inverse_sine(|value| value.increasing(f64::asin), 1.0)?,
        Operation::Acos => a.inverse_sine(|value| -value.increasing(|v| -v.acos()), -1.0)?,
        Operation::Atan => {
            let slope = one.over(one + a.value.abs() * a.value.abs());
            a.chain(a.value.increasing(f64::atan), slope.unwrap_or(one))
        }
        Operation::Tanh => {
            let value = a.value.increasing(f64::tanh);
            let square = value.abs() * value.abs();
            a.chain(value, (one - square).meet(Interval::new(0.0, 1.0)))
        }
        Operation::Exp => a.exponential(),
        Operation::Log => a.logarithm()?,
        Operation::Sqrt => a.root()?,
        Operation::Abs => a.absolute(),
        Operation::Sigmoid => {
            let value = a.value.increasing(|v| 1.0 / (1.0 + (-v).exp()));
            a.chain(value, value * (one - value))
        }
        _ => Jet::constant(Interval::WHOLE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMULAS: [&str; 14] = [
        "x1 + x2 * x1 - 3",
        "x1 / (2 + x2)",
        "x1^3 - x2^2 + x1^(-2 * 1)",
        "(1.5 + x1)^2.5",
        "min(x1, x2) + max(x1^2, x2)",
        "sin(9 * x1) * cos(4 * x2)",
        "tan(x1 / 2)",
        "asin(x1) + acos(x2)",
        "atan(3 * x1) - tanh(x2)",
        "exp(-x1) * log(2 + x2)",
        "sqrt(1 + x1) * abs(x2 - 0.25)",
        "sigmoid(5 * x1) - x2",
        "abs(abs(x1) - 0.5)",
        "2^x1 - (3 + x2)^x1",
    ];

    proptest! {
        #[test]
        fn values_and_differences_lie_inside(
            formula in 0..FORMULAS.len(),
            low in prop::array::uniform2(-1.0..0.9f64),
            width in 0.0..0.1f64,
            shares in prop::array::uniform4(0.0..=1.0f64),
        ) {
            let expression: Expression = FORMULAS[formula].parse().unwrap();
            let ranges = low.map(|low| Interval::new(low, low + width));
            let jets = [0, 1].map(|index| Jet::input(index, ranges[index]));
            let Ok(jet) = enclose(&expression, &jets) else { return Ok(()) };
            let point = |i: usize| [low[0] + shares[i] * width, low[1] + shares[i + 1] * width];
            let (p, q) = (point(0), point(2));
            let (fp, fq) = (expression.value(&p), expression.value(&q));
            prop_assert!(jet.value.contains(fp), "{} at {p:?}: {fp} not in {jet:?}", FORMULAS[formula]);
            let step = |j: usize| jet.slope[j] * Interval::point(q[j] - p[j]);
            let reach = Interval::point(fp) + step(0) + step(1);
            let slack = 1e-9 * (1.0 + fq.abs());
            prop_assert!(reach.low - slack <= fq && fq <= reach.high + slack,
                "{} from {p:?} to {q:?}: {fq} not in {reach:?}", FORMULAS[formula]);
        }
    }

    #[test]
    fn a_quotient_by_zero_is_said() {
        let expression: Expression = "1 / (x1 - 0.5)".parse().unwrap();
        let over = |low, high| enclose(&expression, &[Jet::input(0, Interval::new(low, high))]);
        assert_eq!(over(0.0, 1.0).unwrap_err().0, "a division by zero");
        assert!(over(0.6, 1.0).is_ok());
    }
}
