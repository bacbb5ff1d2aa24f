use crate::export::onnx::{Attribute, ElementType, Elements, OnnxGraph};
use crate::matrix::Matrix;

/// A graph that names its own values.
pub(super) struct Writer {
    pub graph: OnnxGraph,
    values: usize,
}

impl Writer {
    pub fn new() -> Writer {
        Writer {
            graph: OnnxGraph::new("neuronseek"),
            values: 0,
        }
    }

    /// A name that no column has: columns come from headers, where a tab cannot stand.
    fn name(&mut self) -> String {
        self.values += 1;
        format!("\t{}", self.values)
    }

    /// A constant.
    pub fn constant<'a>(&mut self, shape: &[usize], elements: impl Into<Elements<'a>>) -> String {
        let name = self.name();
        self.graph.initializer(&name, shape, elements);
        name
    }

    /// A number.
    pub fn number(&mut self, value: f64) -> String {
        self.constant(&[], &[value][..])
    }

    /// A row of numbers.
    pub fn row(&mut self, values: &[f64]) -> String {
        self.constant(&[1, values.len()], values)
    }

    /// A matrix in single precision.
    pub fn matrix(&mut self, matrix: &Matrix<f32>) -> String {
        self.constant(&[matrix.rows(), matrix.columns()], matrix.data())
    }

    /// The only output of an operator.
    pub fn with(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute<'_>)],
    ) -> String {
        let name = self.name();
        self.graph.node(operator, inputs, &[&name], attributes);
        name
    }

    /// The only output of an operator without attributes.
    pub fn of(&mut self, operator: &str, inputs: &[&str]) -> String {
        self.with(operator, inputs, &[])
    }

    /// The only output of a look-up among categories.
    pub fn encoded(&mut self, input: &str, attributes: &[(&str, Attribute<'_>)]) -> String {
        let name = self.name();
        let operator = "LabelEncoder";
        self.graph
            .category_node(operator, &[input], &[&name], attributes);
        name
    }

    /// An operator that gives a named output of the model.
    pub fn named(&mut self, name: &str, operator: &str, inputs: &[&str]) {
        self.graph.node(operator, inputs, &[name], &[]);
    }

    /// As another type.
    pub fn cast(&mut self, value: &str, to: ElementType) -> String {
        let to = Attribute::Integer(to.code());
        self.with("Cast", &[value], &[("to", to)])
    }

    /// Columns one beside the other.
    pub fn beside(&mut self, parts: &[String]) -> String {
        match parts {
            [only] => only.clone(),
            parts => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                self.with("Concat", &parts, &[("axis", Attribute::Integer(1))])
            }
        }
    }

    /// Columns `from` to before `to`.
    pub fn columns(&mut self, value: &str, from: usize, to: usize) -> String {
        let ends = [from, to].map(|end| self.constant(&[1], &[end as i64]));
        let axis = self.constant(&[1], &[1i64]);
        self.of("Slice", &[value, &ends[0], &ends[1], &axis])
    }

    /// Kept within limits.
    pub fn within(&mut self, value: &str, [low, high]: [f64; 2]) -> String {
        let ends = [low, high].map(|end| self.number(end));
        self.of("Clip", &[value, &ends[0], &ends[1]])
    }
}
