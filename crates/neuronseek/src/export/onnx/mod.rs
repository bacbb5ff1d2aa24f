//! Writes ONNX models: graphs of named values that runtimes on any platform compute.
//!
//! An [`OnnxGraph`] is filled in the order in which it runs, then encoded. Nothing is checked but
//! what types can say; whether operators and shapes fit together is for `onnx.checker` and the
//! runtimes, which the tests ask.
//!
//! The schema is protobuf. A model needs a dozen of its messages and two of its wire types, so they
//! are encoded here by hand, in some fifty lines. A protobuf library was rejected: it wants the
//! schema compiled, hence a compiler on every machine that builds, and gives reading, which no
//! one here needs. See decision 0014.
//!
//! ```
//! use neuronseek::export::onnx::{Dim, ElementType, OnnxGraph};
//!
//! let mut graph = OnnxGraph::new("twice");
//! let shape = [Dim::Named("batch"), Dim::Fixed(3)];
//! graph.input("x", ElementType::Float, &shape);
//! graph.initializer("two", &[], &[2.0]);
//! graph.node("Mul", &["x", "two"], &["y"], &[]);
//! graph.output("y", ElementType::Float, &shape);
//! let bytes = graph.to_bytes();
//! assert!(bytes.len() < 200);
//! ```

mod message;
mod model;
#[cfg(test)]
mod tests;

pub use model::onnx;

use message::Message;

/// The version of the operators: their meaning is that of this set. Runtimes read it since 2022.
pub const OPSET: i64 = 17;
/// The version of the file format that came with [`OPSET`].
const FORMAT: i64 = 8;
/// The domain of operators on categories, and the version of its set.
const CATEGORIES: (&str, i64) = ("ai.onnx.ml", 3);

/// What the elements of a tensor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// Single precision.
    Float,
    /// Bytes, 0 to 255.
    Uint8,
    /// Signed, 64 bits: shapes, places, axes.
    Int64,
    /// Double precision.
    Double,
    /// Texts.
    Text,
}

impl ElementType {
    /// The number in the schema, as an attribute such as `to` of `Cast` wants it.
    pub fn code(self) -> i64 {
        match self {
            ElementType::Float => 1,
            ElementType::Uint8 => 2,
            ElementType::Int64 => 7,
            ElementType::Text => 8,
            ElementType::Double => 11,
        }
    }
}

/// The length of one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dim<'a> {
    /// Known.
    Fixed(usize),
    /// Known when the model runs; equal names have equal lengths.
    Named(&'a str),
}

