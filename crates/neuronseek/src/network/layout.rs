use super::config::{Interactions, NetworkConfig, Norm, Placement};
use super::embedding::{Embedded, EmbeddedInput, Embedding};
use crate::neuron::{Function, Neuron, Term};

/// Where everything of a network lies in its flat vectors; pure in the configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// The layers from the inputs to the outputs.
    pub layers: Vec<Layer>,
    /// A layer without bias from the inputs straight to the outputs.
    pub skip: Option<Layer>,
    /// Every tensor, in the order of the flat vectors, without gaps.
    pub segments: Vec<Segment>,
    /// The length of the vector of parameters.
    pub parameters: usize,
    /// The length of the vector of running statistics.
    pub statistics: usize,
}

/// A named tensor inside a flat vector.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    pub name: String,
    /// Row-major.
    pub shape: Vec<usize>,
    pub offset: usize,
    pub kind: SegmentKind,
}

impl Segment {
    pub fn len(&self) -> usize {
        product(&self.shape)
    }
}

/// What a segment holds, which decides weight decay and the vector it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SegmentKind {
    /// Weights and factors: decayed.
    Matrix,
    /// Biases, scales and shifts: not decayed.
    Vector,
    /// Running means and variances: not trained, in the vector of statistics.
    Statistic,
}

/// One layer: which terms it adds and where their parameters lie.
///
/// The layer reads a *wide* matrix, features x rows of the batch. Its first `inputs` rows are the
/// layer's inputs themselves; the rows of the other terms follow. When the neuron has the term x,
/// the inputs are its features, and the weights begin at row 0, else at row `inputs`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    /// Terms that enter by weights, in the order of their rows in the wide matrix.
    pub blocks: Vec<Block>,
    /// The embedded inputs, whose components are the last block.
    pub embedded: Option<Embedded>,
    /// Interactions of rank 1 per unit.
    pub independent: Vec<Independent>,
    /// The first row of the wide matrix that has weights.
    pub first_row: usize,
    /// The number of rows of the wide matrix that have weights.
    pub weighted_rows: usize,
    /// The number of projections, shared and independent.
    pub projections: usize,
    /// Offset of the weights, `weighted_rows x outputs`.
    pub weights: usize,
    /// Offset of the factors, `projections x inputs`.
    pub factors: usize,
    /// Offset of the bias.
    pub bias: Option<usize>,
    pub norm: Norm,
    /// Offset of scale and shift of the first term, each `outputs`; the other terms follow.
    pub norm_parameters: usize,
    /// Offset of running mean and variance of the first term, likewise.
    pub norm_statistics: usize,
}

/// Rows of the wide matrix that belong to one term.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    /// The first row.
    pub row: usize,
    /// The number of rows.
    pub rows: usize,
    pub source: Source,
}

/// How the features of a block arise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Source {
    /// x^(order)
    Power { order: usize },
    /// g(x)
    Function(Function),
    /// Products of `order` projections; factor m of all ranks begins at row
    /// `projection + m * rows` of the projections.
    Product { order: usize, projection: usize },
    /// Components of the embedded inputs.
    Embedding,
}

/// An interaction whose product is a unit's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Independent {
    pub order: usize,
    /// The first of its `order * outputs` projections.
    pub projection: usize,
}

impl Layer {
    /// The number of rows of the wide matrix.
    pub fn wide_rows(&self) -> usize {
        self.first_row + self.weighted_rows
    }

    /// The number of terms that are added.
    pub fn terms(&self) -> usize {
        self.blocks.len() + self.independent.len()
    }

    /// The number of outputs of all terms together.
    pub fn term_values(&self) -> usize {
        self.terms() * self.outputs
    }
}

impl Layout {
    pub fn new(config: &NetworkConfig) -> Layout {
        let mut layout = Layout {
            layers: Vec::new(),
            skip: None,
            segments: Vec::new(),
            parameters: 0,
            statistics: 0,
        };
        let linear = Neuron::linear();
        let mut inputs = config.inputs;
        for (position, &outputs) in config.hidden.iter().chain([&config.outputs]).enumerate() {
            let hidden = position < config.hidden.len();
            let neuron = match config.placement {
                Placement::First if position > 0 => &linear,
                _ => &config.neuron,
            };
            let norm = if hidden { config.norm } else { Norm::None };
            let name = format!("layers.{position}");
            let first = position == 0;
            let mut layer = layout.layer(&name, neuron, [inputs, outputs], config, norm, first);
            layer.bias = Some(layout.add(format!("{name}.bias"), &[outputs], SegmentKind::Vector));
            layout.layers.push(layer);
            inputs = outputs;
        }
        if let Some(neuron) = &config.skip {
            let (inputs, outputs) = (config.inputs, config.outputs);
            let shape = [inputs, outputs];
            layout.skip = Some(layout.layer("skip", neuron, shape, config, Norm::None, false));
        }
        layout
    }

