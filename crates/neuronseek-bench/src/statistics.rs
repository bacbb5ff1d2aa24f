//! Numbers about numbers.

/// The median; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile `share`, 0 to 1, linear between neighbours; `None` of nothing.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor();
    let (low, high) = (sorted[below as usize], sorted[place.ceil() as usize]);
    let part = place - below;
    // Not low + part (high - low): that is no number between infinities.
    Some(if part == 0.0 {
        low
    } else {
        (1.0 - part) * low + part * high
    })
}

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation with n - 1; `None` of fewer than two.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The entropy of a list of labels in bits, -sum p log2 p over its distinct labels: 0 when all are
/// alike, log2 n when all n differ; 0 of nothing.
pub fn entropy<T: Ord>(labels: &[T]) -> f64 {
    let mut sorted: Vec<&T> = labels.iter().collect();
    sorted.sort();
    let groups = sorted.chunk_by(|a, b| a == b);
    let shares = groups.map(|group| group.len() as f64 / labels.len() as f64);
    // Of one group alone the sum is -0.
    (0.0 - shares.map(|share| share * share.log2()).sum::<f64>()).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[f64::INFINITY, f64::INFINITY]), Some(f64::INFINITY));
        assert_eq!(median(&[]), None);
        assert_eq!(quantile(&[0.0, 10.0], 0.25), Some(2.5));
        assert_eq!(deviation(&[1.0, 3.0]), Some(2f64.sqrt()));
        assert_eq!(deviation(&[1.0]), None);
        assert_eq!(entropy(&["a", "a"]), 0.0);
        assert_eq!(entropy(&["a", "b", "c", "d"]), 2.0);
        assert_eq!(entropy(&["a", "b", "a", "b"]), 1.0);
        assert_eq!(entropy::<u8>(&[]), 0.0);
    }
}
