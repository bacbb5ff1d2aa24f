// Functions that `core` lacks, in double precision.

//# absolute
fn absolute(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & !(1 << 63))
}

//# floor
/// The whole number at or below x.
fn floor(x: f64) -> f64 {
    if !(absolute(x) < 4503599627370496.0) {
        return x; // All numbers beyond 2^52 are whole.
    }
    let whole = x as i64 as f64;
    if whole > x { whole - 1.0 } else { whole }
}

//# sqrt
/// The square root by Newton's steps from half the exponent.
fn sqrt(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 || !(x < f64::INFINITY) {
        return x;
    }
    if x < 1e-290 {
        return sqrt(x * 18014398509481984.0) / 134217728.0; // 2^54 and its root
    }
    let mut root = f64::from_bits((x.to_bits() >> 1) + (0x3ff << 51));
    for _ in 0..5 {
        root = 0.5 * (root + x / root);
    }
    root
}

//# two_product
/// A product and what rounding took from it.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let halves = |x: f64| {
        let high = f64::from_bits(x.to_bits() & !((1 << 27) - 1));
        (high, x - high)
    };
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    let product = a * b;
    let rest = a_high * b_high - product + a_high * b_low + a_low * b_high + a_low * b_low;
    (product, rest)
}

//# exp_less_1
/// exp(x) - 1 for |x| below 0.4, by its series.
fn exp_less_1(x: f64) -> f64 {
    let mut sum = 1.0;
    for n in (3..16).rev() {
        sum = 1.0 + sum * x / f64::from(n);
    }
    x + 0.5 * x * x * sum
}

//# exp
/// exp(x) = 2^k exp(x - k log 2)
fn exp(x: f64) -> f64 {
    if x > 709.8 {
        return f64::INFINITY;
    }
    if x < -745.2 {
        return 0.0;
    }
    let k = floor(x * core::f64::consts::LOG2_E + 0.5);
    let rest = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
    // In two steps, since 2^k itself may be too large or too small.
    let two_to = |k: i64| f64::from_bits(((1023 + k) as u64) << 52);
    let k = k as i64;
    (1.0 + exp_less_1(rest)) * two_to(k / 2) * two_to(k - k / 2)
}

//# expm1
/// exp(x) - 1
fn expm1(x: f64) -> f64 {
    if absolute(x) < 0.35 { exp_less_1(x) } else { exp(x) - 1.0 }
}

//# tanh
fn tanh(x: f64) -> f64 {
    let size = absolute(x);
    let tanh = if size > 20.0 {
        1.0
    } else {
        let less = expm1(-2.0 * size);
        -less / (2.0 + less)
    };
    if x < 0.0 { -tanh } else if x > 0.0 { tanh } else { x }
}

//# erf
/// The error function: its series up to 1, beyond it exp(-x^2) times a polynomial.
fn erf(x: f64) -> f64 {
    const TAIL: [f64; 18] = [
        2.5925894581233316e-08, -2.389387463474792e-07, 2.7269500546476834e-07,
        1.2598817267482604e-06, -2.1169509641489688e-06, -7.979817704348727e-06,
        1.2860318447907675e-05, 6.405673342206844e-05, -4.5255298034073955e-05,
        -0.0005970619586158305, -0.0007077464385177353, 0.004269136333148302,
        0.024392499318655416, 0.07166583719797347, 0.15011593650077742,
        0.2456038017123309, 0.3262335600430372, 0.17900115118138996,
    ];
    let size = absolute(x);
    if size < 1.0 {
        let (mut power, mut sum) = (x, 0.0);
        for n in 0..20 {
            let n = f64::from(n);
            sum += power / (2.0 * n + 1.0);
            power *= -x * x / (n + 1.0);
        }
        return core::f64::consts::FRAC_2_SQRT_PI * sum;
    }
    let beyond = if size > 6.0 {
        0.0
    } else {
        let u = (3.0 - size) / (3.0 + size);
        exp(-x * x) * TAIL.iter().fold(0.0, |sum, c| sum * u + c)
    };
    if x < 0.0 { beyond - 1.0 } else if x > 0.0 { 1.0 - beyond } else { x }
}

//# log_parts
/// The natural logarithm of a positive number as a sum of a large part and a small one.
fn log_parts(x: f64) -> (f64, f64) {
    let (x, shift) = if x < 1e-290 { (x * 18014398509481984.0, 54) } else { (x, 0) };
    let mut exponent = (x.to_bits() >> 52) as i64 - 1023 - shift;
    let mut m = f64::from_bits((x.to_bits() & ((1 << 52) - 1)) | (1023 << 52));
    if m > core::f64::consts::SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    // log m = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = (m - 1) / (m + 1)
    let (over, under) = (m - 1.0, m + 1.0);
    let s = over / under;
    let (product, rest) = two_product(s, under);
    let lost = m - (under - 1.0);
    let s_rest = ((over - product) - rest - s * lost) / under;
    let mut series = 0.0;
    for n in (1..12).rev() {
        series = series * s * s + 1.0 / f64::from(2 * n + 1);
    }
    let k = exponent as f64;
    let small = 2.0 * (s_rest + s * s * s * series) + k * 1.9082149292705877e-10;
    let (a, b) = (k * 0.6931471803691238, 2.0 * s);
    let large = a + b;
    // What rounding took from the sum.
    let lost = if absolute(a) > absolute(b) { (a - large) + b } else { (b - large) + a };
    (large, small + lost)
}

