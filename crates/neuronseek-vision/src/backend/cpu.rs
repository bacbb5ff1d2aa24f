//! [`Function`]s on the CPU by our own [`kernels`], in single precision; other precisions, which
//! tests use, take the backend's operations.

use burn_backend::tensor::FloatTensor;
use burn_backend::{DType, TensorMetadata};
use burn_flex::{Flex, FlexTensor};
use burn_tensor::{Tensor, TensorData};
use neuronseek::terms::CpuPath;

use super::{Computed, EPSILON, Function, VisionBackend, generic, primitive, tensor};
use crate::graph::Window;
use crate::kernels::{self, AffineGradient, BatchNorm, ChannelMoments, ConvShape, PoolShape};

impl VisionBackend for Flex {
    fn value(function: Function, inputs: &[FloatTensor<Self>]) -> Computed<Self> {
        if inputs.iter().any(|input| input.dtype() != DType::F32) {
            return generic::value(function, inputs);
        }
        let inputs: Vec<FlexTensor> = inputs.iter().map(whole).collect();
        let path = CpuPath::detect();
        let x = &inputs[0];
        match function {
            Function::Convolution { window, groups } => {
                let shape = convolution_shape(x, &inputs[1], window, groups);
                let [rows, columns] = shape.output_size();
                let size = [shape.batch, shape.outputs, rows, columns];
                alone(filled(&size, |y| {
                    kernels::convolution(path, &shape, numbers(x), numbers(&inputs[1]), y);
                }))
            }
            Function::BatchNorm { relu } => {
                let norm = batch_norm(&inputs, relu);
                let mut moments = None;
                let value = filled(&sides(x), |y| {
                    moments = Some(kernels::batch_norm(path, &norm, numbers(x), y));
                });
                let kept = moments.map(|m| vec![vector(m.mean), vector(m.inverse_deviation)]);
                Computed {
                    value,
                    kept: kept.unwrap_or_default(),
                }
            }
            Function::Power { order, bound } => alone(filled(&sides(x), |y| {
                kernels::power(path, order, bound, numbers(x), y);
            })),
            Function::Relu => alone(filled(&sides(x), |y| kernels::relu(path, numbers(x), y))),
            Function::AddRelu => alone(filled(&sides(x), |y| {
                kernels::add_relu(path, numbers(x), numbers(&inputs[1]), y);
            })),
            Function::Product => alone(filled(&sides(x), |y| {
                let factors: Vec<&[f32]> = inputs.iter().map(numbers).collect();
                kernels::product(path, &factors, y);
            })),
            Function::MaxPool(window) => {
                let shape = pool_shape(x, window);
                let size = pooled(x, &shape);
                let mut winners = vec![0; size.iter().product()];
                let value = filled(&size, |y| {
                    kernels::max_pool(&shape, numbers(x), y, &mut winners);
                });
                let winners = FlexTensor::from_data(TensorData::new(winners, size.to_vec()));
                Computed {
                    value,
                    kept: vec![winners],
                }
            }
            Function::AveragePool(window) => {
                let shape = pool_shape(x, window);
                alone(filled(&pooled(x, &shape), |y| {
                    kernels::average_pool(&shape, numbers(x), y);
                }))
            }
        }
    }

    fn gradients(
        function: Function,
        inputs: &[FloatTensor<Self>],
        computed: &Computed<Self>,
        gradient: FloatTensor<Self>,
        wanted: &[bool],
    ) -> Vec<Option<FloatTensor<Self>>> {
        if inputs.iter().any(|input| input.dtype() != DType::F32) {
            return generic::gradients::<Self>(function, inputs, computed, gradient, wanted);
        }
        let inputs: Vec<FlexTensor> = inputs.iter().map(whole).collect();
        let (value, gradient) = (whole(&computed.value), whole(&gradient));
        let (path, x) = (CpuPath::detect(), &inputs[0]);
        let (y, gy) = (numbers(&value), numbers(&gradient));
        match function {
            Function::Convolution { window, groups } => {
                let shape = convolution_shape(x, &inputs[1], window, groups);
                let of_x = || {
                    filled(&sides(x), |gx| {
                        let weights = numbers(&inputs[1]);
                        kernels::convolution_input_gradient(path, &shape, weights, gy, gx);
                    })
                };
                let of_weights = || {
                    filled(&sides(&inputs[1]), |gw| {
                        kernels::convolution_weight_gradient(path, &shape, numbers(x), gy, gw);
                    })
                };
                vec![wanted[0].then(of_x), wanted[1].then(of_weights)]
            }
            Function::BatchNorm { relu } => {
                let norm = batch_norm(&inputs, relu);
                let moments = ChannelMoments {
                    mean: numbers(&computed.kept[0]).to_vec(),
                    inverse_deviation: numbers(&computed.kept[1]).to_vec(),
                };
                let mut affine = None;
                let of_x = filled(&sides(x), |gx| {
                    let both = [numbers(x), y];
                    let found = kernels::batch_norm_gradient(path, &norm, &moments, both, gy, gx);
                    affine = Some(found);
                });
                let (gamma, beta) = match affine {
                    Some(AffineGradient { gamma, beta }) => (gamma, beta),
                    None => unreachable!("the closure has run"),
                };
                vec![Some(of_x), Some(vector(gamma)), Some(vector(beta))]
            }
            Function::Power { order, bound } => vec![Some(filled(&sides(x), |gx| {
                kernels::power_gradient(path, order, bound, numbers(x), gy, gx);
            }))],
            Function::Relu | Function::AddRelu => {
                let of_x = filled(&sides(x), |gx| kernels::relu_gradient(path, y, gy, gx));
                vec![Some(of_x); inputs.len()]
            }
            Function::Product => {
                let factors: Vec<&[f32]> = inputs.iter().map(numbers).collect();
                let mut all = vec![vec![0.0; gy.len()]; factors.len()];
                let mut gradients: Vec<&mut [f32]> =
                    all.iter_mut().map(Vec::as_mut_slice).collect();
                kernels::product_gradient(path, &factors, gy, &mut gradients);
                let shape = sides(x).to_vec();
                let tensor =
                    |numbers| FlexTensor::from_data(TensorData::new(numbers, shape.clone()));
                all.into_iter()
                    .map(|numbers| Some(tensor(numbers)))
                    .collect()
            }
            Function::MaxPool(window) => {
                let winners = computed.kept[0].storage::<u32>();
                vec![Some(filled(&sides(x), |gx| {
                    kernels::max_pool_gradient(&pool_shape(x, window), winners, gy, gx);
                }))]
            }
            Function::AveragePool(window) => vec![Some(filled(&sides(x), |gx| {
                kernels::average_pool_gradient(&pool_shape(x, window), gy, gx);
            }))],
        }
    }

