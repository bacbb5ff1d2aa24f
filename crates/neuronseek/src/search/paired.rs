/// By how much the sum of `errors` is above that of `others`, and the standard error of this
/// difference: row by row, so what is hard to predict for both does not count.
///
/// `sum d` and `sqrt(n / (n - 1) sum (d - mean d)^2)` with the n differences d.
pub(crate) fn paired(errors: &[f64], others: &[f64]) -> (f64, f64) {
    let count = errors.len() as f64;
    let differences = || errors.iter().zip(others).map(|(a, b)| a - b);
    let mean = differences().sum::<f64>() / count;
    let squares: f64 = differences().map(|d| (d - mean).powi(2)).sum();
    let variance = squares * count / (count - 1.0).max(1.0);
    (count * mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_share_does_not_count() {
        // The same difference at every row has no error, however the rows differ.
        let a = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(paired(&a, &[0.0, 1.0, 2.0, 3.0]), (4.0, 0.0));
        // Differences 1, -1, 1, -1: their sum's variance is 4 times 4/3.
        let (above, error) = paired(&a, &[0.0, 3.0, 2.0, 5.0]);
        assert_eq!(above, 0.0);
        assert!((error - (16.0f64 / 3.0).sqrt()).abs() < 1e-12, "{error}");
    }
}
