//! Adam with parameter groups and clipping of the gradient's length, in one pass.

use std::ops::Range;

use crate::terms::{Buffer, CpuPath, Kernel, Lanes, Real};

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Added to the second moment, so that its root has a reciprocal; nothing beside [`EPSILON`].
const TINY: f64 = 1e-30;

/// Parameters with one learning rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Which parameters; both ends multiples of [`crate::terms::PADDING`].
    pub range: Range<usize>,
    /// The learning rate, 0 to leave the group and its state as they are.
    pub rate: f64,
    /// Times the parameter, added to its gradient.
    pub decay: f64,
}

/// The optimiser's state.
///
/// `m <- .9 m + .1 g`, `v <- .999 v + .001 g^2`,
/// `p <- p - rate (m / (1 - .9^t)) / (sqrt(v / (1 - .999^t)) + 1e-8)` with `g` the gradient,
/// shortened to the longest length allowed, plus `decay * p`.
#[derive(Debug, Clone)]
pub struct Adam<T: Real> {
    first: Buffer<T>,
    second: Buffer<T>,
    /// Of each group the decays to the power of the steps in which it moved, for the corrections
    /// of the moments' bias.
    powers: Vec<[f64; 2]>,
}

impl<T: Real> Adam<T> {
    /// For so many parameters.
    pub fn new(parameters: usize) -> Adam<T> {
        Adam {
            first: Buffer::zeros(parameters),
            second: Buffer::zeros(parameters),
            powers: Vec::new(),
        }
    }

    /// Makes one step; `longest` is the longest gradient (over all groups) that is not shortened.
    pub fn step(
        &mut self,
        path: CpuPath,
        parameters: &mut [T],
        gradient: &[T],
        groups: &[Group],
        longest: f64,
    ) {
        self.powers.resize(groups.len(), [1.0; 2]);
        let length = path.run(SquaredLength(gradient)).to_f64().sqrt();
        let shorten = (longest / (length + 1e-6)).min(1.0);
        for (group, powers) in groups.iter().zip(&mut self.powers) {
            if group.rate == 0.0 {
                continue;
            }
            powers[0] *= FIRST_DECAY;
            powers[1] *= SECOND_DECAY;
            let [first, second] = powers.map(|power| 1.0 - power);
            path.run(GroupStep {
                parameters: &mut parameters[group.range.clone()],
                gradient: &gradient[group.range.clone()],
                first: &mut self.first[group.range.clone()],
                second: &mut self.second[group.range.clone()],
                shorten: T::from_f64(shorten),
                decay: T::from_f64(group.decay),
                rate: T::from_f64(-group.rate / first),
                root: T::from_f64(1.0 / second.sqrt()),
            });
        }
    }
}

struct SquaredLength<'a, T>(&'a [T]);

impl<T: Real> Kernel<T> for SquaredLength<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) -> T {
        // Four sums, since one would wait for itself at every addition.
        let mut sums = [V::splat(T::default()); 4];
        let chunks = self.0.chunks_exact(4 * V::COUNT);
        let rest = super::norm::dot::<V>(chunks.remainder(), chunks.remainder());
        for chunk in chunks {
            for (part, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the chunk has 4 COUNT elements.
                let g = unsafe { V::load(chunk.as_ptr().add(part * V::COUNT)) };
                *sum = g.mul_add(g, *sum);
            }
        }
        sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum() + rest
    }
}

struct GroupStep<'a, T> {
    parameters: &'a mut [T],
    gradient: &'a [T],
    first: &'a mut [T],
    second: &'a mut [T],
    shorten: T,
    decay: T,
    rate: T,
    root: T,
}

impl<T: Real> Kernel<T> for GroupStep<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let (shorten, decay) = (V::splat(self.shorten), V::splat(self.decay));
        let (rate, root) = (V::splat(self.rate), V::splat(self.root));
        let first_share = V::splat(T::from_f64(1.0 - FIRST_DECAY));
        let second_decay = V::splat(T::from_f64(SECOND_DECAY));
        let second_share = V::splat(T::from_f64(1.0 - SECOND_DECAY));
        let epsilon = V::splat(T::from_f64(EPSILON));
        let tiny = V::splat(T::from_f64(TINY));
        let parameters = self.parameters.chunks_exact_mut(V::COUNT);
        let gradient = self.gradient.chunks_exact(V::COUNT);
        let first = self.first.chunks_exact_mut(V::COUNT);
        let second = self.second.chunks_exact_mut(V::COUNT);
        for (((p, g), m), v) in parameters.zip(gradient).zip(first).zip(second) {
            // SAFETY: each chunk has COUNT elements.
            unsafe {
                let old = V::load(p.as_ptr());
                let g = V::load(g.as_ptr()).mul_add(shorten, old.mul(decay));
                let old_first = V::load(m.as_ptr());
                let new_first = g.sub(old_first).mul_add(first_share, old_first);
                let kept = V::load(v.as_ptr()).mul(second_decay);
                let new_second = g.mul(g).mul_add(second_share, kept);
                let square = new_second.add(tiny);
                let scale = square.mul(square.reciprocal_sqrt()).mul_add(root, epsilon);
                new_first.store(m.as_mut_ptr());
                new_second.store(v.as_mut_ptr());
                new_first
                    .div(scale)
                    .mul_add(rate, old)
                    .store(p.as_mut_ptr());
            }
        }
    }
}
