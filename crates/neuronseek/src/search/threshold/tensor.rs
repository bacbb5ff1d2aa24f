//! The value of a coefficient tensor at one row, and its gradient.

use super::Form;
use crate::neuron::MAX_ORDER;

/// A tensor of order n in the given form.
///
/// Projections p of a row, `<u_{m,r}, x>`, stand mode after mode: order x rank. A core stands with
/// the last index fastest: rank^order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tensor {
    pub order: usize,
    pub rank: usize,
    pub form: Form,
}

/// Working memory: a core contracted with the projections of its last modes, and the adjoints.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// At k the core contracted with all modes from k on: rank^k.
    contracted: Vec<Vec<f64>>,
    /// At k the product of the projections of the modes below k: rank^k.
    outer: Vec<Vec<f64>>,
}

impl Tensor {
    /// How many numbers the core has; none in CP form.
    pub fn core(&self) -> usize {
        match self.form {
            Form::Cp => 0,
            Form::Tucker => self.rank.pow(self.order as u32),
        }
    }

    /// How many projections a row has.
    pub fn projections(&self) -> usize {
        self.order * self.rank
    }

    /// Parameters that count: products of lengths, and in Tucker form changes of basis, are taken
    /// off.
    pub fn freedom(&self, inputs: usize) -> usize {
        let factors = self.order * self.rank * inputs;
        match self.form {
            _ if self.order == 1 => inputs,
            Form::Cp => factors - (self.order - 1) * self.rank,
            Form::Tucker => {
                let basis = self.order * self.rank * self.rank;
                (factors + self.core()).saturating_sub(basis).max(1)
            }
        }
    }

    /// The value at the projections `p`.
    pub fn value(&self, core: &[f64], p: &[f64], scratch: &mut Scratch) -> f64 {
        let rank = self.rank;
        match self.form {
            Form::Cp => (0..rank)
                .map(|r| (0..self.order).map(|m| p[m * rank + r]).product::<f64>())
                .sum(),
            Form::Tucker => {
                scratch.contracted.resize(self.order + 1, Vec::new());
                scratch.contracted[self.order].clear();
                scratch.contracted[self.order].extend_from_slice(core);
                for mode in (0..self.order).rev() {
                    let (to, from) = scratch.contracted.split_at_mut(mode + 1);
                    let along = &p[mode * rank..(mode + 1) * rank];
                    let rows = from[0].chunks_exact(rank);
                    to[mode].clear();
                    to[mode].extend(
                        rows.map(|row| row.iter().zip(along).map(|(c, p)| c * p).sum::<f64>()),
                    );
                }
                scratch.contracted[0][0]
            }
        }
    }

    /// Adds `slope` times the derivatives by projections and core to `dp` and `dcore`; after
    /// [`Tensor::value`] with the same projections and memory.
    pub fn add_gradient(
        &self,
        p: &[f64],
        slope: f64,
        scratch: &mut Scratch,
        dp: &mut [f64],
        dcore: &mut [f64],
    ) {
        match self.form {
            Form::Cp => self.add_cp_gradient(p, slope, dp),
            Form::Tucker => self.add_tucker_gradient(p, slope, scratch, dp, dcore),
        }
    }

    fn add_cp_gradient(&self, p: &[f64], slope: f64, dp: &mut [f64]) {
        let rank = self.rank;
        for r in 0..rank {
            let mut before = [0.0; MAX_ORDER];
            let mut product = slope;
            for (m, before) in before.iter_mut().enumerate().take(self.order) {
                *before = product;
                product *= p[m * rank + r];
            }
            let mut after = 1.0;
            for m in (0..self.order).rev() {
                dp[m * rank + r] += before[m] * after;
                after *= p[m * rank + r];
            }
        }
    }

    fn add_tucker_gradient(
        &self,
        p: &[f64],
        slope: f64,
        scratch: &mut Scratch,
        dp: &mut [f64],
        dcore: &mut [f64],
    ) {
        let rank = self.rank;
        scratch.outer.resize(self.order + 1, Vec::new());
        scratch.outer[0].clear();
        scratch.outer[0].push(slope);
        for mode in 0..self.order {
            let along = &p[mode * rank..(mode + 1) * rank];
            let derivative = &mut dp[mode * rank..(mode + 1) * rank];
            let (from, to) = scratch.outer.split_at_mut(mode + 1);
            to[0].clear();
            let rows = scratch.contracted[mode + 1].chunks_exact(rank);
            for (outer, row) in from[mode].iter().zip(rows) {
                for (derivative, c) in derivative.iter_mut().zip(row) {
                    *derivative += outer * c;
                }
                to[0].extend(along.iter().map(|p| outer * p));
            }
        }
        for (derivative, outer) in dcore.iter_mut().zip(&scratch.outer[self.order]) {
            *derivative += outer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, shift: usize) -> Vec<f64> {
        let number = |i: usize| ((i + shift) * 7919 % 101) as f64 / 50.0 - 1.0;
        (0..count).map(number).collect()
    }

    fn value(tensor: Tensor, core: &[f64], p: &[f64]) -> f64 {
        tensor.value(core, p, &mut Scratch::default())
    }

    #[test]
    fn values_by_hand() {
        let (order, rank) = (2, 2);
        let p = [1.0, 2.0, 3.0, 5.0];
        let form = Form::Cp;
        let cp = Tensor { order, rank, form };
        assert_eq!(value(cp, &[], &p), 1.0 * 3.0 + 2.0 * 5.0);
        let form = Form::Tucker;
        let tucker = Tensor { order, rank, form };
        // A diagonal core is the CP form; any other one mixes.
        assert_eq!(value(tucker, &[1.0, 0.0, 0.0, 1.0], &p), 13.0);
        assert_eq!(value(tucker, &[0.0, 7.0, 0.0, 0.0], &p), 7.0 * 1.0 * 5.0);
    }

    #[test]
    fn gradients_equal_finite_differences_and_the_core_has_one() {
        for form in [Form::Cp, Form::Tucker] {
            for order in 1..=4 {
                let tensor = Tensor {
                    order,
                    rank: 3,
                    form,
                };
                let core = numbers(tensor.core(), 3);
                let p = numbers(tensor.projections(), 17);
                let mut scratch = Scratch::default();
                tensor.value(&core, &p, &mut scratch);
                let mut dp = vec![0.5; p.len()];
                let mut dcore = vec![0.5; core.len()];
                tensor.add_gradient(&p, 2.0, &mut scratch, &mut dp, &mut dcore);
                let slope = |at: usize, of_core: bool| {
                    let moved = |by: f64| {
                        let (mut core, mut p) = (core.clone(), p.clone());
                        let changed = if of_core { &mut core } else { &mut p };
                        changed[at] += by;
                        value(tensor, &core, &p)
                    };
                    0.5 + 2.0 * (moved(1e-6) - moved(-1e-6)) / 2e-6
                };
                for (at, derivative) in dp.iter().enumerate() {
                    assert!((derivative - slope(at, false)).abs() < 1e-8);
                }
                for (at, derivative) in dcore.iter().enumerate() {
                    assert!((derivative - slope(at, true)).abs() < 1e-8);
                    assert_ne!(*derivative, 0.5);
                }
                assert_eq!(dcore.is_empty(), form == Form::Cp);
            }
        }
    }
}