//# log
/// The natural logarithm.
fn log(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if !(x > 0.0 && x < f64::INFINITY) {
        return if x < 0.0 { f64::NAN } else { x };
    }
    let (large, small) = log_parts(x);
    large + small
}

//# pow
/// a to the power b: exp(b log a), of a negative number where b is whole.
fn pow(a: f64, b: f64) -> f64 {
    if a == 1.0 || b == 0.0 {
        return 1.0;
    }
    if a != a || b != b {
        return f64::NAN;
    }
    if a.is_sign_negative() && floor(b) == b {
        let odd = floor(b * 0.5) * 2.0 != b;
        let power = pow(-a, b);
        return if odd { -power } else { power };
    }
    if a == 0.0 || absolute(a) == f64::INFINITY {
        return if (a == 0.0) == (b > 0.0) { 0.0 } else { f64::INFINITY };
    }
    if a < 0.0 {
        return f64::NAN;
    }
    let (large, small) = log_parts(a);
    let rough = b * large;
    if !(absolute(rough) < 800.0) {
        return exp(rough);
    }
    let (product, rest) = two_product(b, large);
    let rest = rest + b * small;
    let sum = product + rest;
    exp(sum) * (1.0 + ((product - sum) + rest))
}

//# reduced
/// x less a multiple of pi / 2, and which multiple, modulo 4.
fn reduced(x: f64) -> (f64, i64) {
    // Beyond 1e15 numbers are about as far apart as angles that differ.
    let x = if absolute(x) > 1e15 { x % core::f64::consts::TAU } else { x };
    let count = floor(x * core::f64::consts::FRAC_2_PI + 0.5);
    let (a, a_rest) = two_product(count, 1.5707963267948966);
    let (b, b_rest) = two_product(count, 6.123233995736766e-17);
    let rest = a_rest + b;
    let lost = (a_rest - rest) + b;
    let rest = (x - a) - rest - lost - b_rest + count * 1.4973849048591698e-33;
    (rest, count as i64 & 3)
}

//# sin_near_0
/// The sine by its series, |x| below 0.8.
fn sin_near_0(x: f64) -> f64 {
    let mut sum = 0.0;
    for n in (1..10).rev() {
        let n = f64::from(2 * n);
        sum = (1.0 + sum) * -x * x / (n * (n + 1.0));
    }
    x + x * sum
}

//# cos_near_0
/// The cosine by its series, |x| below 0.8.
fn cos_near_0(x: f64) -> f64 {
    let mut sum = 0.0;
    for n in (1..11).rev() {
        let n = f64::from(2 * n);
        sum = (1.0 + sum) * -x * x / (n * (n - 1.0));
    }
    1.0 + sum
}

//# sin
fn sin(x: f64) -> f64 {
    match reduced(x) {
        (rest, 0) => sin_near_0(rest),
        (rest, 1) => cos_near_0(rest),
        (rest, 2) => -sin_near_0(rest),
        (rest, _) => -cos_near_0(rest),
    }
}

//# cos
fn cos(x: f64) -> f64 {
    match reduced(x) {
        (rest, 0) => cos_near_0(rest),
        (rest, 1) => -sin_near_0(rest),
        (rest, 2) => -cos_near_0(rest),
        (rest, _) => sin_near_0(rest),
    }
}

//# tan
fn tan(x: f64) -> f64 {
    sin(x) / cos(x)
}

//# atan
/// atan(x) = atan(c) + atan((x - c) / (1 + c x)) for the quarter c next to x
fn atan(x: f64) -> f64 {
    const QUARTERS: [f64; 5] = [
        0.0, 0.24497866312686414, 0.4636476090008061, 0.6435011087932844, 0.7853981633974483,
    ];
    if x != x {
        return x;
    }
    let size = absolute(x);
    let within = if size > 1.0 { 1.0 / size } else { size };
    let quarter = (within * 4.0 + 0.5) as usize;
    let c = 0.25 * quarter as f64;
    let rest = (within - c) / (1.0 + c * within);
    let mut sum = 0.0;
    for n in (1..11).rev() {
        sum = (1.0 / f64::from(2 * n + 1) + sum) * -rest * rest;
    }
    let angle = QUARTERS[quarter] + (rest + rest * sum);
    let angle = if size > 1.0 { core::f64::consts::FRAC_PI_2 - angle } else { angle };
    if x < 0.0 { -angle } else { angle }
}

//# asin
fn asin(x: f64) -> f64 {
    atan(x / sqrt((1.0 - x) * (1.0 + x)))
}

//# acos
fn acos(x: f64) -> f64 {
    2.0 * atan(sqrt((1.0 - x) / (1.0 + x)))
}
