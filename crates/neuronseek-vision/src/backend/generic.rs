//! [`Function`]s by the operations of any Burn backend: the way on graphics cards, and an
//! independent second opinion on our kernels in tests.

use burn_backend::backend::Backend;
use burn_backend::ops::ConvOptions;
use burn_backend::tensor::FloatTensor;
use burn_tensor::{Tensor, module};

use super::{Computed, EPSILON, Function, primitive, tensor};
use crate::graph::Window;

/// The value of a function, shapes as in [`Function`].
pub fn value<B: Backend>(function: Function, inputs: &[FloatTensor<B>]) -> Computed<B> {
    let input = |number: usize| tensor::<B, 4>(inputs[number].clone());
    let plain = |value: Tensor<B, 4>| Computed {
        value: primitive(value),
        kept: Vec::new(),
    };
    match function {
        Function::Convolution { window, groups } => {
            let (x, weights) = (inputs[0].clone(), inputs[1].clone());
            Computed {
                value: B::conv2d(x, weights, None, options(window, groups)),
                kept: Vec::new(),
            }
        }
        Function::BatchNorm { relu } => {
            let (gain, shift) = (tensor(inputs[1].clone()), tensor(inputs[2].clone()));
            batch_norm(input(0), gain, shift, relu)
        }
        Function::Power { order, bound } => {
            let x = input(0);
            let base = match bound {
                Some(bound) => x.clone() / denominator(x, bound).sqrt(),
                None => x,
            };
            plain(power(base, order))
        }
        Function::Relu => plain(input(0).clamp_min(0.0)),
        Function::AddRelu => plain((input(0) + input(1)).clamp_min(0.0)),
        Function::Product => plain((1..inputs.len()).fold(input(0), |all, n| all * input(n))),
        Function::MaxPool(window) => {
            let [size, stride, padding] = sides(window);
            let pooled = module::max_pool2d(input(0), size, stride, padding, [1, 1], false);
            plain(pooled)
        }
        Function::AveragePool(window) => {
            let [size, stride, padding] = sides(window);
            let pooled = module::avg_pool2d(input(0), size, stride, padding, true, false);
            plain(pooled)
        }
    }
}

/// The gradients with respect to the wanted inputs.
pub fn gradients<B: Backend>(
    function: Function,
    inputs: &[FloatTensor<B>],
    computed: &Computed<B>,
    gradient: FloatTensor<B>,
    wanted: &[bool],
) -> Vec<Option<FloatTensor<B>>> {
    let input = |number: usize| tensor::<B, 4>(inputs[number].clone());
    match function {
        Function::Convolution { window, groups } => {
            let (x, weights) = (&inputs[0], &inputs[1]);
            let options = options(window, groups);
            let of_x = || {
                let options = options.clone();
                B::conv2d_x_backward(x.clone(), weights.clone(), gradient.clone(), options)
            };
            let of_weights = || {
                let options = options.clone();
                B::conv2d_weight_backward(x.clone(), weights.clone(), gradient.clone(), options)
            };
            vec![wanted[0].then(of_x), wanted[1].then(of_weights)]
        }
        Function::BatchNorm { relu } => {
            let gain = tensor(inputs[1].clone());
            batch_norm_gradients(input(0), gain, computed, tensor(gradient), relu)
        }
        Function::Power { order, bound } => {
            let (x, gradient) = (input(0), tensor::<B, 4>(gradient));
            let inner = match bound {
                Some(bound) => {
                    let denominator = denominator(x.clone(), bound);
                    let root = denominator.clone().sqrt();
                    let base = x / root.clone();
                    power(base, order - 1) / (denominator * root)
                }
                None => power(x, order - 1),
            };
            vec![Some(primitive(gradient * inner * f64::from(order)))]
        }
        Function::Relu | Function::AddRelu => {
            let passed = primitive(masked::<B>(computed.value.clone(), tensor(gradient)));
            vec![Some(passed); inputs.len()]
        }
        Function::Product => {
            let gradient = tensor::<B, 4>(gradient);
            let of = |number: usize| {
                let others = (0..inputs.len()).filter(|&other| other != number);
                let product = others.fold(gradient.clone(), |all, other| all * input(other));
                wanted[number].then(|| primitive(product))
            };
            (0..inputs.len()).map(of).collect()
        }
        Function::MaxPool(window) => {
            let [size, stride, padding] = sides(window);
            let x = inputs[0].clone();
            let places =
                B::max_pool2d_with_indices(x.clone(), size, stride, padding, [1, 1], false);
            let found = B::max_pool2d_with_indices_backward(
                x,
                size,
                stride,
                padding,
                [1, 1],
                false,
                gradient,
                places.indices,
            );
            vec![Some(found.x_grad)]
        }
        Function::AveragePool(window) => {
            let [size, stride, padding] = sides(window);
            let x = inputs[0].clone();
            let found = B::avg_pool2d_backward(x, gradient, size, stride, padding, true, false);
            vec![Some(found)]
        }
    }
}

