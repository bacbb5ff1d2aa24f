//! Each operation of a network as operators of ONNX.
//!
//! A node's value keeps its name and, as in the network itself, its four axes; what comes between
//! is named after the node too. A batch norm stays an operator: folding it into the convolution
//! before it, as runtimes do when they load a model, would hide what was trained.

use neuronseek::export::onnx::{Attribute, OnnxGraph};

use crate::backend::EPSILON;
use crate::graph::{Graph, Node, NodeId, Operation, Window};
use crate::network::Numbers;

/// Writes a network's nodes in their order.
pub(super) struct Writer<'a> {
    pub(super) graph: &'a Graph,
    pub(super) numbers: &'a Numbers,
    pub(super) onnx: OnnxGraph,
}

impl<'a> Writer<'a> {
    /// One node with its parameters.
    pub(super) fn node(&mut self, number: NodeId) {
        let graph = self.graph;
        let node = &graph.nodes[number];
        let name = node.name.as_str();
        let input_of = |&input: &NodeId| graph.nodes[input].name.as_str();
        let inputs: Vec<&str> = node.inputs.iter().map(input_of).collect();
        match node.operation {
            Operation::Convolution { window, groups, .. } => {
                self.convolution(node, inputs[0], window, groups);
            }
            Operation::BatchNorm { .. } => self.batch_norm(node, inputs[0]),
            Operation::Power { order, bound } => self.power(name, inputs[0], order, bound),
            Operation::Product => self.product(name, &inputs),
            Operation::MaxPool(window) => self.windowed("MaxPool", name, &inputs, window, &[]),
            Operation::AveragePool(window) => {
                let padded = ("count_include_pad", Attribute::Integer(1));
                self.windowed("AveragePool", name, &inputs, window, &[padded]);
            }
            Operation::Shortcut { stride, .. } => self.shortcut(node, node.inputs[0], stride),
            Operation::Dense { .. } => self.dense(node, inputs[0]),
            Operation::Relu => self.onnx.node("Relu", &inputs, &[name], &[]),
            Operation::Sigmoid => self.onnx.node("Sigmoid", &inputs, &[name], &[]),
            Operation::Add => self.onnx.node("Sum", &inputs, &[name], &[]),
            Operation::Scale => self.onnx.node("Mul", &inputs, &[name], &[]),
            Operation::Concat => {
                let axis = ("axis", Attribute::Integer(1));
                self.onnx.node("Concat", &inputs, &[name], &[axis]);
            }
            Operation::GlobalAverage => {
                self.onnx.node("GlobalAveragePool", &inputs, &[name], &[]);
            }
            Operation::Input | Operation::Gate { .. } => {
                unreachable!("the input is written before, networks with gates are refused")
            }
        }
    }

