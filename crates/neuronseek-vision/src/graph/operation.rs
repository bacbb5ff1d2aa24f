//! What a node computes.

/// A square window that moves over an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the window.
    pub size: usize,
    /// How far it moves.
    pub stride: usize,
    /// Rows and columns of zeros around the image.
    pub padding: usize,
}

impl Window {
    /// A window that moves by one and keeps the image's size.
    pub fn same(size: usize) -> Window {
        Window::strided(size, 1)
    }

    /// A window with half of its size as padding.
    pub fn strided(size: usize, stride: usize) -> Window {
        Window {
            size,
            stride,
            padding: size / 2,
        }
    }

    /// `floor((length + 2 padding - size) / stride) + 1`.
    pub fn positions(&self, length: usize) -> usize {
        (length + 2 * self.padding).saturating_sub(self.size) / self.stride + 1
    }
}

/// What a node computes from values of `channels x rows x columns`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operation {
    /// The normalised image.
    Input,
    /// `y_o = sum_{i, d} W_{o, i, d} x_{i, . + d} (+ b_o)`, weights `outputs x inputs/groups x k x k`.
    Convolution {
        /// Channels out.
        outputs: usize,
        /// The window.
        window: Window,
        /// Channels are split into so many groups that do not see each other.
        groups: usize,
        /// Whether `b` is there.
        bias: bool,
        /// The factor of its initial deviation: sqrt(2) before a ReLU.
        gain: f32,
    },
    /// `gain (x - mean) / sqrt(variance + 1e-5) + shift` per channel.
    BatchNorm {
        /// Where the gain starts.
        gain: f32,
    },
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `b(x)^order` with the stabiliser `b(x) = x / sqrt(1 + (x / bound)^2)`, so that a power is
    /// never beyond `bound^order`.
    Power {
        /// The exponent, at least 1.
        order: u32,
        /// The bound; none leaves x as it is.
        bound: Option<f32>,
    },
    /// The element-wise product of all inputs.
    Product,
    /// The sum of all inputs.
    Add,
    /// All inputs' channels one after another.
    Concat,
    /// The largest value under a window; padding never wins.
    MaxPool(Window),
    /// The mean under a window, of padding too.
    AveragePool(Window),
    /// The mean of each channel: `channels x 1 x 1`.
    GlobalAverage,
    /// The first input times the second one's number for each channel.
    Scale,
    /// Every `stride`-th pixel, with channels of zeros around until there are `outputs`: the
    /// shortcut without parameters of He et al. 2016 (option A).
    Shortcut {
        /// Channels out, at least those in.
        outputs: usize,
        /// Every how manieth row and column stays.
        stride: usize,
    },
    /// `W x + b` of `channels x 1 x 1`.
    Dense {
        /// Numbers out.
        outputs: usize,
        /// The factor of its initial deviation.
        gain: f32,
    },
    /// The value times the gate of a term, one for the whole network.
    Gate {
        /// The term's number in the neuron that is searched.
        term: usize,
    },
}

impl Operation {
    /// Channels, rows and columns that come out of inputs of these shapes.
    pub(super) fn shape(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [channels, rows, columns] = inputs.first().copied().unwrap_or_default();
        let moved = |channels, window: &Window| {
            [channels, window.positions(rows), window.positions(columns)]
        };
        match self {
            Operation::Convolution {
                outputs, window, ..
            } => moved(*outputs, window),
            Operation::MaxPool(window) | Operation::AveragePool(window) => moved(channels, window),
            Operation::Concat => {
                let all = inputs.iter().map(|shape| shape[0]).sum();
                [all, rows, columns]
            }
            Operation::GlobalAverage => [channels, 1, 1],
            Operation::Shortcut { outputs, stride } => {
                [*outputs, rows.div_ceil(*stride), columns.div_ceil(*stride)]
            }
            Operation::Dense { outputs, .. } => [*outputs, 1, 1],
            _ => [channels, rows, columns],
        }
    }

    /// Multiply-adds for one image.
    pub(super) fn multiply_adds(&self, input: [usize; 3], output: [usize; 3]) -> u64 {
        let pixels = output.iter().product::<usize>();
        let count = match self {
            Operation::Convolution { window, groups, .. } => {
                pixels * input[0] / groups * window.size * window.size
            }
            Operation::Dense { outputs, .. } => input[0] * outputs,
            Operation::Power { order, .. } => pixels * (*order as usize - 1),
            Operation::Product | Operation::Scale => pixels,
            _ => 0,
        };
        count as u64
    }
}
