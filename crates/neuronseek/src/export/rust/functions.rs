//# whole_power
/// a to a whole power.
fn whole_power(mut a: f64, exponent: i32) -> f64 {
    let (mut product, mut left) = (1.0, exponent.unsigned_abs());
    while left > 0 {
        if left % 2 == 1 {
            product *= a;
        }
        a *= a;
        left /= 2;
    }
    if exponent < 0 { 1.0 / product } else { product }
}

//# power
/// a to the power b; whole powers of negative numbers are defined.
fn power(a: f64, b: f64) -> f64 {
    if floor(b) == b && absolute(b) <= 64.0 {
        whole_power(a, b as i32)
    } else {
        pow(a, b)
    }
}

//# logistic
/// The logistic function.
fn logistic(a: f64) -> f64 {
    1.0 / (1.0 + exp(-a))
}

//# filled
/// The cell, or what a missing one is taken for.
fn filled(cell: f64, fill: f64) -> f64 {
    if cell.is_nan() { fill } else { cell }
}

//# fraction
/// x less the whole number below it.
fn fraction(x: f64) -> f64 {
    let rest = x % 1.0;
    if rest < 0.0 { rest + 1.0 } else { rest }
}

//# phase_of_year
/// How much of a year has passed, 0 to 1.
fn phase_of_year(seconds: f64) -> f64 {
    fraction(seconds / 86400.0 / 365.2425)
}

//# phase_of_week
/// How many whole days of a week have passed, 0 on Mondays, over 7.
fn phase_of_week(seconds: f64) -> f64 {
    let days = (floor(seconds / 86400.0) + 3.0) % 7.0;
    (if days < 0.0 { days + 7.0 } else { days }) / 7.0
}

//# phase_of_day
/// How much of a day has passed, 0 to 1.
fn phase_of_day(seconds: f64) -> f64 {
    fraction(seconds / 86400.0)
}

//# text_place
/// The place of a text among levels in the order of their bytes.
fn text_place(
    cell: Option<&str>,
    levels: &[(&str, u32)],
    unseen: Option<u32>,
    missing: Option<u32>,
) -> Option<u32> {
    let cell = match cell {
        Some(cell) => cell,
        None => return missing,
    };
    match levels.binary_search_by(|level| level.0.cmp(cell)) {
        Ok(index) => Some(levels[index].1),
        Err(_) => unseen,
    }
}

//# number_place
/// The place of a number among ascending levels.
fn number_place(
    cell: f64,
    levels: &[(f64, u32)],
    unseen: Option<u32>,
    missing: Option<u32>,
) -> Option<u32> {
    if cell.is_nan() {
        return missing;
    }
    match levels.get(levels.partition_point(|level| level.0 < cell)) {
        Some(level) if level.0 == cell => Some(level.1),
        _ => unseen,
    }
}

//# bin_place
/// How many of the ascending edges are at most the number.
fn bin_place(cell: f64, edges: &[f64], missing: Option<u32>) -> Option<u32> {
    if cell.is_nan() {
        return missing;
    }
    Some(edges.partition_point(|edge| *edge <= cell) as u32)
}

//# group_of
/// Where places stand among ascending groups.
fn group_of<const N: usize>(places: [Option<u32>; N], groups: &[[u32; N]]) -> Option<usize> {
    let mut own = [0; N];
    for (own, place) in own.iter_mut().zip(places) {
        *own = place?;
    }
    groups.binary_search(&own).ok()
}

//# group_value
/// The value of a group.
fn group_value(group: Option<usize>, values: &[f64], otherwise: f64) -> f64 {
    match group {
        Some(group) => values[group],
        None => otherwise,
    }
}

//# is
/// 1 for this place, else 0.
fn is(place: Option<u32>, own: u32) -> f64 {
    if place == Some(own) { 1.0 } else { 0.0 }
}

//# one_hot
/// For each place from `first` on: 1 for the cell's place, else 0.
fn one_hot(x: &mut [f64], place: Option<u32>, first: u32) {
    for (x, own) in x.iter_mut().zip(first..) {
        *x = if place == Some(own) { 1.0 } else { 0.0 };
    }
}

//# place_or
/// The place as a number.
fn place_or(place: Option<u32>, otherwise: f64) -> f64 {
    place.map_or(otherwise, f64::from)
}

//# scaled
fn scaled(x: f64, s: &InputScale) -> f64 {
    if !s.bent { //? bounded
        return f64::from(x.clamp(-3.0, 3.0) as f32); //? bounded
    } //? bounded
    let z = ((x - s.center) / s.scale).clamp(-1e6, 1e6); //? bounded
    f64::from((z / sqrt(1.0 + (z / 3.0) * (z / 3.0))) as f32) //? bounded
    (x.clamp(s.low, s.high) - s.shift) / s.scale //? linear
}

//# sum_of
/// A sum of weighted inputs.
fn sum_of(weights: &[Weight], h: &[f64]) -> f64 {
    weights.iter().zip(h).map(|(w, h)| f64::from(*w) * h).sum()
}

//# product_of
/// The product of the factors of one index.
fn product_of(f: &Factors, index: usize, h: &[f64]) -> f64 {
    let factors = f.numbers.chunks_exact(f.rows * f.inputs);
    let sums = factors.map(|factor| sum_of(&factor[index * f.inputs..][..f.inputs], h));
    sums.product()
}

