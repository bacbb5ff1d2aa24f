//# bounded
/// From an input x to what networks see: z = (x - center) / scale, bent to stay within -3 and 3;
/// inputs that are not bent are only kept within. Networks were trained on single precision, so both
/// are rounded to it.
struct InputScale {
    center: f64,
    scale: f64,
    bent: bool,
}

//# linear
/// From an input x to what the formula sees: (x kept within low and high, less shift) / scale.
struct InputScale {
    low: f64,
    high: f64,
    shift: f64,
    scale: f64,
}

//# embedding
/// An embedded input: its components are steps at which it climbs between knots.
struct Embedded {
    input: usize,
    /// One more than bins.
    knots: &'static [Weight],
    /// components x bins
    steps: &'static [Weight],
}

//# factors
/// Sums of weighted inputs, which are multiplied.
struct Factors {
    rows: usize,
    inputs: usize,
    /// order x rows x inputs
    numbers: &'static [Weight],
}

//# tables
/// What a term makes of the inputs h of its layer.
enum Kind {
    /// Powers of inputs. //? power
    Power(i32), //? power
    Sine, //? sine
    Cosine, //? cosine
    Exponential, //? exponential
    /// Products of sums. //? product
    Product(Factors), //? product
    /// Products of sums, one an output. //? independent
    Independent(Factors), //? independent
    /// Components of inputs, so many each. //? embedding
    Embedding(usize, &'static [Embedded]), //? embedding
}

/// A term makes numbers of a layer's inputs and adds their products with weights to the outputs.
struct Term {
    kind: Kind,
    /// numbers x outputs; of independent products one an output
    weights: &'static [Weight],
    /// Scale and shift of a layer norm, one an output. //? norm
    norm: Option<[&'static [Weight]; 2]>, //? norm
}

/// A layer: bias + terms.
struct Layer {
    bias: &'static [Weight],
    terms: &'static [Term],
}

//# deep
/// What stands between layers.
#[derive(Clone, Copy)]
enum Activation {
    Relu, //? relu
    Silu, //? silu
    Tanh, //? tanh
    Sigmoid, //? sigmoid
    Gelu, //? gelu
    Identity, //? identity
}

//# tables
/// A network: its outputs times its weight are added to those of the others.
struct Network {
    weight: f64,
    activation: Activation, //? deep
    layers: &'static [Layer],
    /// From the inputs straight to the outputs. //? skip
    skip: Option<Layer>, //? skip
}
