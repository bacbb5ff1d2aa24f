//! Scales and networks as statics.

use super::Parts;
use super::text::{double, single};
use crate::export::native::tables::{Kind, Layer, Network, Numbers, Term, activation};
use crate::export::native::wrapped;
use crate::model::Core;

/// The scales of inputs.
pub fn scales(core: &Core, parts: &mut Parts) {
    let scales: Vec<String> = match core {
        Core::Networks { scale, .. } => {
            parts.flags.insert("bounded");
            let one = scale.iter().map(|s| {
                let (center, scale) = (double(s.center), double(s.scale));
                format!(
                    "InputScale {{ center: {center}, scale: {scale}, bent: {} }}",
                    s.bounded
                )
            });
            one.collect()
        }
        Core::Formula { scale, .. } => {
            parts.flags.insert("linear");
            let one = scale.iter().map(|s| {
                let [low, high] = s.limits.unwrap_or([-f64::MAX, f64::MAX]);
                let [low, high, shift, scale] = [low, high, s.shift, s.scale].map(double);
                format!("InputScale {{ low: {low}, high: {high}, shift: {shift}, scale: {scale} }}")
            });
            one.collect()
        }
    };
    let (count, scales) = (scales.len(), wrapped(scales.into_iter(), 1));
    parts.data.push_str(&format!(
        "/// One an input.\nstatic SCALES: [InputScale; {count}] = [\n{scales}\n];\n\n"
    ));
}

/// Writes weights, and `NETWORKS` that refers to them.
pub fn networks(networks: &[Network], parts: &mut Parts) {
    let mut tables = Tables { parts, weights: 0 };
    let mut text = String::new();
    for (index, network) in networks.iter().enumerate() {
        let name = format!("Network {}", index + 1);
        text.push_str(&format!(
            "    Network {{\n        weight: {},\n",
            double(network.weight)
        ));
        if tables.parts.flags.contains("deep") {
            let kind = match network.layers.len() {
                // Between the layers of a network of one layer stands nothing.
                1 => any_activation(networks),
                _ => capital(activation(network.activation)),
            };
            text.push_str(&format!("        activation: Activation::{kind},\n"));
        }
        text.push_str("        layers: &[\n");
        for (depth, layer) in network.layers.iter().enumerate() {
            let layer = tables.layer(layer, &format!("{name}, layer {}", depth + 1), 12);
            text.push_str(&format!("            {layer},\n"));
        }
        text.push_str("        ],\n");
        if let Some(skip) = &network.skip {
            let skip = tables.layer(skip, &format!("{name}, inputs to outputs"), 8);
            text.push_str(&format!("        skip: Some({skip}),\n"));
        } else if tables.parts.flags.contains("skip") {
            text.push_str("        skip: None,\n");
        }
        text.push_str("    },\n");
    }
    let count = networks.len();
    let text = format!("static NETWORKS: [Network; {count}] = [\n{text}];\n\n");
    parts.data.push_str(&text);
}

/// One of the activations that there are.
fn any_activation(networks: &[Network]) -> String {
    let deep = networks.iter().find(|network| network.layers.len() > 1);
    deep.map_or(String::new(), |network| {
        capital(activation(network.activation))
    })
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

struct Tables<'a> {
    parts: &'a mut Parts,
    weights: usize,
}

impl Tables<'_> {
    /// A layer, its inner lines indented by more than `indent`.
    fn layer(&mut self, layer: &Layer, name: &str, indent: usize) -> String {
        let bias = self.array(&layer.bias, &format!("{name}: bias"));
        let space = " ".repeat(indent);
        let mut text = format!("Layer {{\n{space}    bias: &{bias},\n{space}    terms: &[\n");
        for term in &layer.terms {
            let term = self.term(term, layer.outputs, name);
            text.push_str(&format!("{space}        Term {{ {term} }},\n"));
        }
        text.push_str(&format!("{space}    ],\n{space}}}"));
        text
    }

    fn term(&mut self, term: &Term, outputs: usize, name: &str) -> String {
        let words = format!("{name}: {}", term.words());
        let kind = match term.kind {
            Kind::Power => format!("Power({})", term.order),
            Kind::Sine | Kind::Cosine | Kind::Exponential => capital(term.kind.flag()),
            Kind::Product | Kind::Independent => self.factors(term, &words),
            Kind::Embedding => self.embedding(term, &words),
        };
        let shape = match term.kind {
            Kind::Independent => format!("{outputs}"),
            _ => format!("{} x {outputs}", term.rows),
        };
        let weights = self.array(&term.weights, &format!("{words}, weights, {shape}"));
        let mut text = format!("kind: Kind::{kind}, weights: &{weights}");
        if let Some([scale, shift]) = &term.norm {
            let scale = self.array(scale, &format!("{words}, scale of its norm"));
            let shift = self.array(shift, &format!("{words}, shift of its norm"));
            text.push_str(&format!(", norm: Some([&{scale}, &{shift}])"));
        } else if self.parts.flags.contains("norm") {
            text.push_str(", norm: None");
        }
        text
    }

    fn factors(&mut self, term: &Term, words: &str) -> String {
        let (rows, inputs) = (term.rows, term.inputs);
        let shape = format!("{} x {rows} x {inputs}", term.order);
        let numbers = match &term.factors {
            Some(factors) => self.array(factors, &format!("{words}, factors, {shape}")),
            None => String::new(),
        };
        let kind = capital(term.kind.flag());
        format!("{kind}(Factors {{ rows: {rows}, inputs: {inputs}, numbers: &{numbers} }})")
    }

    fn embedding(&mut self, term: &Term, words: &str) -> String {
        let mut all = Vec::new();
        for one in &term.embedded {
            let bins = one.knots.len().saturating_sub(1);
            let words = format!("{words}, input {}", one.input);
            let knots = self.array(&one.knots, &format!("{words}, knots"));
            let steps = self.array(
                &one.steps,
                &format!("{words}, steps, {} x {bins}", term.width),
            );
            all.push(format!(
                "Embedded {{ input: {}, knots: &{knots}, steps: &{steps} }}",
                one.input
            ));
        }
        format!("Embedding({}, &[{}])", term.width, all.join(", "))
    }

    /// Writes numbers; the name of their static.
    fn array(&mut self, numbers: &Numbers, words: &str) -> String {
        let name = format!("W{}", self.weights);
        self.weights += 1;
        let count = numbers.len();
        let texts = match numbers {
            Numbers::Single(all) => wrapped(all.iter().map(|n| single(*n)), 8),
            Numbers::Double(all) => wrapped(all.iter().map(|n| double(*n)), 4),
        };
        self.parts.data.push_str(&format!(
            "/// {words}\nstatic {name}: [Weight; {count}] = [\n{texts}\n];\n\n"
        ));
        name
    }
}
