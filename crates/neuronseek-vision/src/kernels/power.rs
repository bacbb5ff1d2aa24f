//! Powers with a bound, the pure terms of a convolutional neuron.
//!
//! A power of order k grows with |x|^k, and a deep stack of them overflows. A bounded one is the
//! same near 0 and levels off at `bound^k`; clipping x was rejected, since its gradient is 0
//! beyond the bound and a unit there never comes back.

use neuronseek::terms::{CpuPath, Lanes};

use super::element_wise::{Operation, map};

/// From so many bounds on, x is as good as infinite: its square would not be finite.
const FAR: f32 = 1e9;

/// `y = b(x)^order` with `b(x) = x / sqrt(1 + (x / bound)^2)`, or `b(x) = x` without a bound.
///
/// The order is any, 0 giving 1; the bound is above 0. To within 2^-21 * order of the exact value.
///
/// # Panics
/// When the lengths differ.
pub fn power(path: CpuPath, order: u32, bound: Option<f32>, x: &[f32], y: &mut [f32]) {
    match bound {
        None => map(path, Power { order }, [x], y),
        Some(bound) => map(path, BoundedPower { order, bound }, [x], y),
    }
}

/// `gx = gy * order * b(x)^(order - 1) * (1 + (x / bound)^2)^(-3/2)`, the last factor being 1
/// without a bound.
///
/// # Panics
/// When the lengths differ.
pub fn power_gradient(
    path: CpuPath,
    order: u32,
    bound: Option<f32>,
    x: &[f32],
    gy: &[f32],
    gx: &mut [f32],
) {
    match bound {
        None => map(path, Power { order }, [x, gy], gx),
        Some(bound) => map(path, BoundedPower { order, bound }, [x, gy], gx),
    }
}

#[derive(Clone, Copy)]
struct Power {
    order: u32,
}

#[derive(Clone, Copy)]
struct BoundedPower {
    order: u32,
    bound: f32,
}

#[inline(always)]
fn raise<V: Lanes<Scalar = f32>>(x: V, order: u32) -> V {
    let mut power = V::splat(1.0);
    for _ in 0..order {
        power = power.mul(x);
    }
    power
}

impl BoundedPower {
    /// b(x) and b(x) / x.
    #[inline(always)]
    fn level<V: Lanes<Scalar = f32>>(self, x: V) -> (V, V) {
        let far = V::splat(-FAR * self.bound);
        let below = far.max(x);
        let x = V::splat(0.0).sub(far.max(V::splat(0.0).sub(below)));
        let ratio = x.mul(V::splat(1.0 / self.bound));
        let factor = ratio.mul_add(ratio, V::splat(1.0)).reciprocal_sqrt();
        (x.mul(factor), factor)
    }
}

impl Operation<1> for Power {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x]: [V; 1]) -> V {
        raise(x, self.order)
    }
}

impl Operation<2> for Power {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x, gy]: [V; 2]) -> V {
        let slope = raise(x, self.order.saturating_sub(1)).mul(V::splat(self.order as f32));
        gy.mul(slope)
    }
}

impl Operation<1> for BoundedPower {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x]: [V; 1]) -> V {
        raise(self.level(x).0, self.order)
    }
}

impl Operation<2> for BoundedPower {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x, gy]: [V; 2]) -> V {
        let (level, factor) = self.level(x);
        let slope = raise(level, self.order.saturating_sub(1)).mul(V::splat(self.order as f32));
        gy.mul(slope).mul(factor.mul(factor).mul(factor))
    }
}
