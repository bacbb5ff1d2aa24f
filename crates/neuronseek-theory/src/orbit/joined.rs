use super::{Grid, Orbit};
use crate::bound::{Bounds, Effort, NoBound, Patch, Supremum, at_point, supremum, tightened};
use crate::error::TheoryError;
use crate::function::Function;
use crate::interval::Interval;
use crate::jet::{Jet, MOST_INPUTS, Region, Undefined, middle};

/// Values at the nodes of a grid, joined linearly along each input.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The grid.
    pub grid: Grid,
    /// The value at each node, enclosed.
    values: Vec<Interval>,
}

impl Joined {
    /// What the network of this orbit computes.
    pub fn of_orbit(orbit: &Orbit, grid: Grid) -> Joined {
        let enclose = |node: &super::Node| {
            let (value, radius) = (node.to_f64(), node.radius().next_up());
            Interval::new((value - radius).next_down(), (value + radius).next_up())
        };
        Joined {
            grid,
            values: orbit.nodes.iter().map(enclose).collect(),
        }
    }

    /// Values known to within a few roundings of 1.
    pub(crate) fn of_values(values: &[f64], grid: Grid) -> Joined {
        let enclose = |value: &f64| Interval::new(value - 1e-14, value + 1e-14);
        Joined {
            grid,
            values: values.iter().map(enclose).collect(),
        }
    }

    /// The function's own values.
    fn of_function(function: &Function, grid: Grid) -> Result<Joined, Undefined> {
        let value = |node: usize| Ok(function.enclose(&at_point(grid.place(node)))?.value);
        let values: Result<_, Undefined> = (0..grid.nodes()).map(value).collect();
        Ok(Joined {
            grid,
            values: values?,
        })
    }

    /// One box per cell of the grid.
    fn patches(&self) -> Vec<Patch> {
        crate::bound::cube(self.grid.inputs, self.grid.intervals)
    }

    /// The joined values over a part of a cell.
    fn enclose(&self, cell: usize, region: &Region) -> Jet {
        let sides = self.grid.intervals;
        let mut corner = [0; MOST_INPUTS];
        let mut rest = cell;
        for coordinate in corner.iter_mut().take(self.grid.inputs) {
            *coordinate = rest % sides;
            rest /= sides;
        }
        let scale = Interval::point(sides as f64);
        let mut level: Vec<Jet> = (self.grid.corners(&corner).iter())
            .map(|&node| Jet::constant(self.values[node]))
            .collect();
        for (index, &first) in corner.iter().enumerate().take(self.grid.inputs) {
            let share = region[index] * scale - Interval::point(first as f64);
            let mut share = Jet::input(index, share.meet(Interval::new(0.0, 1.0)));
            share.slope[index] = scale;
            level = level
                .chunks_exact(2)
                .map(|pair| pair[0].plus(pair[1].minus(pair[0]).times(share)))
                .collect();
        }
        level[0]
    }

    /// The largest distance from the function.
    fn error(&self, function: &Function, effort: &Effort) -> Result<Supremum, NoBound> {
        let bounds = |patch: &Patch| {
            let over = |region: &Region| {
                let jet = function.enclose(region)?;
                Ok(jet.minus(self.enclose(patch.cell, region)))
            };
            let at_middle = over(&at_point(middle(&patch.region)))?;
            let difference = tightened(&over(&patch.region)?, &at_middle, &patch.region);
            Ok(Bounds {
                upper: difference.magnitude(),
                lower: at_middle.value.abs().low,
            })
        };
        supremum(self.patches(), effort, bounds)
    }
}

/// No error is proven to be smaller than this: doubles carry the enclosures.
pub const ROUNDINGS: f64 = 1e-12;

/// The proven sup error of the network against the function; the bound exceeds what is reached
/// by at most 2 %, or lies below `enough` or [`ROUNDINGS`].
///
/// # Errors
/// Where the function has no value, or is too rough to be bounded.
pub fn certified_error(
    joined: &Joined,
    function: &Function,
    enough: f64,
) -> Result<Supremum, TheoryError> {
    let effort = Effort {
        enough: enough.max(ROUNDINGS),
        ..Effort::default()
    };
    let found = joined.error(function, &effort);
    found.map_err(|none| none.error("the sup error", function))
}

/// Whether the joined own values of a function stay within `enough`: the proven bound, or
/// `None` when they do not.
///
/// # Errors
/// Where the function has no value, or is too rough to be bounded.
pub fn interpolation_error(
    function: &Function,
    grid: Grid,
    enough: f64,
) -> Result<Option<f64>, TheoryError> {
    let what = "the interpolation error";
    let undefined = |undefined| NoBound::Undefined([0.0; MOST_INPUTS], undefined);
    let joined = Joined::of_function(function, grid)
        .map_err(|reason| undefined(reason).error(what, function))?;
    let effort = Effort {
        enough,
        hopeless: enough,
        tolerance: 0.0,
        ..Effort::default()
    };
    let found = joined
        .error(function, &effort)
        .map_err(|none| none.error(what, function))?;
    Ok((found.upper <= enough).then_some(found.upper))
}

/// The largest error at `samples` points along each input, and at how many points in all. It is
/// what a plot shows; [`certified_error`] is what is proven.
pub fn sampled_error(grid: &Grid, values: &[f64], function: &Function, samples: usize) -> f64 {
    let inputs = function.inputs();
    let count = samples.pow(inputs as u32);
    let last = (samples.max(2) - 1) as f64;
    let error = |index: usize| {
        let mut rest = index;
        let u: Vec<f64> = std::iter::repeat_with(|| {
            let u = (rest % samples) as f64 / last;
            rest /= samples;
            u
        })
        .take(inputs)
        .collect();
        (grid.join(values, &u) - function.value(&u)).abs()
    };
    (0..count).map(error).fold(0.0, f64::max)
}
