//! How sure coefficients are.
//!
//! The coefficients of products are functions of those that were fitted. With J the derivatives of
//! the outputs by the fitted ones, W the second derivatives of the loss by the outputs and s = J' r
//! the first derivatives of the loss of a row, the covariance of the fitted is
//! `H^-1 (sum of s s') H^-1`, `H = sum of J' W J` (the sandwich: Huber, The behavior of maximum
//! likelihood estimates under nonstandard conditions, 1967), right also where the polynomial is not
//! the truth and where rows differ in their noise. Directions that change nothing, such as lengths
//! passed from one factor of a product to another, have no part in the coefficients of products; a
//! small multiple of the identity makes H regular in them.

use super::formula::product;
use crate::linear::Cholesky;
use crate::matrix::Matrix;
use crate::model::{Expanded, Model};
use crate::network::Loss;
use crate::prepare::{SearchScale, Target};
use crate::search::Formula;
use crate::terms::{Piece, Polynomial};

/// Of 95 %, in standard errors.
pub(super) const HALF_WIDTH: f64 = 1.959_963_984_540_054;

/// More coefficients than this are not looked at: H would be too large.
const MOST: usize = 1500;

/// Rows that are looked at.
const ROWS: usize = 4000;

/// Rows times outputs times the square of the coefficients that are looked at.
const WORK: usize = 4_000_000_000;

/// The identity's share of the mean diagonal of H.
const RIDGE: f64 = 1e-9;

/// The rows of the fit.
pub(super) struct Rows<'a> {
    /// Encoded inputs of some of them.
    pub encoded: &'a Matrix<f64>,
    /// Their targets, scaled.
    pub target: &'a Target,
    /// Their weights.
    pub weights: Option<&'a [f64]>,
    /// How many rows the formula was fitted on.
    pub count: usize,
}

/// Standard errors of the coefficients of products.
pub(super) struct Intervals<'a> {
    spread: Spread,
    fitted: Fitted<'a>,
    /// How they were computed, in words.
    pub how: String,
}

/// What the coefficients of products are made of.
enum Fitted<'a> {
    /// They were fitted themselves, as the products of an equation.
    Products(&'a Expanded),
    /// A polynomial of scaled inputs.
    Pieces {
        polynomial: &'a Polynomial,
        scale: SearchScale,
        /// What each output is multiplied with.
        factors: Vec<f64>,
    },
}

impl Intervals<'_> {
    pub fn standard_error(&self, output: usize, powers: &[(usize, u32)]) -> Option<f64> {
        let (gradient, size) = match &self.fitted {
            Fitted::Products(expanded) => (unit(expanded, powers), 1.0),
            Fitted::Pieces {
                polynomial,
                scale,
                factors,
            } => {
                let size = powers.iter().map(|(input, power)| {
                    let own = scale.inputs().get(*input);
                    own.map_or(1.0, |own| own.scale.powi(-(*power as i32)))
                });
                let factor = factors.get(output)?;
                let size = factor * size.product::<f64>();
                (by_fitted(polynomial, output, powers), size)
            }
        };
        let error = self.spread.standard_error(&gradient) * size.abs();
        Some(error).filter(|error| error.is_finite())
    }
}

/// How many rows can be looked at; the error says why none.
pub(super) fn most_rows(model: &Model, expanded: &Expanded) -> Result<usize, String> {
    let (polynomial, _) = fitted(model)?;
    let (count, outputs) = match model.report().equation {
        Some(_) => (
            expanded.outputs.iter().map(|own| own.monomials.len()).sum(),
            1,
        ),
        None => (places(polynomial), polynomial.outputs()),
    };
    let rows = WORK / (count * count * outputs).max(1);
    match count > MOST || rows < 2 * count {
        true => Err(format!(
            "{count} coefficients of {outputs} outputs are too many"
        )),
        false => Ok(rows.min(ROWS)),
    }
}

fn fitted(model: &Model) -> Result<(&Polynomial, SearchScale), String> {
    let none = || "the formula is none of a neuron's terms".to_string();
    let (formula, scale, _) = model.formula().ok_or_else(none)?;
    match formula {
        Formula::Polynomial(polynomial) => Ok((polynomial, scale)),
        Formula::Expression { .. } => Err(none()),
    }
}

