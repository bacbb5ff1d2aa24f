//! [`Function`]s on graphics cards: the backend's own operations.

use burn_backend::tensor::FloatTensor;
use burn_cuda::Cuda;

use super::{Computed, Function, VisionBackend, generic};

impl VisionBackend for Cuda {
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
        generic::gradients::<Self>(function, inputs, computed, gradient, wanted)
    }
}