    /// Adds a layer's segments, all but its bias.
    fn layer(
        &mut self,
        name: &str,
        neuron: &Neuron,
        [inputs, outputs]: [usize; 2],
        config: &NetworkConfig,
        norm: Norm,
        embedded: bool,
    ) -> Layer {
        let has_linear = neuron.terms().contains(&Term::pure(1));
        let mut layer = Layer {
            inputs,
            outputs,
            blocks: Vec::new(),
            embedded: None,
            independent: Vec::new(),
            first_row: if has_linear { 0 } else { inputs },
            weighted_rows: 0,
            projections: 0,
            weights: self.parameters,
            factors: 0,
            bias: None,
            norm,
            norm_parameters: 0,
            norm_statistics: 0,
        };
        let mut factors = Vec::new();
        let mut names = Vec::new();
        for term in neuron.terms() {
            let label = term_label(*term);
            let (rows, source) = match *term {
                Term::Pure { order } => (inputs, Source::Power { order }),
                Term::Function(function) => (inputs, Source::Function(function)),
                Term::Interaction { order, rank } => {
                    let projection = layer.projections;
                    if config.interactions == Interactions::Independent {
                        layer.independent.push(Independent { order, projection });
                        factors.push((label.clone(), [order, outputs, inputs]));
                        layer.projections = layer
                            .projections
                            .saturating_add(order.saturating_mul(outputs));
                        names.push(label);
                        continue;
                    }
                    let rank = rank.unwrap_or(config.rank);
                    factors.push((label.clone(), [order, rank, inputs]));
                    layer.projections =
                        layer.projections.saturating_add(order.saturating_mul(rank));
                    (rank, Source::Product { order, projection })
                }
            };
            self.block(name, &mut layer, (rows, source), &label);
            names.push(label);
        }
        if let Some(embedding) = config.embedding.as_ref().filter(|_| embedded) {
            let inputs = (embedding.knots.iter()).filter(|knots| !knots.is_empty());
            let rows = embedding.width.saturating_mul(inputs.count());
            names.insert(layer.blocks.len(), "embedding".to_owned());
            self.block(name, &mut layer, (rows, Source::Embedding), "embedding");
        }
        layer.factors = self.parameters;
        for (label, shape) in factors {
            self.add(
                format!("{name}.{label}.factors"),
                &shape,
                SegmentKind::Matrix,
            );
        }
        if let Some(embedding) = config.embedding.as_ref().filter(|_| embedded) {
            layer.embedded = Some(self.embedded(name, embedding));
        }
        self.norms(name, &names, &mut layer);
        layer
    }

    /// Adds rows of the wide matrix and their weights.
    fn block(
        &mut self,
        name: &str,
        layer: &mut Layer,
        (rows, source): (usize, Source),
        label: &str,
    ) {
        let shape = [rows, layer.outputs];
        self.add(
            format!("{name}.{label}.weights"),
            &shape,
            SegmentKind::Matrix,
        );
        layer.blocks.push(Block {
            row: layer.wide_rows(),
            rows,
            source,
        });
        layer.weighted_rows = layer.weighted_rows.saturating_add(rows);
    }

    /// Adds the steps of each embedded input.
    fn embedded(&mut self, name: &str, embedding: &Embedding) -> Embedded {
        let width = embedding.width;
        let mut inputs = Vec::new();
        for (input, knots) in embedding.knots.iter().enumerate() {
            if knots.is_empty() {
                continue;
            }
            let name = format!("{name}.embedding.{input}.steps");
            let shape = [width, knots.len().saturating_sub(1)];
            let steps = self.add(name, &shape, SegmentKind::Matrix);
            inputs.push(EmbeddedInput::new(input, steps, knots));
        }
        Embedded { width, inputs }
    }

    fn norms(&mut self, name: &str, terms: &[String], layer: &mut Layer) {
        layer.norm_parameters = self.parameters;
        layer.norm_statistics = self.statistics;
        if layer.norm == Norm::None {
            return;
        }
        let shape = [layer.outputs];
        for term in terms {
            self.add(format!("{name}.{term}.scale"), &shape, SegmentKind::Vector);
            self.add(format!("{name}.{term}.shift"), &shape, SegmentKind::Vector);
            if layer.norm == Norm::Batch {
                let statistic = SegmentKind::Statistic;
                self.add(format!("{name}.{term}.mean"), &shape, statistic);
                self.add(format!("{name}.{term}.variance"), &shape, statistic);
            }
        }
    }

    /// Adds a segment and gives its offset.
    fn add(&mut self, name: String, shape: &[usize], kind: SegmentKind) -> usize {
        let end = match kind {
            SegmentKind::Statistic => &mut self.statistics,
            _ => &mut self.parameters,
        };
        let offset = *end;
        *end = end.saturating_add(product(shape));
        self.segments.push(Segment {
            name,
            shape: shape.to_vec(),
            offset,
            kind,
        });
        offset
    }
}

/// The term as a tensor's name has it: without a rank, which the shape tells.
fn term_label(term: Term) -> String {
    match term {
        Term::Interaction { order, .. } => format!("cp({order})"),
        Term::Function(function) => function.name().to_owned(),
        pure => pure.to_string(),
    }
}

fn product(shape: &[usize]) -> usize {
    shape
        .iter()
        .fold(1, |product, &length| product.saturating_mul(length))
}