/// `scale x + shift` per channel, then a ReLU if asked.
pub fn affine<B: Backend>(
    x: Tensor<B, 4>,
    scale: Tensor<B, 1>,
    shift: Tensor<B, 1>,
    relu: bool,
) -> Tensor<B, 4> {
    let y = x * channels(scale) + channels(shift);
    if relu { y.clamp_min(0.0) } else { y }
}

fn options(window: Window, groups: usize) -> ConvOptions<2> {
    let both = |number| [number, number];
    ConvOptions::new(both(window.stride), both(window.padding), both(1), groups)
}

fn sides(window: Window) -> [[usize; 2]; 3] {
    [window.size, window.stride, window.padding].map(|side| [side, side])
}

/// `1 + (x / bound)^2`.
fn denominator<B: Backend>(x: Tensor<B, 4>, bound: f32) -> Tensor<B, 4> {
    let scaled = x / bound;
    scaled.clone() * scaled + 1.0
}

fn power<B: Backend>(base: Tensor<B, 4>, order: u32) -> Tensor<B, 4> {
    let mut product = base.clone().ones_like();
    for _ in 0..order {
        product = product * base.clone();
    }
    product
}

/// The gradient where the value is above zero.
fn masked<B: Backend>(value: FloatTensor<B>, gradient: Tensor<B, 4>) -> Tensor<B, 4> {
    let value = tensor::<B, 4>(value);
    gradient.mask_fill(value.lower_equal_elem(0.0), 0.0)
}

/// One number per channel, to be repeated over images and pixels.
fn channels<B: Backend>(numbers: Tensor<B, 1>) -> Tensor<B, 4> {
    let count = numbers.dims()[0];
    numbers.reshape([1, count, 1, 1])
}

fn per_channel<B: Backend>(x: Tensor<B, 4>) -> Tensor<B, 4> {
    x.sum_dim(0).sum_dim(2).sum_dim(3)
}

fn batch_norm<B: Backend>(
    x: Tensor<B, 4>,
    gain: Tensor<B, 1>,
    shift: Tensor<B, 1>,
    relu: bool,
) -> Computed<B> {
    let [images, count, rows, columns] = x.dims();
    let numbers = (images * rows * columns) as f64;
    let mean = per_channel(x.clone()) / numbers;
    let centred = x - mean.clone();
    let variance = per_channel(centred.clone() * centred.clone()) / numbers;
    let inverse = (variance + EPSILON).sqrt().recip();
    let y = centred * inverse.clone() * channels(gain) + channels(shift);
    let y = if relu { y.clamp_min(0.0) } else { y };
    let flat = |numbers: Tensor<B, 4>| primitive(numbers.reshape([count]));
    Computed {
        value: primitive(y),
        kept: vec![flat(mean), flat(inverse)],
    }
}

/// With `h = (x - mean) / deviation` and N numbers per channel
/// `dx = gain / deviation (dy - (sum dy + h sum dy h) / N)`, `dgain = sum dy h`, `dshift = sum dy`.
fn batch_norm_gradients<B: Backend>(
    x: Tensor<B, 4>,
    gain: Tensor<B, 1>,
    computed: &Computed<B>,
    gradient: Tensor<B, 4>,
    relu: bool,
) -> Vec<Option<FloatTensor<B>>> {
    let [images, count, rows, columns] = x.dims();
    let numbers = (images * rows * columns) as f64;
    let mean = channels(tensor(computed.kept[0].clone()));
    let inverse = channels(tensor(computed.kept[1].clone()));
    let gradient = if relu {
        masked(computed.value.clone(), gradient)
    } else {
        gradient
    };
    let normed = (x - mean) * inverse.clone();
    let of_shift = per_channel(gradient.clone());
    let of_gain = per_channel(gradient.clone() * normed.clone());
    let common = (of_shift.clone() + normed * of_gain.clone()) / numbers;
    let of_x = (gradient - common) * inverse * channels(gain);
    let flat = |numbers: Tensor<B, 4>| Some(primitive(numbers.reshape([count])));
    vec![Some(primitive(of_x)), flat(of_gain), flat(of_shift)]
}
