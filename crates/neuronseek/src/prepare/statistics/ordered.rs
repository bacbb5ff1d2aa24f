use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::matrix::Matrix;

/// The random stream of the order, apart from those that split rows.
const STREAM: u64 = 17;

/// The rows 0 to below `rows` in a random order.
pub(super) fn order(rows: usize, seed: u64) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut random);
    order
}

/// What earlier rows of the same group add up to.
pub(super) struct Earlier {
    /// rows x measures.
    pub sums: Matrix<f64>,
    /// The weights of these rows together.
    pub weights: Vec<f64>,
}

impl Earlier {
    /// Of `measures` (rows x measures) in groups (the group of each row, below `count`); earlier is
    /// what comes first in `order`.
    pub fn new(
        groups: &[u32],
        count: usize,
        measures: &Matrix<f64>,
        weights: Option<&[f64]>,
        order: &[usize],
    ) -> Earlier {
        let mut running = Matrix::zeros(count, measures.columns());
        let mut running_weights = vec![0.0; count];
        let mut earlier = Earlier {
            sums: Matrix::zeros(measures.rows(), measures.columns()),
            weights: vec![0.0; measures.rows()],
        };
        for &row in order {
            let group = groups[row] as usize;
            let sums = running.row_mut(group);
            earlier.sums.row_mut(row).copy_from_slice(sums);
            earlier.weights[row] = running_weights[group];
            let weight = weights.map_or(1.0, |weights| weights[row]);
            for (sum, value) in sums.iter_mut().zip(measures.row(row)) {
                *sum += weight * value;
            }
            running_weights[group] += weight;
        }
        earlier
    }

    /// The mean of a row's earlier rows and of `prior` rows that hold 0.
    pub fn mean(&self, row: usize, measure: usize, prior: f64) -> f64 {
        self.sums.row(row)[measure] / (self.weights[row] + prior)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sees_the_rows_before_it_alone() {
        let measures = Matrix::from_vec(4, 1, vec![1.0, 2.0, 4.0, 8.0]);
        let earlier = Earlier::new(&[0, 1, 0, 0], 2, &measures, None, &[3, 0, 1, 2]);
        assert_eq!(earlier.sums.data(), [8.0, 0.0, 9.0, 0.0]);
        assert_eq!(earlier.weights, [1.0, 0.0, 2.0, 0.0]);
        assert_eq!(earlier.mean(2, 0, 1.0), 3.0);
    }

    #[test]
    fn an_order_is_of_its_seed() {
        assert_eq!(order(50, 3), order(50, 3));
        assert_ne!(order(50, 3), order(50, 4));
    }
}