    fn affine(
        x: Tensor<Self, 4>,
        scale: Tensor<Self, 1>,
        shift: Tensor<Self, 1>,
        relu: bool,
    ) -> Tensor<Self, 4> {
        if x.dtype() != DType::F32 {
            return generic::affine(x, scale, shift, relu);
        }
        let x = whole(&primitive(x));
        let [scale, shift] = [scale, shift].map(|one| whole(&primitive(one)));
        let both = [numbers(&scale), numbers(&shift)];
        let value = filled(&sides(&x), |y| {
            kernels::channel_affine(CpuPath::detect(), dims(&x), both, relu, numbers(&x), y);
        });
        tensor(value)
    }
}

/// The same tensor with its numbers one after another from the start of its memory.
fn whole(tensor: &FlexTensor) -> FlexTensor {
    let layout = tensor.layout();
    let count = layout.num_elements();
    let starts = layout.start_offset() == 0;
    if tensor.is_contiguous() && starts && tensor.bytes().len() == count * size_of::<f32>() {
        tensor.clone()
    } else {
        tensor.to_contiguous()
    }
}

fn numbers(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

fn sides(tensor: &FlexTensor) -> [usize; 4] {
    let shape = tensor.shape();
    std::array::from_fn(|axis| shape[axis])
}

/// Images, channels, numbers of a channel's image.
fn dims(tensor: &FlexTensor) -> [usize; 3] {
    let [images, channels, rows, columns] = sides(tensor);
    [images, channels, rows * columns]
}

/// A new tensor of a shape, written by `write`.
fn filled(shape: &[usize], write: impl FnOnce(&mut [f32])) -> FlexTensor {
    let mut numbers = vec![0.0; shape.iter().product()];
    write(&mut numbers);
    FlexTensor::from_data(TensorData::new(numbers, shape.to_vec()))
}

fn vector(numbers: Vec<f32>) -> FlexTensor {
    let count = numbers.len();
    FlexTensor::from_data(TensorData::new(numbers, [count]))
}

fn alone(value: FlexTensor) -> Computed<Flex> {
    Computed {
        value,
        kept: Vec::new(),
    }
}

fn both(number: usize) -> [usize; 2] {
    [number, number]
}

fn convolution_shape(
    x: &FlexTensor,
    weights: &FlexTensor,
    window: Window,
    groups: usize,
) -> ConvShape {
    let [batch, inputs, height, width] = sides(x);
    ConvShape {
        batch,
        inputs,
        outputs: sides(weights)[0],
        height,
        width,
        kernel: both(window.size),
        stride: both(window.stride),
        padding: both(window.padding),
        groups,
    }
}

fn batch_norm(inputs: &[FlexTensor], relu: bool) -> BatchNorm<'_> {
    BatchNorm {
        dims: dims(&inputs[0]),
        gamma: numbers(&inputs[1]),
        beta: numbers(&inputs[2]),
        epsilon: EPSILON,
        relu,
    }
}

fn pool_shape(x: &FlexTensor, window: Window) -> PoolShape {
    let [images, channels, height, width] = sides(x);
    PoolShape {
        planes: images * channels,
        height,
        width,
        size: both(window.size),
        stride: both(window.stride),
        padding: both(window.padding),
    }
}

fn pooled(x: &FlexTensor, shape: &PoolShape) -> [usize; 4] {
    let [images, channels, ..] = sides(x);
    let [rows, columns] = shape.output_size();
    [images, channels, rows, columns]
}