/// The elements of a constant tensor, the last axis running fastest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Elements<'a> {
    /// Of [`ElementType::Float`].
    Floats(&'a [f32]),
    /// Of [`ElementType::Int64`].
    Integers(&'a [i64]),
    /// Of [`ElementType::Double`].
    Doubles(&'a [f64]),
    /// Of [`ElementType::Text`].
    Texts(&'a [String]),
}

impl<'a, const N: usize> From<&'a [f32; N]> for Elements<'a> {
    fn from(elements: &'a [f32; N]) -> Elements<'a> {
        Elements::Floats(elements)
    }
}

impl<'a> From<&'a [f32]> for Elements<'a> {
    fn from(elements: &'a [f32]) -> Elements<'a> {
        Elements::Floats(elements)
    }
}

impl<'a, const N: usize> From<&'a [i64; N]> for Elements<'a> {
    fn from(elements: &'a [i64; N]) -> Elements<'a> {
        Elements::Integers(elements)
    }
}

impl<'a> From<&'a [f64]> for Elements<'a> {
    fn from(elements: &'a [f64]) -> Elements<'a> {
        Elements::Doubles(elements)
    }
}

impl<'a> From<&'a [String]> for Elements<'a> {
    fn from(elements: &'a [String]) -> Elements<'a> {
        Elements::Texts(elements)
    }
}

impl<'a> From<&'a [i64]> for Elements<'a> {
    fn from(elements: &'a [i64]) -> Elements<'a> {
        Elements::Integers(elements)
    }
}

/// A constant of an operator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attribute<'a> {
    /// One integer.
    Integer(i64),
    /// One number.
    Float(f32),
    /// Several integers.
    Integers(&'a [i64]),
    /// Several texts.
    Texts(&'a [String]),
}

/// A graph that is being written. Its parts are kept encoded, a buffer for each kind.
#[derive(Debug, Clone)]
pub struct OnnxGraph {
    name: String,
    inputs: Message,
    initializers: Message,
    nodes: Message,
    outputs: Message,
    metadata: Message,
    categories: bool,
}

impl OnnxGraph {
    /// An empty graph.
    pub fn new(name: &str) -> OnnxGraph {
        OnnxGraph {
            name: name.to_string(),
            inputs: Message::default(),
            initializers: Message::default(),
            nodes: Message::default(),
            outputs: Message::default(),
            metadata: Message::default(),
            categories: false,
        }
    }

    /// A value that is given when the model runs.
    pub fn input(&mut self, name: &str, element: ElementType, shape: &[Dim<'_>]) {
        self.inputs.message(11, &value(name, element, shape));
    }

    /// A constant tensor: weights, numbers, shapes. An empty shape is a single number.
    pub fn initializer<'a>(
        &mut self,
        name: &str,
        shape: &[usize],
        elements: impl Into<Elements<'a>>,
    ) {
        let elements = elements.into();
        let mut tensor = Message::default();
        for &length in shape {
            tensor.integer(1, length as i64);
        }
        let (element, bytes): (ElementType, Vec<u8>) = match elements {
            Elements::Floats(floats) => {
                let bytes = floats.iter().flat_map(|x| x.to_le_bytes());
                (ElementType::Float, bytes.collect())
            }
            Elements::Integers(integers) => {
                let bytes = integers.iter().flat_map(|x| x.to_le_bytes());
                (ElementType::Int64, bytes.collect())
            }
            Elements::Doubles(doubles) => {
                let bytes = doubles.iter().flat_map(|x| x.to_le_bytes());
                (ElementType::Double, bytes.collect())
            }
            Elements::Texts(_) => (ElementType::Text, Vec::new()),
        };
        tensor.integer(2, element.code());
        if let Elements::Texts(texts) = elements {
            for text in texts {
                tensor.text(6, text);
            }
        }
        tensor.text(8, name);
        if element != ElementType::Text {
            tensor.bytes(9, &bytes);
        }
        self.initializers.message(5, &tensor);
    }

    /// An operator with the names of the values that it reads and of those that it makes; a node
    /// is named after its first output.
    pub fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, Attribute<'_>)],
    ) {
        let node = node(operator, inputs, outputs, attributes);
        self.nodes.message(1, &node);
    }

    /// The same with an operator on categories, of the domain `ai.onnx.ml`.
    pub fn category_node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, Attribute<'_>)],
    ) {
        let mut node = node(operator, inputs, outputs, attributes);
        node.text(7, CATEGORIES.0);
        self.categories = true;
        self.nodes.message(1, &node);
    }

    /// A value that the model gives.
    pub fn output(&mut self, name: &str, element: ElementType, shape: &[Dim<'_>]) {
        self.outputs.message(12, &value(name, element, shape));
    }

    /// A text that goes with the model.
    pub fn metadata(&mut self, key: &str, text: &str) {
        let mut entry = Message::default();
        entry.text(1, key);
        entry.text(2, text);
        self.metadata.message(14, &entry);
    }

    /// The model; the same calls give the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut graph = Message::default();
        graph.append(&self.nodes);
        graph.text(2, &self.name);
        graph.append(&self.initializers);
        graph.append(&self.inputs);
        graph.append(&self.outputs);
        let mut operators = Message::default();
        operators.text(1, ""); // The domain of the standard's own operators.
        operators.integer(2, OPSET);
        let mut model = Message::default();
        model.integer(1, FORMAT);
        model.text(2, env!("CARGO_PKG_NAME"));
        model.text(3, env!("CARGO_PKG_VERSION"));
        model.message(7, &graph);
        model.message(8, &operators);
        if self.categories {
            let mut operators = Message::default();
            operators.text(1, CATEGORIES.0);
            operators.integer(2, CATEGORIES.1);
            model.message(8, &operators);
        }
        model.append(&self.metadata);
        model.into_bytes()
    }
}

/// A `NodeProto`, named after its first output.
fn node(
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[(&str, Attribute<'_>)],
) -> Message {
    let mut node = Message::default();
    for input in inputs {
        node.text(1, input);
    }
    for output in outputs {
        node.text(2, output);
    }
    node.text(3, outputs.first().copied().unwrap_or_default());
    node.text(4, operator);
    for (name, attribute) in attributes {
        node.message(5, &encoded(name, attribute));
    }
    node
}

/// A `ValueInfoProto`: a name with the type of a tensor.
fn value(name: &str, element: ElementType, shape: &[Dim<'_>]) -> Message {
    let mut axes = Message::default();
    for dim in shape {
        let mut axis = Message::default();
        match dim {
            Dim::Fixed(length) => axis.integer(1, *length as i64),
            Dim::Named(name) => axis.text(2, name),
        }
        axes.message(1, &axis);
    }
    let mut tensor = Message::default();
    tensor.integer(1, element.code());
    tensor.message(2, &axes);
    let mut kind = Message::default();
    kind.message(1, &tensor);
    let mut value = Message::default();
    value.text(1, name);
    value.message(2, &kind);
    value
}

/// An `AttributeProto`; its field 20 says which of the others holds the value.
fn encoded(name: &str, attribute: &Attribute<'_>) -> Message {
    let mut message = Message::default();
    message.text(1, name);
    match attribute {
        Attribute::Float(number) => {
            message.float(2, *number);
            message.integer(20, 1);
        }
        Attribute::Integer(number) => {
            message.integer(3, *number);
            message.integer(20, 2);
        }
        Attribute::Integers(numbers) => {
            for &number in *numbers {
                message.integer(8, number);
            }
            message.integer(20, 7);
        }
        Attribute::Texts(texts) => {
            for text in *texts {
                message.text(9, text);
            }
            message.integer(20, 8);
        }
    }
    message
}