/// Standard errors of the coefficients of the polynomial part; the error says why there are none.
pub(super) fn intervals<'a>(
    model: &'a Model,
    expanded: &'a Expanded,
    rows: &Rows<'_>,
) -> Result<Intervals<'a>, String> {
    let (polynomial, scale) = fitted(model)?;
    let lines = model.polynomial_outputs();
    let (problem, fitted) = match model.report().equation {
        Some(_) => {
            let problem = of_products(expanded, rows, lines.first().map(|(_, line)| *line))?;
            (problem, Fitted::Products(expanded))
        }
        None => {
            let problem = of_pieces(polynomial, &scale, rows)?;
            let fitted = Fitted::Pieces {
                polynomial,
                scale,
                factors: lines.iter().map(|(_, line)| line[0]).collect(),
            };
            (problem, fitted)
        }
    };
    let other = model
        .report()
        .loss
        .is_some_and(|loss| loss != Loss::MeanSquared);
    let by = match other {
        true => "; it was fitted by squared errors, whatever the loss of the networks",
        false => "",
    };
    Ok(Intervals {
        spread: Spread::new(problem, rows)?,
        fitted,
        how: format!(
            "95 % intervals from the sandwich covariance of the fitted coefficients, for the {} rows \
             that the formula was fitted on, the structure taken for given{by}",
            rows.count
        ),
    })
}

/// Derivatives of the outputs by what was fitted: (row, output) pairs one after the other, each
/// with the derivatives; and what the outputs are less what they should be.
struct Derivatives {
    outputs: usize,
    /// rows * outputs x fitted
    jacobian: Matrix<f64>,
    /// rows x outputs: the first derivatives of the loss.
    residuals: Matrix<f64>,
    /// rows x outputs: probabilities of classes; none for numbers.
    probabilities: Option<Matrix<f64>>,
}

/// An equation's coefficients were fitted as they are, in the user's units.
fn of_products(
    expanded: &Expanded,
    rows: &Rows<'_>,
    line: Option<[f64; 2]>,
) -> Result<Derivatives, String> {
    let (Target::Values(target), Some([factor, constant]), [output]) =
        (rows.target, line, expanded.outputs.as_slice())
    else {
        return Err("an equation is of one number".to_string());
    };
    let count = output.monomials.len();
    let mut jacobian = Matrix::zeros(rows.encoded.rows(), count);
    let mut residuals = Matrix::zeros(rows.encoded.rows(), 1);
    for row in 0..rows.encoded.rows() {
        let inputs = rows.encoded.row(row);
        let centred = expanded.centred(inputs);
        for (value, (powers, _)) in jacobian.row_mut(row).iter_mut().zip(&output.monomials) {
            *value = product(powers, &centred);
        }
        let truth = factor * target.row(row)[0] + constant;
        residuals.row_mut(row)[0] = expanded.values(inputs)[0] - truth;
    }
    Ok(Derivatives {
        outputs: 1,
        jacobian,
        residuals,
        probabilities: None,
    })
}

/// The derivatives of a coefficient that was fitted itself.
fn unit(expanded: &Expanded, powers: &[(usize, u32)]) -> Vec<f64> {
    let monomials = expanded
        .outputs
        .first()
        .map_or(&[][..], |output| &output.monomials);
    let own = |(other, _): &(Vec<(usize, u32)>, f64)| if other == powers { 1.0 } else { 0.0 };
    monomials.iter().map(own).collect()
}

/// Where the coefficients of a polynomial stand: intercepts, pure terms, of each piece the factors
/// and the weights.
fn places(polynomial: &Polynomial) -> usize {
    let outputs = polynomial.outputs();
    let pure = polynomial.pure.len() * polynomial.inputs * outputs;
    let pieces = polynomial.pieces.iter();
    let pieces: usize = pieces
        .map(|p| p.order() * polynomial.inputs + outputs)
        .sum();
    outputs + pure + pieces
}

