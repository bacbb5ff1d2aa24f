//! Networks: those of one shape together.

use super::layer::Group;
use super::query::Query;
use super::vectors::Vector;
use crate::network::{Folded, FoldedLayer, FoldedTerm};

/// Writes all parts up to `ns_outputs`; `inputs` are expressions on the columns of `from`.
pub(super) fn write(query: &mut Query, inputs: &[String], from: &str, members: &[(f64, Folded)]) {
    let scaled = query.vector_of_columns("ns_scaled", inputs, from);
    let groups = of_shapes(members);
    let mut weights = Vec::new();
    let mut results = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let prefix = match groups.len() {
            1 => "ns".to_string(),
            _ => format!("ns_shape{}", index + 1),
        };
        let first_net = weights.len();
        let own = group.iter().enumerate();
        weights.extend(own.map(|(place, (weight, _))| {
            format!(
                "({}, {})",
                first_net + place,
                super::dialect::number(*weight)
            )
        }));
        let networks = group.iter().map(|(_, network)| network).collect();
        results.push(network(query, &scaled, &prefix, networks, first_net));
    }
    query.values("ns_members_data", &["net", "weight"], &weights);
    let members_part = "SELECT net, weight\nFROM ns_members_data";
    query.looked_up("ns_members", 2, members_part);
    let all: Vec<String> = results
        .iter()
        .map(|part| format!("SELECT row_no, net, item, v FROM {part}"))
        .collect();
    query.part("ns_all", &all.join("\nUNION ALL\n"));
    let outputs = members.first().map_or(0, |(_, network)| network.outputs);
    let output = |index: usize| {
        let name = super::formula::output_name(index);
        format!(",\n  sum(m.weight * z.v) FILTER (WHERE z.item = {index}) AS {name}")
    };
    let outputs: Vec<String> = (0..outputs).map(output).collect();
    query.part(
        "ns_outputs",
        &format!(
            "SELECT z.row_no{}\nFROM ns_all AS z CROSS JOIN ns_members AS m\n\
             WHERE m.net = z.net\nGROUP BY z.row_no",
            outputs.concat()
        ),
    );
}

fn network(
    query: &mut Query,
    scaled: &Vector,
    prefix: &str,
    networks: Vec<&Folded>,
    first_net: usize,
) -> String {
    let depth = networks.first().map_or(0, |network| network.layers.len());
    let Some(activation) = networks.first().map(|network| network.activation) else {
        return String::new();
    };
    let mut values = scaled.clone();
    let mut part = String::new();
    for index in 0..depth {
        let group = |name: String, layers| Group {
            name,
            layers,
            first_net,
        };
        let layers = networks
            .iter()
            .filter_map(|network| network.layers.get(index));
        let own = group(format!("{prefix}_layer{}", index + 1), layers.collect());
        let mut terms = own.terms(query, &values);
        let mut biases = own.biases();
        let last = index + 1 == depth;
        if last {
            let skips = networks.iter().filter_map(|network| network.skip.as_ref());
            let skip = group(format!("{prefix}_skip"), skips.collect());
            if !skip.layers.is_empty() {
                terms.extend(skip.terms(query, scaled));
                for (bias, more) in biases.iter_mut().zip(skip.biases()) {
                    bias.iter_mut()
                        .zip(more)
                        .for_each(|(bias, more)| *bias += more);
                }
            }
        }
        part = own.sum(query, &terms, biases, (!last).then_some(activation));
        if !last {
            let length = own.layers.first().map_or(0, |layer| layer.outputs);
            values = query.gathered(&format!("{}_values", own.name), &part, length);
        }
    }
    part
}

/// Networks of one shape together, in the order of the first of each.
fn of_shapes(members: &[(f64, Folded)]) -> Vec<Vec<&(f64, Folded)>> {
    let mut groups: Vec<(String, Vec<&(f64, Folded)>)> = Vec::new();
    for member in members {
        let shape = shape(&member.1);
        match groups.iter_mut().find(|(own, _)| *own == shape) {
            Some((_, group)) => group.push(member),
            None => groups.push((shape, vec![member])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Everything of a network but its numbers.
fn shape(network: &Folded) -> String {
    let layers: Vec<String> = network.layers.iter().map(layer_shape).collect();
    let skip = network.skip.as_ref().map(layer_shape);
    format!(
        "{:?} {} {layers:?} {skip:?}",
        network.activation, network.inputs
    )
}

fn layer_shape(layer: &FoldedLayer) -> String {
    let term = |term: &FoldedTerm| match term {
        FoldedTerm::Power { order, .. } => format!("power {order}"),
        FoldedTerm::Function { function, .. } => function.name().to_string(),
        FoldedTerm::Product { factors, weights } => {
            format!("product {} {}", factors.len(), weights.rows())
        }
        FoldedTerm::Independent { factors, .. } => format!("independent {}", factors.len()),
        FoldedTerm::Embedding { inputs, width, .. } => {
            let inputs: Vec<usize> = inputs.iter().map(|embedded| embedded.input).collect();
            format!("embedding {width} {inputs:?}")
        }
    };
    let terms: Vec<String> = layer.terms.iter().map(term).collect();
    format!(
        "{} {} {} {terms:?}",
        layer.inputs,
        layer.outputs,
        layer.layer_norm.len()
    )
}
