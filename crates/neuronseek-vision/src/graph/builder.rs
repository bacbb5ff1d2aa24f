//! Writes a graph node by node.

use super::{Graph, Node, NodeId, Operation, Parameter, Role, Window};

/// Writes a graph; every function adds nodes and returns the last one.
#[derive(Debug)]
pub struct Builder {
    graph: Graph,
}

impl Builder {
    /// Begins with an image of channels, rows and columns.
    pub fn new(input: [usize; 3]) -> (Builder, NodeId) {
        let node = Node {
            name: "input".to_string(),
            operation: Operation::Input,
            inputs: Vec::new(),
            shape: input,
            first_parameter: 0,
            parameter_count: 0,
            statistics: None,
        };
        let graph = Graph {
            nodes: vec![node],
            parameters: Vec::new(),
            norms: Vec::new(),
        };
        (Builder { graph }, 0)
    }

    /// The finished graph; its last node gives the logits.
    pub fn finish(self) -> Graph {
        self.graph
    }

    /// The shape of a node's value.
    pub fn shape(&self, node: NodeId) -> [usize; 3] {
        self.graph.nodes[node].shape
    }

    /// Adds an operation on earlier nodes under a path.
    pub fn add(&mut self, name: &str, operation: Operation, inputs: &[NodeId]) -> NodeId {
        let shapes: Vec<[usize; 3]> = inputs.iter().map(|&i| self.shape(i)).collect();
        let first_parameter = self.graph.parameters.len();
        let statistics = self.parameters(name, &operation, shapes[0][0]);
        self.graph.nodes.push(Node {
            name: name.to_string(),
            operation,
            inputs: inputs.to_vec(),
            shape: operation.shape(&shapes),
            first_parameter,
            parameter_count: self.graph.parameters.len() - first_parameter,
            statistics,
        });
        self.graph.nodes.len() - 1
    }

    /// A convolution without bias.
    pub fn convolution(
        &mut self,
        name: &str,
        input: NodeId,
        outputs: usize,
        window: Window,
    ) -> NodeId {
        let operation = Operation::Convolution {
            outputs,
            window,
            groups: 1,
            bias: false,
            gain: std::f32::consts::SQRT_2,
        };
        self.add(name, operation, &[input])
    }

    /// A batch norm whose gain starts at 1.
    pub fn norm(&mut self, name: &str, input: NodeId) -> NodeId {
        self.add(name, Operation::BatchNorm { gain: 1.0 }, &[input])
    }

    /// A ReLU.
    pub fn relu(&mut self, name: &str, input: NodeId) -> NodeId {
        self.add(name, Operation::Relu, &[input])
    }

    /// The mean of every channel and a dense layer of it: the usual end.
    pub fn classify(&mut self, input: NodeId, classes: usize) -> NodeId {
        let pooled = self.add("pool", Operation::GlobalAverage, &[input]);
        let dense = Operation::Dense {
            outputs: classes,
            gain: 1.0,
        };
        self.add("classifier", dense, &[pooled])
    }

    fn parameters(&mut self, name: &str, operation: &Operation, inputs: usize) -> Option<usize> {
        let mut parameter = |suffix: &str, shape: Vec<usize>, role| {
            self.graph.parameters.push(Parameter {
                name: format!("{name}.{suffix}"),
                shape,
                role,
            });
        };
        match *operation {
            Operation::Convolution {
                outputs,
                window,
                groups,
                bias,
                gain,
            } => {
                let taps = window.size * window.size;
                let fan = outputs / groups * taps;
                let shape = vec![outputs, inputs / groups, window.size, window.size];
                parameter("weight", shape, Role::Weight { fan, gain });
                if bias {
                    parameter("bias", vec![outputs], Role::Constant(0.0));
                }
                None
            }
            Operation::Dense { outputs, gain } => {
                let role = Role::Weight { fan: inputs, gain };
                parameter("weight", vec![outputs, inputs], role);
                parameter("bias", vec![outputs], Role::Constant(0.0));
                None
            }
            Operation::BatchNorm { gain } => {
                parameter("gain", vec![inputs], Role::Constant(gain));
                parameter("shift", vec![inputs], Role::Constant(0.0));
                self.graph.norms.push((name.to_string(), inputs));
                Some(self.graph.norms.len() - 1)
            }
            _ => None,
        }
    }
}