fn of_pieces(
    polynomial: &Polynomial,
    scale: &SearchScale,
    rows: &Rows<'_>,
) -> Result<Derivatives, String> {
    if !polynomial.functions.is_empty() {
        return Err("the formula has functions in it".to_string());
    }
    let (outputs, count) = (polynomial.outputs(), places(polynomial));
    let scaled = scale.apply(rows.encoded);
    let mut jacobian = Matrix::zeros(scaled.rows() * outputs, count);
    for row in 0..scaled.rows() {
        let input = scaled.row(row);
        for output in 0..outputs {
            write_row(
                polynomial,
                input,
                output,
                jacobian.row_mut(row * outputs + output),
            );
        }
    }
    let values = polynomial.values(&scaled);
    let (residuals, probabilities) = match rows.target {
        Target::Values(target) => {
            let both = values.data().iter().zip(target.data());
            let data = both.map(|(value, truth)| value - truth).collect();
            (Matrix::from_vec(values.rows(), outputs, data), None)
        }
        Target::Classes { labels, count } => {
            let all = crate::prepare::probabilities(&values, *count);
            // Two classes have one logit, that of the second.
            let first = usize::from(*count == 2);
            let mut own = Matrix::zeros(values.rows(), outputs);
            let mut residuals = Matrix::zeros(values.rows(), outputs);
            for (row, &label) in labels.iter().enumerate() {
                for output in 0..outputs {
                    let p = all.row(row)[output + first];
                    own.row_mut(row)[output] = p;
                    let is = if label == output + first { 1.0 } else { 0.0 };
                    residuals.row_mut(row)[output] = p - is;
                }
            }
            (residuals, Some(own))
        }
    };
    Ok(Derivatives {
        outputs,
        jacobian,
        residuals,
        probabilities,
    })
}

/// The derivatives of one output for one row of scaled inputs.
fn write_row(polynomial: &Polynomial, input: &[f64], output: usize, out: &mut [f64]) {
    let outputs = polynomial.outputs();
    out[output] = 1.0;
    let mut place = outputs;
    for term in &polynomial.pure {
        for &x in input {
            out[place + output] = x.powi(term.order as i32);
            place += outputs;
        }
    }
    for piece in &polynomial.pieces {
        let projections: Vec<f64> = (0..piece.order())
            .map(|m| dot(piece.factors.row(m), input))
            .collect();
        for m in 0..piece.order() {
            let others = projections
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != m);
            let others: f64 = others.map(|(_, p)| p).product();
            for &x in input {
                out[place] = piece.weights[output] * others * x;
                place += 1;
            }
        }
        out[place + output] = projections.iter().product();
        place += outputs;
    }
}

/// The derivatives of the coefficient of a product by what was fitted.
fn by_fitted(polynomial: &Polynomial, output: usize, powers: &[(usize, u32)]) -> Vec<f64> {
    let outputs = polynomial.outputs();
    let mut gradient = vec![0.0; places(polynomial)];
    let mut place = outputs;
    let degree: u32 = powers.iter().map(|(_, power)| power).sum();
    for term in &polynomial.pure {
        if let [(input, power)] = powers
            && *power as usize == term.order
        {
            gradient[place + input * outputs + output] = 1.0;
        }
        place += polynomial.inputs * outputs;
    }
    for piece in &polynomial.pieces {
        if piece.order() == degree as usize {
            let all: Vec<usize> = (0..piece.order()).collect();
            for m in 0..piece.order() {
                let others: Vec<usize> = all.iter().copied().filter(|other| *other != m).collect();
                for (which, (input, _)) in powers.iter().enumerate() {
                    let mut rest = powers.to_vec();
                    rest[which].1 -= 1;
                    gradient[place + m * polynomial.inputs + input] =
                        piece.weights[output] * coefficient(piece, &others, &mut rest);
                }
            }
            let place = place + piece.order() * polynomial.inputs + output;
            gradient[place] = coefficient(piece, &all, &mut powers.to_vec());
        }
        place += piece.order() * polynomial.inputs + outputs;
    }
    gradient
}

