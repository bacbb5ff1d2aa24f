use super::config::{MAX_WIDTH, NetworkConfig};

/// Hidden widths in the proportions of `config.hidden` whose network has as nearly as possible
/// the given number of parameters; of two equally near, the smaller network.
///
/// To compare a task-driven with a linear network at equal size: pass the linear configuration
/// and the task-driven network's [`NetworkConfig::parameters`]. Widths are at least 1 (2 with a
/// layer norm). Without hidden layers there is nothing to choose, and the result is empty.
pub fn widths_matching(config: &NetworkConfig, parameters: usize) -> Vec<usize> {
    let Some(&widest) = config.hidden.iter().max() else {
        return Vec::new();
    };
    let least = if config.norm == super::Norm::Layer {
        2
    } else {
        1
    };
    let mut trial = config.clone();
    let scaled = |width: usize| -> Vec<usize> {
        let scale = |&units: &usize| {
            let units = units as f64 * width as f64 / widest.max(1) as f64;
            (units.round() as usize).clamp(least, MAX_WIDTH)
        };
        config.hidden.iter().map(scale).collect()
    };
    let mut count = |widths: &[usize]| {
        trial.hidden.clear();
        trial.hidden.extend_from_slice(widths);
        trial.parameters()
    };
    // The count grows with the width: the last one that does not exceed the wish, by halving.
    let (mut low, mut high) = (1, MAX_WIDTH);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if count(&scaled(middle)) <= parameters {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut best = scaled(low);
    let mut distance = count(&best).abs_diff(parameters);
    let mut consider = |widths: Vec<usize>| {
        let found = count(&widths).abs_diff(parameters);
        if found < distance {
            distance = found;
            best = widths;
        }
    };
    consider(scaled(low + 1));
    // One layer more or less by one unit keeps the proportions as well as rounding does.
    for base in [scaled(low), scaled(low + 1)] {
        for layer in 0..base.len() {
            for units in [base[layer] - 1, base[layer] + 1] {
                let mut widths = base.clone();
                widths[layer] = units.clamp(least, MAX_WIDTH);
                consider(widths);
            }
        }
    }
    best
}
