//! What a convolution works on.

/// The sizes of a convolution; weights are `outputs x inputs / groups x kernel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Channels that are read.
    pub inputs: usize,
    /// Channels that are written.
    pub outputs: usize,
    /// Rows of an image that is read.
    pub height: usize,
    /// Columns of an image that is read.
    pub width: usize,
    /// Rows and columns of the kernel, at least 1.
    pub kernel: [usize; 2],
    /// Steps down and right from one output to the next, at least 1.
    pub stride: [usize; 2],
    /// Rows of zeros above and below, columns of zeros left and right.
    pub padding: [usize; 2],
    /// Groups of channels without connection to each other; divides inputs and outputs.
    pub groups: usize,
}

impl ConvShape {
    /// Rows and columns of an image that is written: `(size + 2 padding - kernel) / stride + 1`,
    /// rounded down; 0 where the kernel does not fit.
    pub fn output_size(&self) -> [usize; 2] {
        let size = |length: usize, axis: usize| {
            (length + 2 * self.padding[axis])
                .checked_sub(self.kernel[axis])
                .map_or(0, |rest| rest / self.stride[axis] + 1)
        };
        [size(self.height, 0), size(self.width, 1)]
    }

    /// Elements of one image that is read.
    pub(super) fn image(&self) -> usize {
        self.inputs * self.height * self.width
    }

    /// Elements of one image that is written.
    pub(super) fn output_image(&self) -> usize {
        let [rows, columns] = self.output_size();
        self.outputs * rows * columns
    }

    /// Inputs of one output.
    pub(super) fn group_inputs(&self) -> usize {
        self.inputs / self.groups
    }

    /// Outputs of one group.
    pub(super) fn group_outputs(&self) -> usize {
        self.outputs / self.groups
    }

    /// Weights of one output.
    pub(super) fn depth(&self) -> usize {
        self.group_inputs() * self.kernel[0] * self.kernel[1]
    }

    /// Asserts that the sizes fit each other and the slices' lengths.
    pub(super) fn check(&self, x: usize, w: usize, y: usize) {
        assert!(self.groups > 0 && self.inputs.is_multiple_of(self.groups));
        assert!(self.outputs.is_multiple_of(self.groups));
        assert!(self.kernel.iter().chain(&self.stride).all(|&size| size > 0));
        assert_eq!(x, self.batch * self.image(), "read images of {self:?}");
        assert_eq!(w, self.outputs * self.depth(), "weights of {self:?}");
        let y_size = self.batch * self.output_image();
        assert_eq!(y, y_size, "written images of {self:?}");
    }
}
