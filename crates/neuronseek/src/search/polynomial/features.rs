//! All monomials of the inputs up to a degree.

use crate::matrix::Matrix;
use crate::neuron::Term;

/// A monomial: the inputs that are multiplied, ascending, one named as often as it is a factor.
pub(super) type Monomial = Vec<usize>;

/// How many monomials of degree 1 to `degree` there are in `inputs` inputs; `None` where the number
/// is beyond all use.
pub(super) fn count(inputs: usize, degree: usize) -> Option<usize> {
    // C(inputs + degree, degree) - 1, by factors that stay whole.
    let mut all = 1usize;
    for k in 1..=degree {
        all = all.checked_mul(inputs.checked_add(k)?)? / k;
    }
    all.checked_sub(1)
}

/// The highest degree up to `highest` with at most `most` monomials, at least 1.
pub(super) fn degree_within(inputs: usize, highest: usize, most: usize) -> usize {
    let fits = |degree: &usize| count(inputs, *degree).is_some_and(|count| count <= most);
    (2..=highest).take_while(fits).last().unwrap_or(1)
}

/// All monomials of degree 1 to `degree`, lower degrees first.
pub(super) fn monomials(inputs: usize, degree: usize) -> Vec<Monomial> {
    let mut all: Vec<Monomial> = (0..inputs).map(|input| vec![input]).collect();
    let mut start = 0;
    for _ in 1..degree {
        let end = all.len();
        for parent in start..end {
            let last = all[parent][all[parent].len() - 1];
            for input in last..inputs {
                let mut next = all[parent].clone();
                next.push(input);
                all.push(next);
            }
        }
        start = end;
    }
    all
}

/// The values of `monomials` (as [`monomials`] lists them) at each row: rows x monomials.
pub(super) fn values(inputs: &Matrix<f64>, monomials: &[Monomial]) -> Matrix<f64> {
    let mut result = Matrix::zeros(inputs.rows(), monomials.len());
    for row in 0..inputs.rows() {
        let input = inputs.row(row);
        for (value, monomial) in result.row_mut(row).iter_mut().zip(monomials) {
            *value = monomial.iter().map(|&factor| input[factor]).product();
        }
    }
    result
}

/// The term to which a monomial belongs: a power of one input is part of the pure term of its
/// degree, a product of several inputs of the interaction of its degree.
pub(super) fn term(monomial: &[usize]) -> Term {
    let order = monomial.len();
    if monomial.iter().all(|input| *input == monomial[0]) {
        Term::pure(order)
    } else {
        Term::Interaction { order, rank: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_equal_the_lists() {
        for (inputs, degree) in [(1, 5), (3, 1), (3, 4), (10, 3)] {
            let all = monomials(inputs, degree);
            assert_eq!(count(inputs, degree), Some(all.len()));
            let mut unique = all.clone();
            unique.sort();
            unique.dedup();
            assert_eq!(unique.len(), all.len());
            assert!(all.iter().all(|one| one.is_sorted() && one.len() <= degree));
        }
        assert_eq!(count(usize::MAX, 2), None);
    }

    #[test]
    fn the_degree_keeps_to_the_limit() {
        assert_eq!(degree_within(10, 5, 3000), 4);
        assert_eq!(degree_within(10, 5, 3002), 5);
        assert_eq!(degree_within(100, 5, 3000), 1);
        assert_eq!(degree_within(5000, 5, 3000), 1);
        assert_eq!(degree_within(1, 9, 3000), 9);
    }

    #[test]
    fn values_and_terms_by_hand() {
        let all = monomials(2, 3);
        let x = Matrix::from_vec(1, 2, vec![2.0, 3.0]);
        // a b aa ab bb aaa aab abb bbb
        let expected = [2.0, 3.0, 4.0, 6.0, 9.0, 8.0, 12.0, 18.0, 27.0];
        assert_eq!(values(&x, &all).data(), expected);
        let terms: Vec<String> = all.iter().map(|one| term(one).to_string()).collect();
        let expected = "x x x^2 cp(2) x^2 x^3 cp(3) cp(3) x^3";
        assert_eq!(terms.join(" "), expected);
    }
}
