use neuronseek::neuron::Neuron;

use super::{Architecture, Placement, Plan, Stem};
use crate::graph::{Graph, Operation};

fn small(architecture: Architecture) -> Plan {
    Plan::linear(architecture, [3, 32, 32], 10)
}

fn large(architecture: Architecture) -> Graph {
    let plan = Plan::linear(architecture, [3, 224, 224], 1000);
    assert_eq!(plan.stem, Stem::Large);
    plan.graph().unwrap()
}

fn with(plan: Plan, neuron: &str) -> Plan {
    Plan {
        neuron: neuron.parse().unwrap(),
        ..plan
    }
}

fn parameters(plan: &Plan) -> usize {
    plan.graph().unwrap().parameter_count()
}

#[test]
fn linear_forms_have_the_published_parameters() {
    // He et al. 2016 say 0.27 million for ResNet-20; the counts to the last one are those of the
    // reference implementations (torchvision; for CIFAR the same layers with the small stem).
    assert_eq!(parameters(&small(Architecture::ResNet20)), 269_722);
    assert_eq!(large(Architecture::ResNet18).parameter_count(), 11_689_512);
    assert_eq!(large(Architecture::ResNet34).parameter_count(), 21_797_672);
    assert_eq!(parameters(&small(Architecture::ResNet18)), 11_173_962);
    assert_eq!(parameters(&small(Architecture::ResNet34)), 21_282_122);
    assert_eq!(
        large(Architecture::DenseNet121).parameter_count(),
        7_978_856
    );
    // Huang et al. 2017: 0.8 million.
    assert_eq!(parameters(&small(Architecture::DenseNet100)), 769_162);
    assert_eq!(
        large(Architecture::SeResNet18).parameter_count(),
        11_778_592
    );
}

#[test]
fn googlenet_has_the_published_parameters_but_for_norms() {
    // The published network has a bias per convolution where this one has a gain and a shift.
    let graph = large(Architecture::GoogLeNet);
    let norms: usize = graph.norms.iter().map(|(_, channels)| channels).sum();
    assert_eq!(graph.parameter_count() - norms, 6_998_552);
    assert_eq!(graph.norms.len(), 57);
}

#[test]
fn multiply_adds_are_the_published_ones() {
    let billions = |graph: &Graph| graph.multiply_adds() as f64 / 1e9;
    assert!((billions(&large(Architecture::ResNet18)) - 1.8).abs() < 0.05);
    assert!((billions(&large(Architecture::ResNet34)) - 3.6).abs() < 0.1);
    let thin = small(Architecture::ResNet20).graph().unwrap();
    assert!((thin.multiply_adds() as f64 / 1e6 - 40.8).abs() < 0.3);
}

#[test]
fn a_neuron_multiplies_the_convolutions_that_it_is_in() {
    let linear = small(Architecture::SmallCnn);
    let neuron = with(linear.clone(), "x + x^2");
    // Twice the convolutions and norms, once the classifier.
    let classifier = 128 * 10 + 10;
    assert_eq!(
        parameters(&neuron) - classifier,
        2 * (parameters(&linear) - classifier)
    );
    let stem = Plan {
        placement: Placement::Stem,
        ..neuron
    };
    assert_eq!(parameters(&stem), parameters(&linear) + 32 * 27 + 64);
}

#[test]
fn an_interaction_costs_its_projections_and_one_convolution() {
    let only = with(small(Architecture::SmallCnn), "x + cp(3, r=5)");
    let stem = Plan {
        placement: Placement::Stem,
        ..only
    };
    let linear = parameters(&small(Architecture::SmallCnn));
    assert_eq!(parameters(&stem), linear + 3 * 3 * 5 + 5 * 9 * 32 + 64);
}

#[test]
fn matched_networks_are_as_large_as_the_linear_one() {
    for architecture in Architecture::ALL {
        for neuron in ["x + x^2", "x + x^3 + cp(2)"] {
            let plan = with(small(architecture), neuron);
            let matched = plan.matched().unwrap();
            let (found, most) = (parameters(&matched), parameters(&small(architecture)));
            assert!(found <= most, "{architecture} {neuron}: {found} > {most}");
            assert!(
                found as f64 > 0.9 * most as f64,
                "{architecture} {neuron}: {found} of {most}"
            );
        }
    }
    let linear = small(Architecture::ResNet20);
    assert_eq!(linear.matched().unwrap(), linear);
}

#[test]
fn a_plan_that_cannot_be_says_everything_at_once() {
    let plan = Plan {
        neuron: Neuron::new("x^9 + sin(x)".parse::<Neuron>().unwrap().terms().to_vec()),
        width: -1.0,
        input: [3, 4, 4],
        classes: 1,
        ..small(Architecture::ResNet20)
    };
    let text = plan.graph().unwrap_err().to_string();
    for part in ["sin(x)", "x^9", "width -1", "4 x 4", "1 classes"] {
        assert!(text.contains(part), "{part} not in: {text}");
    }
}

#[test]
fn gates_stand_behind_every_term_of_the_neuron() {
    let plan = Plan {
        gated: true,
        ..with(small(Architecture::ResNet20), "x + x^2")
    };
    let graph = plan.graph().unwrap();
    let gates = graph.nodes.iter().filter_map(|node| match node.operation {
        Operation::Gate { term } => Some(term),
        _ => None,
    });
    let gates: Vec<usize> = gates.collect();
    assert_eq!(gates.len(), 2 * 19);
    assert_eq!(gates.iter().sum::<usize>(), 19);
}

#[test]
fn names_of_parameters_are_unique_and_names_of_architectures_parse() {
    for architecture in Architecture::ALL {
        assert_eq!(architecture.name().parse(), Ok(architecture));
        let graph = with(small(architecture), "x + cp(2) + x^3")
            .graph()
            .unwrap();
        let mut names: Vec<&str> = graph.parameters.iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{architecture}");
    }
    assert!("resnet-19".parse::<Architecture>().is_err());
}
