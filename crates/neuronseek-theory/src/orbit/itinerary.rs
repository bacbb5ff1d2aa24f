/// The most symbols of one value.
pub const MOST_BITS: usize = 40;

/// Binary places of the walk; a square then fits 128 bits.
const PLACES: u32 = 62;

/// The first `m` symbols of a value's orbit under T(w) = 2 w^2 - 1: whether each iterate is below
/// zero. They say in which of 2^m pieces of [-1, 1] the value lies; none is wider than pi 2^-m.
///
/// The walk is rounded. What comes out is the exact itinerary of a number within 2^-60 of the
/// value, since errors shrink from symbol to value as they grow from value to symbol.
pub fn itinerary(value: f64, m: usize) -> impl Iterator<Item = bool> {
    let one = 1i128 << PLACES;
    let mut w = (value.clamp(-1.0, 1.0) * (PLACES as f64).exp2()) as i128;
    (0..m.min(MOST_BITS)).map(move |_| {
        let below = w < 0;
        w = ((w * w) >> (PLACES - 1)) - one;
        below
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    proptest! {
        /// In the angle acos(w) / pi the symbols are a Gray code of the binary digits.
        #[test]
        fn symbols_are_a_gray_code_of_the_angle(value in -1.0..1.0f64, m in 1..24usize) {
            let symbols: Vec<bool> = itinerary(value, m).collect();
            let (mut digit, mut angle) = (false, 0.0);
            for (place, symbol) in symbols.iter().enumerate() {
                digit ^= symbol;
                angle += f64::from(u8::from(digit)) * (-(place as f64) - 1.0).exp2();
            }
            let exact = value.acos() / PI;
            let width = (-(m as f64)).exp2();
            prop_assert!(angle - 1e-12 <= exact && exact <= angle + width + 1e-12, "{angle} {exact}");
        }
    }
}
