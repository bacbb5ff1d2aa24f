use dashu_int::{IBig, UBig, ops::BitTest};

use crate::fixed;

/// `T_n(c)` for c with `places` binary places.
///
/// The Montgomery ladder carries (A, B) = (T_j, T_{j+1}) and appends a binary digit to j:
/// 0 by (2 A^2 - 1, 2 A B - c), 1 by (2 A B - c, 2 B^2 - 1). Each digit costs a place, and whole
/// words of places that no longer matter are dropped.
pub fn ladder(n: &UBig, c: &IBig, places: usize) -> f64 {
    let (mut c, mut places) = (c.clone(), places);
    let digits = n.bit_len();
    let spare = places.saturating_sub(digits);
    let mut one = fixed::one(places);
    let (mut a, mut b) = (one.clone(), c.clone());
    for index in (0..digits).rev() {
        let cross = ((&a * &b) >> (places - 1)) - &c;
        let square = |value: &IBig| IBig::from(value.sqr() >> (places - 1)) - &one;
        (a, b) = if n.bit(index) {
            (cross, square(&b))
        } else {
            (square(&a), cross)
        };
        let dropped = places.saturating_sub(index + spare) / 64 * 64;
        if dropped > 0 {
            places -= dropped;
            for value in [&mut a, &mut b, &mut c] {
                *value >>= dropped;
            }
            one = fixed::one(places);
        }
    }
    fixed::to_f64(&a, places)
}
