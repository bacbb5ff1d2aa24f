/// One place of an expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operation {
    /// The input of this number, from 0.
    Input(usize),
    /// A number.
    Constant(f64),
    /// a + b
    Add,
    /// a - b
    Subtract,
    /// a * b
    Multiply,
    /// a / b
    Divide,
    /// a to the power b
    Power,
    /// The smaller of a and b.
    Min,
    /// The larger of a and b.
    Max,
    /// -a
    Negate,
    /// The sine.
    Sin,
    /// The cosine.
    Cos,
    /// The tangent.
    Tan,
    /// The inverse of the sine.
    Asin,
    /// The inverse of the cosine.
    Acos,
    /// The inverse of the tangent.
    Atan,
    /// The hyperbolic tangent.
    Tanh,
    /// e to the power a
    Exp,
    /// The natural logarithm.
    Log,
    /// The square root.
    Sqrt,
    /// The absolute value.
    Abs,
    /// 1 / (1 + exp(-a))
    Sigmoid,
}

impl Operation {
    /// The functions of one argument by their names.
    pub const FUNCTIONS: [(&'static str, Operation); 13] = [
        ("sin", Operation::Sin),
        ("cos", Operation::Cos),
        ("tan", Operation::Tan),
        ("asin", Operation::Asin),
        ("acos", Operation::Acos),
        ("atan", Operation::Atan),
        ("tanh", Operation::Tanh),
        ("exp", Operation::Exp),
        ("log", Operation::Log),
        ("ln", Operation::Log),
        ("sqrt", Operation::Sqrt),
        ("abs", Operation::Abs),
        ("sigmoid", Operation::Sigmoid),
    ];

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        match self {
            Operation::Input(_) | Operation::Constant(_) => 0,
            Operation::Add
            | Operation::Subtract
            | Operation::Multiply
            | Operation::Divide
            | Operation::Power
            | Operation::Min
            | Operation::Max => 2,
            _ => 1,
        }
    }

    /// The value from the arguments' values; inputs have none of their own and give NaN.
    #[inline]
    pub fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Operation::Input(_) => f64::NAN,
            Operation::Constant(value) => value,
            Operation::Add => a + b,
            Operation::Subtract => a - b,
            Operation::Multiply => a * b,
            Operation::Divide => a / b,
            Operation::Power => power(a, b),
            Operation::Min => a.min(b),
            Operation::Max => a.max(b),
            Operation::Negate => -a,
            Operation::Sin => a.sin(),
            Operation::Cos => a.cos(),
            Operation::Tan => a.tan(),
            Operation::Asin => a.asin(),
            Operation::Acos => a.acos(),
            Operation::Atan => a.atan(),
            Operation::Tanh => a.tanh(),
            Operation::Exp => a.exp(),
            Operation::Log => a.ln(),
            Operation::Sqrt => a.sqrt(),
            Operation::Abs => a.abs(),
            Operation::Sigmoid => 1.0 / (1.0 + (-a).exp()),
        }
    }

    /// The derivatives by the first and the second argument, `y` being the value.
    #[inline]
    pub fn slopes(self, a: f64, b: f64, y: f64) -> [f64; 2] {
        match self {
            Operation::Input(_) | Operation::Constant(_) => [0.0, 0.0],
            Operation::Add => [1.0, 1.0],
            Operation::Subtract => [1.0, -1.0],
            Operation::Multiply => [b, a],
            Operation::Divide => [1.0 / b, -a / (b * b)],
            // The exponent of a number that is not positive is not moved: it must stay whole.
            Operation::Power => {
                let exponent = if a > 0.0 { y * a.ln() } else { 0.0 };
                [b * power(a, b - 1.0), exponent]
            }
            Operation::Min => [f64::from(a <= b), f64::from(b < a)],
            Operation::Max => [f64::from(a >= b), f64::from(b > a)],
            Operation::Negate => [-1.0, 0.0],
            Operation::Sin => [a.cos(), 0.0],
            Operation::Cos => [-a.sin(), 0.0],
            Operation::Tan => [1.0 + y * y, 0.0],
            Operation::Asin => [1.0 / (1.0 - a * a).sqrt(), 0.0],
            Operation::Acos => [-1.0 / (1.0 - a * a).sqrt(), 0.0],
            Operation::Atan => [1.0 / (1.0 + a * a), 0.0],
            Operation::Tanh => [1.0 - y * y, 0.0],
            Operation::Exp => [y, 0.0],
            Operation::Log => [1.0 / a, 0.0],
            Operation::Sqrt => [0.5 / y, 0.0],
            Operation::Abs => [a.signum(), 0.0],
            Operation::Sigmoid => [y * (1.0 - y), 0.0],
        }
    }

    /// The name of a function of one argument.
    pub(crate) fn name(self) -> Option<&'static str> {
        let named = Operation::FUNCTIONS.iter().find(|(_, o)| *o == self);
        named.map(|(name, _)| *name)
    }
}

/// Whole powers by products, so that those of negative numbers are exact and fast.
#[inline]
fn power(a: f64, b: f64) -> f64 {
    if b.fract() == 0.0 && b.abs() <= 64.0 {
        a.powi(b as i32)
    } else {
        a.powf(b)
    }
}