    /// The parameters of a node as constants; their names.
    fn parameters(&mut self, node: &Node) -> Vec<&'a str> {
        let graph = self.graph;
        let places = node.first_parameter..node.first_parameter + node.parameter_count;
        let mut names = Vec::new();
        for place in places {
            let parameter = &graph.parameters[place];
            let values = &self.numbers.parameters[place][..];
            let name = parameter.name.as_str();
            self.onnx.initializer(name, &parameter.shape, values);
            names.push(name);
        }
        names
    }

    fn convolution(&mut self, node: &Node, input: &str, window: Window, groups: usize) {
        let parameters = self.parameters(node);
        let inputs = [&[input], &parameters[..]].concat();
        let groups = ("group", Attribute::Integer(groups as i64));
        self.windowed("Conv", &node.name, &inputs, window, &[groups]);
    }

    /// An operator that moves a window.
    fn windowed(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&str],
        window: Window,
        more: &[(&str, Attribute<'_>)],
    ) {
        let [size, stride, padding] =
            [window.size, window.stride, window.padding].map(|side| [side as i64; 4]);
        let mut attributes = vec![
            ("kernel_shape", Attribute::Integers(&size[..2])),
            ("strides", Attribute::Integers(&stride[..2])),
            ("pads", Attribute::Integers(&padding)), // Above, left, below, right.
        ];
        attributes.extend(more);
        self.onnx.node(operator, inputs, &[name], &attributes);
    }

    fn batch_norm(&mut self, node: &Node, input: &str) {
        let name = &node.name;
        let parameters = self.parameters(node);
        let [mean, variance] = &self.numbers.statistics[node.statistics.unwrap_or_default()];
        let names = ["running_mean", "running_variance"].map(|part| format!("{name}.{part}"));
        for (name, values) in names.iter().zip([mean, variance]) {
            self.onnx.initializer(name, &[values.len()], &values[..]);
        }
        let statistics = names.each_ref().map(String::as_str);
        let inputs = [&[input], &parameters[..], &statistics].concat();
        let epsilon = ("epsilon", Attribute::Float(EPSILON));
        self.onnx
            .node("BatchNormalization", &inputs, &[name], &[epsilon]);
    }

    /// `b(x)^order` with `b(x) = x / sqrt(1 + (x / bound)^2)`. The power is products, not `Pow`:
    /// of negative bases not every runtime knows one with a whole exponent.
    fn power(&mut self, name: &str, input: &str, order: u32, bound: Option<f32>) {
        let part = |part: &str| format!("{name}.{part}");
        let mut base = input.to_string();
        if let Some(bound) = bound {
            let [limit, one, ratio, square, sum, root] =
                ["bound", "one", "ratio", "square", "sum", "root"].map(part);
            self.onnx.initializer(&limit, &[], &[bound]);
            self.onnx.initializer(&one, &[], &[1.0]);
            self.onnx.node("Div", &[input, &limit], &[&ratio], &[]);
            self.onnx.node("Mul", &[&ratio, &ratio], &[&square], &[]);
            self.onnx.node("Add", &[&square, &one], &[&sum], &[]);
            self.onnx.node("Sqrt", &[&sum], &[&root], &[]);
            base = part("base");
            self.onnx.node("Div", &[input, &root], &[&base], &[]);
        }
        self.product(name, &vec![base.as_str(); order as usize]);
    }

    /// The product of values, of which some may be the same.
    fn product(&mut self, name: &str, factors: &[&str]) {
        let Some((first, rest)) = factors.split_first() else {
            unreachable!("a product has factors");
        };
        let mut value = (*first).to_string();
        for (number, factor) in rest.iter().enumerate() {
            let result = if number + 1 == rest.len() {
                name.to_string()
            } else {
                format!("{name}.product{}", number + 2)
            };
            self.onnx.node("Mul", &[&value, factor], &[&result], &[]);
            value = result;
        }
        if rest.is_empty() {
            self.onnx.node("Identity", &[&value], &[name], &[]);
        }
    }

    /// Every `stride`-th pixel, then zeros for the new channels, half before and half behind.
    fn shortcut(&mut self, node: &Node, input: NodeId, stride: usize) {
        let part = |part: &str| format!("{}.{part}", node.name);
        let mut integers = |name: &str, values: &[i64]| {
            let name = part(name);
            self.onnx.initializer(&name, &[values.len()], values);
            name
        };
        let starts = integers("starts", &[0, 0]);
        let ends = integers("ends", &[i64::MAX; 2]);
        let axes = integers("axes", &[2, 3]);
        let steps = integers("steps", &[stride as i64; 2]);
        let new = node.shape[0] - self.graph.nodes[input].shape[0];
        let before = new / 2;
        let [before, behind] = [before, new - before].map(|count| count as i64);
        let pads = integers("pads", &[0, before, 0, 0, 0, behind, 0, 0]);
        let pixels = part("pixels");
        let input = &self.graph.nodes[input].name;
        let inputs: [&str; 5] = [input, &starts, &ends, &axes, &steps];
        self.onnx.node("Slice", &inputs, &[&pixels], &[]);
        self.onnx.node("Pad", &[&pixels, &pads], &[&node.name], &[]);
    }

    /// `W x + b` on two axes, then back to four.
    fn dense(&mut self, node: &Node, input: &str) {
        let [flat, product, axes] =
            ["flat", "product", "axes"].map(|part| format!("{}.{part}", node.name));
        let parameters = self.parameters(node);
        let inputs = [&[flat.as_str()], &parameters[..]].concat();
        self.onnx.initializer(&axes, &[2], &[2i64, 3]);
        self.onnx.node("Flatten", &[input], &[&flat], &[]);
        let transposed = ("transB", Attribute::Integer(1)); // Weights are outputs x inputs.
        self.onnx.node("Gemm", &inputs, &[&product], &[transposed]);
        self.onnx
            .node("Unsqueeze", &[&product, &axes], &[&node.name], &[]);
    }
}
