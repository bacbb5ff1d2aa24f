//! [`Function`]s on the CPU.

use burn_backend::tensor::FloatTensor;
use burn_flex::Flex;

use super::{Computed, Function, VisionBackend, generic};

impl VisionBackend for Flex {
    fn value(function: Function, inputs: &[FloatTensor<Self>]) -> Computed<Self> {
        generic::value(function, inputs)
    }

    fn gradients(
        function: Function,
        inputs: &[FloatTensor<Self>],
        computed: &Computed<Self>,
        gradient: FloatTensor<Self>,
        wanted: &[bool],
    ) -> Vec<Option<FloatTensor<Self>>> {
        generic::gradients(function, inputs, computed, gradient, wanted)
    }
}
