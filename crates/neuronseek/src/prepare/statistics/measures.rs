use crate::matrix::Matrix;
use crate::prepare::Target;

/// At most so many columns of numbers are made of the target.
const MOST: usize = 10;

/// What is averaged per level: the target as it is and its rank for numbers, 0/1 for each class but
/// the first; at most [`MOST`] columns. (The rank is there for heavy tails, where the mean of a
/// level is that of its few largest rows.)
pub(super) fn measures(target: &Target) -> Matrix<f64> {
    match target {
        Target::Values(values) => {
            let targets = values.columns().min(MOST / 2);
            let mut measures = Matrix::zeros(values.rows(), 2 * targets);
            for target in 0..targets {
                let column = values.column(target);
                for (row, rank) in ranks(&column).into_iter().enumerate() {
                    let out = &mut measures.row_mut(row)[2 * target..];
                    (out[0], out[1]) = (column[row], rank);
                }
            }
            measures
        }
        Target::Classes { labels, count } => {
            let columns = (count - 1).min(MOST);
            let mut measures = Matrix::zeros(labels.len(), columns);
            for (row, &label) in labels.iter().enumerate() {
                if (1..=columns).contains(&label) {
                    measures.row_mut(row)[label - 1] = 1.0;
                }
            }
            measures
        }
    }
}

/// Their names.
pub(super) fn names(targets: &[String], classes: &[String]) -> Vec<String> {
    if classes.is_empty() {
        let targets = targets.iter().take(MOST / 2);
        return targets
            .flat_map(|name| [format!("mean({name})"), format!("rank({name})")])
            .collect();
    }
    let classes = classes.iter().skip(1).take(MOST);
    classes.map(|class| format!("share({class})")).collect()
}

/// The mid-ranks, with mean 0, spread over -sqrt 3 to sqrt 3 (deviation 1 without ties).
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let count = values.len() as f64;
    let mut below = 0;
    for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let middle = below as f64 + 0.5 * ties.len() as f64;
        for &row in ties {
            ranks[row] = (2.0 * middle / count - 1.0) * 3f64.sqrt();
        }
        below += ties.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_do_not_see_how_far_an_outlier_is() {
        let ranked = ranks(&[1.0, 5.0, 1e9, 1.0]);
        let step = 3f64.sqrt() / 4.0;
        let expected = [-2.0 * step, step, 3.0 * step, -2.0 * step];
        for (rank, expected) in ranked.iter().zip(expected) {
            assert!((rank - expected).abs() < 1e-12, "{ranked:?}");
        }
    }

    #[test]
    fn every_class_but_the_first_has_a_column() {
        let target = Target::Classes {
            labels: vec![0, 2, 1],
            count: 3,
        };
        assert_eq!(measures(&target).data(), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        let classes = ["a", "b", "c"].map(String::from);
        assert_eq!(names(&[], &classes), ["share(b)", "share(c)"]);
    }
}
