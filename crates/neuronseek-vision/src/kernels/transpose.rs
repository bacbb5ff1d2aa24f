//! From images whose places stand together to images whose channels do, and back.

use neuronseek::terms::{Lanes, PADDING};

/// outputs x places become places x `width`, zeros beyond the outputs.
#[inline(always)]
pub(super) fn outputs_together<V: Lanes<Scalar = f32>>(
    from: &[f32],
    places: usize,
    to: &mut [f32],
    width: usize,
) {
    let outputs = from.len() / places;
    assert!(outputs <= width && to.len() == places * width);
    for first in (0..width).step_by(PADDING) {
        let mut place = 0;
        if first + PADDING <= outputs {
            while place + PADDING <= places {
                // SAFETY: 16 outputs from `first` and 16 places from `place` are inside both.
                unsafe {
                    V::transpose_tile(
                        (from.as_ptr().add(first * places + place), places),
                        (to.as_mut_ptr().add(place * width + first), width),
                    );
                }
                place += PADDING;
            }
        }
        for place in place..places {
            let to = &mut to[place * width + first..][..PADDING];
            for (output, to) in (first..).zip(to) {
                *to = if output < outputs {
                    from[output * places + place]
                } else {
                    0.0
                };
            }
        }
    }
}

/// places x `width` become outputs x places, what is beyond the outputs left out.
#[inline(always)]
pub(super) fn places_together<V: Lanes<Scalar = f32>>(
    from: &[f32],
    places: usize,
    to: &mut [f32],
    width: usize,
) {
    let outputs = to.len() / places;
    assert!(outputs <= width && from.len() >= places * width);
    for first in (0..outputs).step_by(PADDING) {
        let mut place = 0;
        if first + PADDING <= outputs {
            while place + PADDING <= places {
                // SAFETY: 16 outputs from `first` and 16 places from `place` are inside both.
                unsafe {
                    V::transpose_tile(
                        (from.as_ptr().add(place * width + first), width),
                        (to.as_mut_ptr().add(first * places + place), places),
                    );
                }
                place += PADDING;
            }
        }
        for output in first..outputs.min(first + PADDING) {
            for place in place..places {
                to[output * places + place] = from[place * width + output];
            }
        }
    }
}
