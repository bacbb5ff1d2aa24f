//! The monomials up to a degree.

use crate::matrix::Matrix;

/// With more monomials than this, none are looked at.
const MOST: usize = 600;

/// (input, power), ascending by input.
pub(crate) type Powers = Vec<(usize, u32)>;

/// All monomials of degree 1 to `degree` of the inputs that vary, those of low degree first; `None`
/// where there are too many.
pub(super) fn monomials(inputs: &Matrix<f64>, degree: usize) -> Option<Vec<Powers>> {
    let varies = |input: usize| {
        let column = inputs.column(input);
        column.iter().any(|value| *value != column[0])
    };
    let inputs: Vec<usize> = (0..inputs.columns()).filter(|&i| varies(i)).collect();
    let mut all: Vec<Powers> = Vec::new();
    let mut last: Vec<Powers> = vec![Vec::new()];
    for _ in 0..degree {
        let mut next = Vec::new();
        for powers in &last {
            let first = powers.last().map_or(0, |(input, _)| *input);
            for &input in inputs.iter().filter(|&&input| input >= first) {
                next.push(times(powers, input));
            }
            if all.len() + next.len() > MOST {
                return None;
            }
        }
        all.extend(next.iter().cloned());
        last = next;
    }
    Some(all)
}

/// One more factor, an input that is none of the earlier ones but may be the last.
fn times(powers: &Powers, input: usize) -> Powers {
    let mut powers = powers.clone();
    match powers.last_mut() {
        Some((last, power)) if *last == input => *power += 1,
        _ => powers.push((input, 1)),
    }
    powers
}

/// The values of monomials, rows x monomials.
pub(super) fn values(inputs: &Matrix<f64>, monomials: &[Powers]) -> Matrix<f64> {
    let mut values = Matrix::zeros(inputs.rows(), monomials.len());
    for row in 0..inputs.rows() {
        let x = inputs.row(row);
        for (value, powers) in values.row_mut(row).iter_mut().zip(monomials) {
            let factors = powers
                .iter()
                .map(|(input, power)| x[*input].powi(*power as i32));
            *value = factors.product();
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_of_inputs_that_vary() {
        let inputs = Matrix::from_vec(2, 3, vec![1.0, 7.0, 2.0, 3.0, 7.0, 5.0]);
        let all = monomials(&inputs, 2).unwrap();
        let expected: [Powers; 5] = [
            vec![(0, 1)],
            vec![(2, 1)],
            vec![(0, 2)],
            vec![(0, 1), (2, 1)],
            vec![(2, 2)],
        ];
        assert_eq!(all, expected);
        assert_eq!(values(&inputs, &all).row(1), [3.0, 5.0, 9.0, 15.0, 25.0]);
        // 4 inputs to degree 3: 4 + 10 + 20.
        let four = Matrix::from_vec(2, 4, (0..8).map(f64::from).collect());
        assert_eq!(monomials(&four, 3).unwrap().len(), 34);
        let wide = Matrix::from_vec(2, 40, (0..80).map(f64::from).collect());
        assert!(monomials(&wide, 2).is_none());
    }
}