/// The coefficient of a product of powers in the product of some factors.
fn coefficient(piece: &Piece, factors: &[usize], powers: &mut [(usize, u32)]) -> f64 {
    let Some((first, rest)) = factors.split_first() else {
        return 1.0;
    };
    let mut sum = 0.0;
    for which in 0..powers.len() {
        let (input, power) = powers[which];
        let weight = piece.factors.row(*first)[input];
        if power > 0 && weight != 0.0 {
            powers[which].1 -= 1;
            sum += weight * coefficient(piece, rest, powers);
            powers[which].1 += 1;
        }
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// How what was fitted spreads.
struct Spread {
    /// Of H, its rows and columns divided by `sizes`.
    factor: Cholesky,
    /// rows x fitted, divided by `sizes`.
    scores: Matrix<f64>,
    sizes: Vec<f64>,
    /// The rows that were looked at over all rows.
    share: f64,
}

impl Spread {
    fn new(problem: Derivatives, rows: &Rows<'_>) -> Result<Spread, String> {
        let (outputs, count) = (problem.outputs, problem.jacobian.columns());
        let seen = problem.residuals.rows();
        if seen <= count / outputs.max(1) {
            return Err(format!("{seen} rows are too few for {count} coefficients"));
        }
        let mut jacobian = problem.jacobian;
        let sizes: Vec<f64> = (0..count)
            .map(|column| {
                let column = jacobian.column(column);
                let square = column.iter().map(|v| v * v).sum::<f64>() / column.len() as f64;
                if square > 0.0 { square.sqrt() } else { 1.0 }
            })
            .collect();
        for row in jacobian.data_mut().chunks_exact_mut(count) {
            row.iter_mut()
                .zip(&sizes)
                .for_each(|(value, size)| *value /= size);
        }
        let mut hessian = vec![0.0; count * count];
        let mut scores = Matrix::zeros(seen, count);
        let mut weighted = vec![0.0; count];
        for row in 0..seen {
            let weight = rows.weights.map_or(1.0, |weights| weights[row]);
            let derivatives = |output: usize| jacobian.row(row * outputs + output);
            for output in 0..outputs {
                let residual = weight * problem.residuals.row(row)[output];
                for (score, value) in scores.row_mut(row).iter_mut().zip(derivatives(output)) {
                    *score += residual * value;
                }
                // W J, a row of it.
                weighted.fill(0.0);
                for other in 0..outputs {
                    let second = match &problem.probabilities {
                        None => f64::from(u8::from(output == other)),
                        Some(p) => {
                            let p = p.row(row);
                            p[output] * (f64::from(u8::from(output == other)) - p[other])
                        }
                    };
                    if second != 0.0 {
                        for (sum, value) in weighted.iter_mut().zip(derivatives(other)) {
                            *sum += weight * second * value;
                        }
                    }
                }
                for (i, left) in derivatives(output).iter().enumerate() {
                    if *left != 0.0 {
                        let target = &mut hessian[i * count..i * count + i + 1];
                        for (sum, right) in target.iter_mut().zip(&weighted) {
                            *sum += left * right;
                        }
                    }
                }
            }
        }
        let trace: f64 = (0..count).map(|i| hessian[i * count + i]).sum();
        for i in 0..count {
            hessian[i * count + i] += RIDGE * trace / count as f64;
        }
        let factor = Cholesky::factor(hessian, count)
            .map_err(|_| "the fitted coefficients cannot be told apart".to_string())?;
        Ok(Spread {
            factor,
            scores,
            sizes,
            share: seen as f64 / rows.count.max(1) as f64,
        })
    }

    /// Of a function of what was fitted, by its gradient.
    fn standard_error(&self, gradient: &[f64]) -> f64 {
        let both = gradient.iter().zip(&self.sizes);
        let mut direction: Vec<f64> = both.map(|(value, size)| value / size).collect();
        self.factor.solve(&mut direction);
        let squares = (0..self.scores.rows()).map(|row| dot(self.scores.row(row), &direction));
        // Variances fall with the number of rows; few rows for many coefficients leave less than
        // their noise in the residuals.
        let rows = self.scores.rows() as f64;
        let lost = rows / (rows - self.sizes.len() as f64).max(1.0);
        (squares.map(|s| s * s).sum::<f64>() * self.share * lost).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::network::{Purpose, generator};
    use crate::terms::PureTerm;

    fn polynomial() -> Polynomial {
        Polynomial {
            inputs: 3,
            intercept: vec![0.5],
            pure: vec![PureTerm {
                order: 2,
                weights: Matrix::from_vec(3, 1, vec![1.0, -0.5, 0.25]),
            }],
            functions: vec![],
            pieces: vec![Piece {
                factors: Matrix::from_vec(2, 3, vec![1.0, 0.5, 0.0, 0.3, -1.0, 2.0]),
                weights: vec![1.5],
            }],
        }
    }

    fn random(rows: usize) -> Matrix<f64> {
        let mut random = generator(1, Purpose::Explanation, 9);
        let data = (0..3 * rows).map(|_| random.random_range(-1.0..1.0));
        Matrix::from_vec(rows, 3, data.collect())
    }

    #[test]
    fn derivatives_are_finite_differences() {
        let polynomial = polynomial();
        let x = random(4);
        let mut row = vec![0.0; places(&polynomial)];
        write_row(&polynomial, x.row(0), 0, &mut row);
        let powers = [(0, 1), (2, 1)];
        let gradient = by_fitted(&polynomial, 0, &powers);
        let changed = |place: usize, by: f64| {
            let mut other = polynomial.clone();
            match place {
                0 => other.intercept[0] += by,
                1..=3 => other.pure[0].weights.row_mut(place - 1)[0] += by,
                4..=9 => other.pieces[0].factors.data_mut()[place - 4] += by,
                _ => other.pieces[0].weights[0] += by,
            }
            let monomials = crate::expression::Monomials::of_polynomial(&other, 0).unwrap();
            (other.values(&x).row(0)[0], monomials.coefficient(&powers))
        };
        assert_eq!(row.len(), 11);
        for place in 0..row.len() {
            let (up, down) = (changed(place, 1e-5), changed(place, -1e-5));
            assert!(
                ((up.0 - down.0) / 2e-5 - row[place]).abs() < 1e-8,
                "{place}"
            );
            assert!(
                ((up.1 - down.1) / 2e-5 - gradient[place]).abs() < 1e-8,
                "{place}"
            );
        }
    }

    /// Of a polynomial that is linear in what is fitted, the sandwich with noise of one size is
    /// nearly the formula of least squares.
    #[test]
    fn linear_coefficients_have_the_errors_of_least_squares() {
        let rows = 4000;
        let x = random(rows);
        let linear = Polynomial {
            pure: vec![PureTerm {
                order: 1,
                weights: Matrix::from_vec(3, 1, vec![1.0, 2.0, 3.0]),
            }],
            pieces: vec![],
            ..polynomial()
        };
        let mut random = generator(2, Purpose::Explanation, 9);
        let values = linear.values(&x);
        let noisy = values.data().iter().map(|value| {
            let noise: f64 = StandardNormal.sample(&mut random);
            value + 0.1 * noise
        });
        let target = Target::Values(Matrix::from_vec(rows, 1, noisy.collect()));
        let of = Rows {
            encoded: &x,
            target: &target,
            weights: None,
            count: 4 * rows,
        };
        let scale: SearchScale = serde_json::from_str(
            r#"[{"shift":0.0,"scale":1.0,"limits":null,"winsorised":0},
                {"shift":0.0,"scale":1.0,"limits":null,"winsorised":0},
                {"shift":0.0,"scale":1.0,"limits":null,"winsorised":0}]"#,
        )
        .unwrap();
        let spread = Spread::new(of_pieces(&linear, &scale, &of).unwrap(), &of).unwrap();
        for input in 0..3 {
            let error = spread.standard_error(&by_fitted(&linear, 0, &[(input, 1)]));
            // sigma over the root of rows times the variance of the input, 1/3; there are four
            // times as many rows.
            let expected = 0.1 / (4.0 * rows as f64 / 3.0).sqrt();
            assert!((error / expected - 1.0).abs() < 0.05, "{error} {expected}");
        }
    }
}
