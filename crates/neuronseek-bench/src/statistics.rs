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

/// The 95 % interval of the mean of independent normal values, by Student's t: mean +- t s / sqrt n;
/// `None` of fewer than two.
pub fn interval(values: &[f64]) -> Option<(f64, f64)> {
    let (mean, deviation) = (mean(values)?, deviation(values)?);
    let count = values.len();
    let half = student(count - 1, 0.95) * deviation / (count as f64).sqrt();
    Some((mean - half, mean + half))
}

/// The t for which |T| < t has probability `inside`, T of Student's law of so many degrees.
///
/// With theta = atan(t / sqrt(degrees)) the probability is a finite sum (Abramowitz and Stegun,
/// 26.7.3 and 26.7.4), which grows with theta; theta is found by halving.
fn student(degrees: usize, inside: f64) -> f64 {
    let probability = |theta: f64| {
        let (sine, cosine) = theta.sin_cos();
        let odd = degrees % 2 == 1;
        let (mut term, mut sum) = (if odd { cosine } else { 1.0 }, 0.0);
        let first = if odd { 1 } else { 0 };
        for power in (first..degrees.saturating_sub(1)).step_by(2) {
            sum += term;
            term *= cosine.powi(2) * (power + 1) as f64 / (power + 2) as f64;
        }
        if odd {
            std::f64::consts::FRAC_2_PI * (theta + sine * sum)
        } else {
            sine * sum
        }
    };
    let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if probability(middle) < inside {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.tan() * (degrees as f64).sqrt()
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
    fn quantiles_of_student_agree_with_printed_tables() {
        let table = [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764)];
        let more = [(9, 2.2622), (10, 2.2281), (30, 2.0423), (99, 1.9842)];
        for (degrees, t) in table.into_iter().chain(more) {
            assert!((student(degrees, 0.95) - t).abs() < 1e-4, "{degrees}");
        }
        let (low, high) = interval(&[1.0, 3.0]).unwrap();
        assert!((low + high - 4.0).abs() < 1e-12 && (high - 2.0 - 12.7062).abs() < 1e-4);
        assert_eq!(interval(&[1.0]), None);
    }

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
