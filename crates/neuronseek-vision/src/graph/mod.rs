//! A network as data: operations in the order in which they run, with shapes and parameters.
//!
//! One description serves everything: counting parameters and multiply-adds, running, storing,
//! and writing the network in another form. Layers as objects with a forward function each were
//! rejected: counting, growing and exporting would then repeat every architecture.

mod builder;
mod operation;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use operation::{Operation, Window};

/// The number of a node in its graph.
pub type NodeId = usize;

/// One operation with its place in the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The path of the layer, such as "stage2.block1.conv1.x^2".
    pub name: String,
    /// What is computed.
    pub operation: Operation,
    /// From which nodes, all before this one.
    pub inputs: Vec<NodeId>,
    /// Channels, rows and columns of the value.
    pub shape: [usize; 3],
    /// Its trained parameters: the first in [`Graph::parameters`].
    pub first_parameter: usize,
    /// How many.
    pub parameter_count: usize,
    /// A batch norm's running mean and variance: its number among the batch norms.
    pub statistics: Option<usize>,
}

/// What a parameter is, which decides where it starts and whether it decays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role {
    /// A matrix or a convolution's weights; starts normal with variance `gain^2 / fan` and decays.
    Weight {
        /// Inputs summed per output (convolutions: outputs per input, as in He et al. 2015).
        fan: usize,
        /// sqrt(2) before a ReLU, 1 otherwise.
        gain: f32,
    },
    /// Starts at a constant and does not decay: gains, shifts, biases.
    Constant(f32),
}

/// A trained parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The layer's path and "weight", "bias", "gain" or "shift".
    pub name: String,
    /// The shape, outputs first.
    pub shape: Vec<usize>,
    /// What it is.
    pub role: Role,
}

impl Parameter {
    /// How many numbers it holds.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A network: nodes in the order in which they run, the last one's value being the logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The nodes, the input first.
    pub nodes: Vec<Node>,
    /// The trained parameters.
    pub parameters: Vec<Parameter>,
    /// Names and channels of the batch norms.
    pub norms: Vec<(String, usize)>,
}

impl Graph {
    /// Channels, rows and columns of the input.
    pub fn input(&self) -> [usize; 3] {
        self.nodes[0].shape
    }

    /// How many logits come out.
    pub fn outputs(&self) -> usize {
        self.nodes[self.nodes.len() - 1].shape[0]
    }

    /// How many numbers are trained; running statistics are not.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(Parameter::count).sum()
    }

    /// Multiplications (each with its addition) of convolutions, products and the dense layer for
    /// one image. It is what the field calls the FLOPs of a network.
    pub fn multiply_adds(&self) -> u64 {
        let of = |node: &Node| {
            let input = node.inputs.first().map_or([0; 3], |&i| self.nodes[i].shape);
            node.operation.multiply_adds(input, node.shape)
        };
        self.nodes.iter().map(of).sum()
    }

    /// How many nodes read a node's value.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.nodes.len()];
        for &input in self.nodes.iter().flat_map(|node| &node.inputs) {
            readers[input] += 1;
        }
        readers
    }

    /// The number of the parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        let found = |parameter: &Parameter| parameter.name == name;
        self.parameters.iter().position(found)
    }
}