//# component_of
/// A component of an embedded input: the steps between knots that it has climbed.
fn component_of(width: usize, embedded: &[Embedded], index: usize, h: &[f64]) -> f64 {
    let e = &embedded[index / width];
    let bins = e.knots.len() - 1;
    let steps = &e.steps[index % width * bins..][..bins];
    let mut sum = 0.0;
    for (step, knots) in steps.iter().zip(e.knots.windows(2)) {
        let (low, high) = (f64::from(knots[0]), f64::from(knots[1]));
        let share = (h[e.input] - low) / (high - low);
        sum += f64::from(*step) * share.clamp(0.0, 1.0);
    }
    sum
}

//# number_of
/// The number of an index that a term makes of a layer's inputs h.
fn number_of(kind: &Kind, index: usize, h: &[f64]) -> f64 {
    match kind {
        Kind::Power(order) => whole_power(h[index], *order), //? power
        Kind::Sine => sin(h[index]), //? sine
        Kind::Cosine => cos(h[index]), //? cosine
        Kind::Exponential => exp(h[index]), //? exponential
        Kind::Product(factors) => product_of(factors, index, h), //? product
        Kind::Independent(factors) => product_of(factors, index, h), //? independent
        Kind::Embedding(width, embedded) => component_of(*width, embedded, index, h), //? embedding
    }
}

//# add_term
/// Adds a term of a layer's inputs h to `out`.
fn add_term(term: &Term, h: &[f64], out: &mut [f64]) {
    if let Kind::Independent(_) = term.kind { //? independent
        for (index, (out, gain)) in out.iter_mut().zip(term.weights).enumerate() { //? independent
            *out += f64::from(*gain) * number_of(&term.kind, index, h); //? independent
        } //? independent
        return; //? independent
    } //? independent
    for (index, weights) in term.weights.chunks_exact(out.len()).enumerate() {
        let number = number_of(&term.kind, index, h);
        if number == 0.0 {
            continue; // Most inputs of a text are 0.
        }
        for (out, weight) in out.iter_mut().zip(weights) {
            *out += f64::from(*weight) * number;
        }
    }
}

//# add_normalised
/// Adds a term less its mean, over its deviation, scaled and shifted.
fn add_normalised(term: &Term, norm: &[&[Weight]; 2], h: &[f64], out: &mut [f64]) {
    let mut buffer = [0.0; WIDEST];
    let values = &mut buffer[..out.len()];
    add_term(term, h, values);
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
    let deviation = sqrt(variance + 1e-5);
    for (index, out) in out.iter_mut().enumerate() {
        let (scale, shift) = (f64::from(norm[0][index]), f64::from(norm[1][index]));
        *out += (values[index] - mean) / deviation * scale + shift;
    }
}

//# run_layer
/// The outputs of a layer for its inputs h.
fn run_layer(layer: &Layer, h: &[f64], out: &mut [f64]) {
    for (out, bias) in out.iter_mut().zip(layer.bias) {
        *out = f64::from(*bias);
    }
    for term in layer.terms {
        match &term.norm { //? norm
            Some(norm) => add_normalised(term, norm, h, out), //? norm
            None => add_term(term, h, out), //? norm
        } //? norm
        add_term(term, h, out); //? plain
    }
}

//# activated
fn activated(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0), //? relu
        Activation::Silu => x / (1.0 + exp(-x)), //? silu
        Activation::Tanh => tanh(x), //? tanh
        Activation::Sigmoid => 1.0 / (1.0 + exp(-x)), //? sigmoid
        Activation::Gelu => x * 0.5 * (1.0 + erf(x * core::f64::consts::FRAC_1_SQRT_2)), //? gelu
        Activation::Identity => x, //? identity
    }
}

//# add_network
/// Adds the weighted outputs of a network for scaled inputs x.
fn add_network(network: &Network, x: &[f64], y: &mut [f64]) {
    let mut h = [0.0; WIDEST];
    let mut next = [0.0; WIDEST]; //? deep skip
    let mut width = 0; //? deep
    for (depth, layer) in network.layers.iter().enumerate() { //? deep
        if depth == 0 { //? deep
            run_layer(layer, x, &mut next[..layer.bias.len()]); //? deep
        } else { //? deep
            for h in &mut h[..width] { //? deep
                *h = activated(network.activation, *h); //? deep
            } //? deep
            run_layer(layer, &h[..width], &mut next[..layer.bias.len()]); //? deep
        } //? deep
        width = layer.bias.len(); //? deep
        h[..width].copy_from_slice(&next[..width]); //? deep
    } //? deep
    run_layer(&network.layers[0], x, &mut h[..y.len()]); //? flat
    if let Some(skip) = &network.skip { //? skip
        run_layer(skip, x, &mut next[..y.len()]); //? skip
        for (h, next) in h.iter_mut().zip(&next[..y.len()]) { //? skip
            *h += next; //? skip
        } //? skip
    } //? skip
    for (y, h) in y.iter_mut().zip(h) {
        *y += network.weight * h;
    }
}

//# softmax
/// Probabilities of logits.
fn softmax(logits: &[f64; OUTPUTS]) -> [f64; OUTPUTS] {
    let highest = logits.iter().fold(f64::NEG_INFINITY, |most, logit| most.max(*logit));
    let mut probabilities = logits.map(|logit| exp(logit - highest));
    let sum: f64 = probabilities.iter().sum();
    for p in &mut probabilities {
        *p /= sum;
    }
    probabilities
}
