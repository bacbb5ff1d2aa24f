//! Medians and other quantiles of a column.

/// The finite numbers of a column in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Sorted(Vec<f64>);

impl Sorted {
    /// Leaves out what is not finite.
    pub fn new(values: impl Iterator<Item = f64>) -> Sorted {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        Sorted(values)
    }

    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The quantile at `share`, 0 to 1, interpolated between the two nearest values (numpy's
    /// "linear"); 0 when there are no values.
    pub fn quantile(&self, share: f64) -> f64 {
        let Some(last) = self.0.len().checked_sub(1) else {
            return 0.0;
        };
        let position = share * last as f64;
        let below = (position.floor() as usize).min(last);
        let above = (below + 1).min(last);
        let part = position - below as f64;
        // Not `a + part * (b - a)`: the difference of huge numbers of unlike sign overflows.
        self.0[below] * (1.0 - part) + self.0[above] * part
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// How many different values there are.
    pub fn distinct(&self) -> usize {
        self.0.chunk_by(|a, b| a == b).count()
    }
}

/// Whether no value is other than 0 and 1, and both occur. (Asked before a column is sorted: most
/// columns of an encoded table of categories are such.)
pub(super) fn is_indicator(values: &[f64]) -> bool {
    values.iter().all(|&value| value == 0.0 || value == 1.0)
        && values.contains(&0.0)
        && values.contains(&1.0)
}

/// The root of the mean of squares of numbers whose squares may overflow; 0 for no numbers.
pub(super) fn root_mean_square(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let (largest, count) = values
        .clone()
        .fold((0.0f64, 0usize), |(largest, count), value| {
            (largest.max(value.abs()), count + 1)
        });
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    let sum: f64 = values.map(|value| (value / largest).powi(2)).sum();
    largest * (sum / count as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        let sorted = Sorted::new([4.0, 1.0, f64::NAN, 2.0, 10.0].into_iter());
        assert_eq!(sorted.values(), [1.0, 2.0, 4.0, 10.0]);
        assert_eq!(sorted.median(), 3.0);
        // numpy.quantile([1, 2, 4, 10], [0, .25, .9, 1])
        let quantiles = [0.0, 0.25, 0.9, 1.0].map(|share| sorted.quantile(share));
        let expected = [1.0, 1.75, 8.2, 10.0];
        for (quantile, expected) in quantiles.iter().zip(expected) {
            assert!((quantile - expected).abs() < 1e-12);
        }
        assert_eq!(Sorted::new([].into_iter()).median(), 0.0);
        let huge = Sorted::new([-f64::MAX, f64::MAX].into_iter());
        assert_eq!(huge.median(), 0.0);
    }

    #[test]
    fn indicators_hold_both_values_and_no_other() {
        let is = is_indicator;
        assert!(is(&[0.0, 1.0, 1.0]));
        assert!(!is(&[0.0, 0.0]) && !is(&[1.0]) && !is(&[0.0, 0.5, 1.0]) && !is(&[]));
    }

    #[test]
    fn the_root_of_huge_squares_is_finite() {
        let values = [3e200, -4e200];
        let root = root_mean_square(values.into_iter());
        assert!((root / 12.5f64.sqrt() / 1e200 - 1.0).abs() < 1e-12);
        assert_eq!(root_mean_square([0.0, 0.0].into_iter()), 0.0);
    }
}
