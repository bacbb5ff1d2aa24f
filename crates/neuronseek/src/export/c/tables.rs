//! Scales and networks as constant arrays.

use super::Parts;
use super::text::{double, single};
use crate::export::native::tables::{Kind, Layer, Network, Numbers, Term, activation};
use crate::export::native::wrapped;
use crate::model::Core;
use crate::network::Activation;

/// The name of an activation's kind.
pub fn activation_name(kind: Activation) -> String {
    activation(kind).to_uppercase()
}

/// The scales of inputs.
pub fn scales(core: &Core, parts: &mut Parts) {
    let scales: Vec<String> = match core {
        Core::Networks { scale, .. } => {
            parts.flags.insert("bounded");
            let one = scale.iter().map(|s| {
                let bent = u8::from(s.bounded);
                format!("{{{}, {}, {bent}}}", double(s.center), double(s.scale))
            });
            one.collect()
        }
        Core::Formula { scale, .. } => {
            parts.flags.insert("linear");
            let one = scale.iter().map(|s| {
                let [low, high] = s.limits.unwrap_or([-f64::MAX, f64::MAX]);
                let numbers = [low, high, s.shift, s.scale].map(double);
                format!("{{{}}}", numbers.join(", "))
            });
            one.collect()
        }
    };
    if !scales.is_empty() {
        let (count, scales) = (scales.len(), wrapped(scales.into_iter(), 1));
        parts.data.push_str(&format!(
            "/* One an input. */\nstatic const input_scale scales[{count}] = {{\n{scales}\n}};\n\n"
        ));
    }
}

/// Arrays of networks: those of numbers first, then those that refer to them.
struct Tables<'a> {
    parts: &'a mut Parts,
    single: bool,
    weights: usize,
    embeddings: Vec<String>,
    terms: Vec<String>,
    layers: Vec<String>,
}

/// Writes weights, terms, layers and `networks`.
pub fn networks(networks: &[Network], single: bool, parts: &mut Parts) {
    let mut tables = Tables {
        parts,
        single,
        weights: 0,
        embeddings: Vec::new(),
        terms: Vec::new(),
        layers: Vec::new(),
    };
    let mut rows = Vec::new();
    for (index, network) in networks.iter().enumerate() {
        let start = tables.layers.len();
        let name = format!("Network {}", index + 1);
        for (depth, layer) in network.layers.iter().enumerate() {
            tables.layer(layer, &format!("{name}, layer {}", depth + 1));
        }
        let mut row = vec![double(network.weight)];
        if tables.parts.flags.contains("deep") {
            row.push(match network.layers.len() {
                // Between the layers of a network of one layer stands nothing.
                1 => "(activation_kind)0".to_string(),
                _ => activation_name(network.activation),
            });
        }
        row.push(network.layers.len().to_string());
        row.push(format!("layers + {start}"));
        if let Some(skip) = &network.skip {
            row.push(format!("layers + {}", tables.layers.len()));
            tables.layer(skip, &format!("{name}, inputs to outputs"));
        } else if tables.parts.flags.contains("skip") {
            row.push("NULL".to_string());
        }
        rows.push(format!("{{{}}}", row.join(", ")));
    }
    let Tables {
        embeddings,
        terms,
        layers,
        ..
    } = tables;
    for (kind, name, rows) in [
        ("embedding", "embeddings", embeddings),
        ("term", "terms", terms),
        ("layer", "layers", layers),
        ("network", "networks", rows),
    ] {
        if !rows.is_empty() {
            let (count, rows) = (rows.len(), wrapped(rows.into_iter(), 1));
            let table = format!("static const {kind} {name}[{count}] = {{\n{rows}\n}};\n\n");
            parts.data.push_str(&table);
        }
    }
}

impl Tables<'_> {
    fn layer(&mut self, layer: &Layer, name: &str) {
        let outputs = layer.outputs;
        let bias = self.array(&layer.bias, &format!("{name}: bias"));
        let rows: Vec<String> = layer
            .terms
            .iter()
            .map(|t| self.term(t, outputs, name))
            .collect();
        let terms = match rows.len() {
            0 => "NULL".to_string(),
            _ => format!("terms + {}", self.terms.len()),
        };
        let (inputs, count) = (layer.inputs, rows.len());
        self.terms.extend(rows);
        self.layers
            .push(format!("{{{inputs}, {outputs}, {bias}, {count}, {terms}}}"));
    }

    /// A row of the table of terms.
    fn term(&mut self, term: &Term, outputs: usize, name: &str) -> String {
        let words = format!("{name}: {}", term.words());
        let flags = self.parts.flags.clone();
        let mut row = vec![term.kind.flag().to_uppercase(), term.rows.to_string()];
        if flags.contains("power") || flags.contains("factors") {
            row.push(term.order.to_string());
        }
        if flags.contains("factors") {
            row.push(term.inputs.to_string());
            row.push(match &term.factors {
                Some(factors) => {
                    let shape = format!("{} x {} x {}", term.order, term.rows, term.inputs);
                    self.array(factors, &format!("{words}, factors, {shape}"))
                }
                None => "NULL".to_string(),
            });
        }
        if flags.contains("embedding") {
            row.push(term.width.to_string());
            row.push(match term.embedded.is_empty() {
                true => "NULL".to_string(),
                false => self.embeddings(term, &words),
            });
        }
        let shape = match term.kind {
            Kind::Independent => format!("{outputs}"),
            _ => format!("{} x {outputs}", term.rows),
        };
        row.push(self.array(&term.weights, &format!("{words}, weights, {shape}")));
        match &term.norm {
            Some(norm) => {
                for (what, numbers) in ["scale", "shift"].into_iter().zip(norm) {
                    row.push(self.array(numbers, &format!("{words}, {what} of its norm")));
                }
            }
            None if flags.contains("norm") => row.extend(["NULL", "NULL"].map(String::from)),
            None => {}
        }
        format!("{{{}}}", row.join(", "))
    }

    fn embeddings(&mut self, term: &Term, words: &str) -> String {
        let start = self.embeddings.len();
        for one in &term.embedded {
            let bins = one.knots.len().saturating_sub(1);
            let words = format!("{words}, input {}", one.input);
            let knots = self.array(&one.knots, &format!("{words}, knots"));
            let steps = self.array(
                &one.steps,
                &format!("{words}, steps, {} x {bins}", term.width),
            );
            let row = format!("{{{}, {bins}, {knots}, {steps}}}", one.input);
            self.embeddings.push(row);
        }
        format!("embeddings + {start}")
    }

    /// Writes numbers; the name of their array.
    fn array(&mut self, numbers: &Numbers, words: &str) -> String {
        let name = format!("w{}", self.weights);
        self.weights += 1;
        let count = numbers.len().max(1);
        let texts = match numbers {
            _ if numbers.len() == 0 => "    0".to_string(),
            Numbers::Single(all) if self.single => wrapped(all.iter().map(|n| single(*n)), 8),
            Numbers::Single(all) => wrapped(all.iter().map(|n| double(f64::from(*n))), 4),
            Numbers::Double(all) => wrapped(all.iter().map(|n| double(*n)), 4),
        };
        self.parts.data.push_str(&format!(
            "/* {words} */\nstatic const real {name}[{count}] = {{\n{texts}\n}};\n\n"
        ));
        name
    }
}
