//! Numbers as colours.

/// Nine points of the colour map "inferno" of matplotlib (CC0): from black over violet and red to
/// light yellow at equal steps of lightness. Ordered by lightness, it also reads in grey and for
/// people who do not tell red from green; a rainbow does neither.
const POINTS: [[u8; 3]; 9] = [
    [0, 0, 4],
    [33, 12, 74],
    [87, 16, 110],
    [138, 34, 106],
    [188, 55, 84],
    [228, 90, 49],
    [249, 142, 9],
    [249, 203, 53],
    [252, 255, 164],
];

/// The colour of a number from 0 to 1, linear between the points; others and NaN get the nearest
/// end, NaN the lower one.
pub(super) fn colour(number: f32) -> [f32; 3] {
    let number = if number.is_nan() { 0.0 } else { number };
    let place = number.clamp(0.0, 1.0) * (POINTS.len() - 1) as f32;
    let below = (place as usize).min(POINTS.len() - 2);
    let share = place - below as f32;
    [0, 1, 2].map(|part| {
        let [a, b] = [POINTS[below], POINTS[below + 1]].map(|point| f32::from(point[part]));
        a + (b - a) * share
    })
}

#[cfg(test)]
mod tests {
    use super::colour;

    #[test]
    fn colours_get_lighter_at_equal_steps() {
        // Lightness L* of CIE 1976 of the sRGB colour.
        let lightness = |[red, green, blue]: [f32; 3]| {
            let linear = |part: f32| {
                let part = part / 255.0;
                if part <= 0.04045 {
                    part / 12.92
                } else {
                    ((part + 0.055) / 1.055).powf(2.4)
                }
            };
            let y = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
            if y <= 0.008856 {
                903.3 * y
            } else {
                116.0 * y.cbrt() - 16.0
            }
        };
        let steps: Vec<f32> = (0..=20)
            .map(|n| lightness(colour(n as f32 / 20.0)))
            .collect();
        for pair in steps.windows(2) {
            let step = pair[1] - pair[0];
            assert!((2.0..8.0).contains(&step), "{step} in {steps:?}");
        }
    }

    #[test]
    fn numbers_out_of_range_get_the_ends() {
        assert_eq!(colour(-1.0), colour(0.0));
        assert_eq!(colour(f32::NAN), colour(0.0));
        assert_eq!(colour(7.0), [252.0, 255.0, 164.0]);
    }
}
