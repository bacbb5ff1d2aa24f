use super::{Builder, Operation, Window};

#[test]
fn a_window_counts_its_positions() {
    assert_eq!(Window::same(3).positions(32), 32);
    assert_eq!(Window::strided(3, 2).positions(32), 16);
    assert_eq!(Window::strided(3, 2).positions(7), 4);
    assert_eq!(Window::strided(7, 2).positions(224), 112);
    assert_eq!(Window::strided(1, 2).positions(9), 5);
}

#[test]
fn shapes_parameters_and_readers_of_a_small_graph() {
    let (mut builder, image) = Builder::new([3, 9, 7]);
    let node = builder.convolution("a", image, 8, Window::strided(3, 2));
    let normed = builder.norm("a.norm", node);
    let sum = builder.add("sum", Operation::Add, &[node, normed]);
    let both = builder.add("both", Operation::Concat, &[sum, node]);
    builder.classify(both, 4);
    let graph = builder.finish();
    assert_eq!(graph.nodes[node].shape, [8, 5, 4]);
    assert_eq!(graph.nodes[both].shape, [16, 5, 4]);
    assert_eq!(graph.outputs(), 4);
    assert_eq!(graph.parameter_count(), 8 * 27 + 16 + 16 * 4 + 4);
    assert_eq!(graph.multiply_adds(), 8 * 27 * 20 + 64);
    assert_eq!(graph.readers()[..5], [1, 3, 1, 1, 1]);
    assert_eq!(graph.parameter("classifier.bias"), Some(4));
    assert_eq!(graph.parameter("nothing"), None);
}
