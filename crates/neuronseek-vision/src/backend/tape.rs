//! Automatic differentiation of [`Function`]s: their gradients by hand, entered on Burn's tape.

use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::CheckpointStrategy;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::backend::{Backend, BackendTypes};
use burn_backend::tensor::FloatTensor;

use super::{Computed, Function, VisionBackend};

/// A step of the tape with `N` inputs.
#[derive(Debug)]
struct Step<const N: usize>(Function);

/// What a step remembers.
#[derive(Debug, Clone)]
struct Memory<B: Backend> {
    inputs: Vec<FloatTensor<B>>,
    computed: Computed<B>,
}

impl<B: VisionBackend, const N: usize> Backward<B, N> for Step<N> {
    type State = Memory<B>;

    fn backward(self, ops: Ops<Memory<B>, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let wanted: Vec<bool> = ops.parents.iter().map(Option::is_some).collect();
        let Memory { inputs, computed } = ops.state;
        let gradients = B::gradients(self.0, &inputs, &computed, gradient, &wanted);
        for (parent, gradient) in ops.parents.iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

type Tracked<B, C> = <Autodiff<B, C> as BackendTypes>::FloatTensorPrimitive;

fn step<B: VisionBackend, C: CheckpointStrategy, const N: usize>(
    function: Function,
    inputs: [&Tracked<B, C>; N],
) -> Computed<Autodiff<B, C>> {
    let plain: Vec<FloatTensor<B>> = inputs.iter().map(|input| input.primitive.clone()).collect();
    let computed = B::value(function, &plain);
    let value = computed.value.clone();
    let kept = computed.kept.iter().cloned().map(Tracked::<B, C>::new);
    let kept = kept.collect();
    let nodes = std::array::from_fn(|number| inputs[number].node.clone());
    let step = Backward::<B, N>::prepare::<C>(Step::<N>(function), nodes);
    let value = match step.compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let inputs = plain;
            step.finish(Memory { inputs, computed }, value)
        }
        OpsKind::UnTracked(step) => step.finish(value),
    };
    Computed { value, kept }
}

impl<B: VisionBackend, C: CheckpointStrategy> VisionBackend for Autodiff<B, C> {
    fn value(function: Function, inputs: &[FloatTensor<Self>]) -> Computed<Self> {
        match inputs {
            [x] => step::<B, C, 1>(function, [x]),
            [a, b] => step::<B, C, 2>(function, [a, b]),
            [a, b, c] => step::<B, C, 3>(function, [a, b, c]),
            [a, b, c, d] => step::<B, C, 4>(function, [a, b, c, d]),
            [a, b, c, d, e] => step::<B, C, 5>(function, [a, b, c, d, e]),
            _ => unreachable!("functions have one to five inputs"),
        }
    }

    /// Gradients of gradients, which nothing here asks for, are those of the backend's operations.
    fn gradients(
        function: Function,
        inputs: &[FloatTensor<Self>],
        computed: &Computed<Self>,
        gradient: FloatTensor<Self>,
        wanted: &[bool],
    ) -> Vec<Option<FloatTensor<Self>>> {
        super::generic::gradients::<Self>(function, inputs, computed, gradient, wanted)
    }
}
