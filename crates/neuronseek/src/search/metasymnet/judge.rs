use super::super::gp::constants::Sample;
use super::super::gp::{Judged, score};
use crate::expression::{Expression, Tape};
use crate::observe::Control;

/// Steps of least squares for an expression, and for each of its shorter forms.
const STEPS: usize = 20;
const SHORT_STEPS: usize = 8;

/// Reads of networks are compared with the same rows and criterion.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub sample: Sample<'a>,
    pub control: &'a Control<'a>,
}

impl Judge<'_> {
    /// The expression with its constants moved to the least squares.
    pub fn refined(&self, expression: Expression, tape: &mut Tape) -> Judged {
        self.judged(expression, STEPS, tape)
    }

    fn judged(&self, mut expression: Expression, steps: usize, tape: &mut Tape) -> Judged {
        let steps = if self.control.should_stop() { 0 } else { steps };
        let error = self.sample.refine(&mut expression, steps, tape);
        let score = score(&self.sample, error, expression.size());
        Judged {
            expression,
            error,
            score,
        }
    }

    /// Replaces operations by one of their arguments while that lowers the criterion: the way in
    /// which a network shrinks. `x1 * (x2 + 0.001)` becomes `x1 * x2`.
    pub fn shortened(&self, whole: Judged, tape: &mut Tape) -> Judged {
        let mut best = whole;
        loop {
            let mut better: Option<Judged> = None;
            for short in shorter(&best.expression) {
                if self.control.should_stop() {
                    return best;
                }
                let short = self.judged(short, SHORT_STEPS, tape);
                let known = better.as_ref().unwrap_or(&best);
                if short.score < known.score {
                    better = Some(short);
                }
            }
            match better {
                Some(better) => best = self.refined(better.expression, tape),
                None => return best,
            }
        }
    }
}

/// The expressions in which one operation gave way to one of its arguments.
fn shorter(expression: &Expression) -> Vec<Expression> {
    let operations = expression.operations();
    let mut all = Vec::new();
    for (place, operation) in operations.iter().enumerate() {
        let Some(end) = expression.end(place) else {
            continue;
        };
        let mut start = place + 1;
        for _ in 0..operation.arity() {
            let Some(argument_end) = expression.end(start) else {
                break;
            };
            let mut short = operations[..place].to_vec();
            short.extend_from_slice(&operations[start..argument_end]);
            short.extend_from_slice(&operations[end..]);
            all.extend(Expression::from_prefix(short));
            start = argument_end;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_gives_way_to_each_argument() {
        let expression: Expression = "x1 * sin(x2)".parse().unwrap();
        let short: Vec<String> = shorter(&expression).iter().map(|e| e.to_string()).collect();
        assert_eq!(short, ["x1", "sin(x2)", "x1 * x2"]);
    }

    #[test]
    fn idle_constants_go() {
        let x: Vec<f64> = (0..90)
            .map(|i| f64::from(i * 7 % 90) / 30.0 - 1.5)
            .collect();
        let z: Vec<f64> = (0..90).map(|i| f64::from(i) / 40.0 - 1.0).collect();
        let y: Vec<f64> = x.iter().zip(&z).map(|(x, z)| 2.5 * x * z).collect();
        let weights = vec![1.0; 90];
        let columns = [x.as_slice(), z.as_slice()];
        let control = Control::silent();
        let judge = Judge {
            sample: Sample {
                columns: &columns,
                y: &y,
                weights: &weights,
            },
            control: &control,
        };
        let long = "2.4 * ((x1 + 0.01) * (x2 - 0.02)) + 0.003 * sin(x1) + 0.01";
        let tape = &mut Tape::default();
        let long = judge.refined(long.parse().unwrap(), tape);
        let short = judge.shortened(long, tape).expression;
        assert_eq!(short.size(), 5, "{short}");
        assert_eq!(short.neuron().to_string(), "cp(2)");
    }
}
