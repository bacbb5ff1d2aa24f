use neuronseek::observe::Control;

use super::{ClassMaps, class_maps, picture};
use crate::architecture::{Architecture, Plan};
use crate::device::Device;
use crate::images::ImageSet;
use crate::model::{VisionModel, untrained};

fn model(architecture: Architecture) -> VisionModel {
    let plan = Plan {
        neuron: "x + x^2".parse().unwrap(),
        width: 0.15,
        ..Plan::linear(architecture, [3, 20, 17], 3)
    };
    let mut model = untrained(plan, &["a", "b", "c"], 4);
    if let Some(bias) = model.numbers.parameters.last_mut() {
        bias.copy_from_slice(&[0.5, -0.25, 2.0]);
    }
    model
}

fn images(count: usize) -> ImageSet {
    let pixels = (0..count * 3 * 20 * 17).map(|i| ((i * i) % 251) as u8);
    ImageSet {
        name: "squares".to_string(),
        channels: 3,
        height: 20,
        width: 17,
        pixels: pixels.collect(),
        labels: Vec::new(),
        classes: Vec::new(),
    }
}

#[test]
fn the_mean_of_a_map_and_the_bias_are_the_logit() {
    for architecture in Architecture::ALL {
        let model = model(architecture);
        // More images than are computed at once.
        let images = images(18);
        let control = Control::silent();
        let maps = class_maps(&model, &images, &control).unwrap();
        let logits = model.logits(&images, &Device::Cpu, &control).unwrap();
        assert_eq!(maps.len(), 18);
        for (maps, logits) in maps.iter().zip(logits.chunks_exact(3)) {
            for (class, &logit) in logits.iter().enumerate() {
                let map = maps.map(class);
                let mean = map.iter().sum::<f32>() / map.len() as f32;
                let found = mean + maps.bias[class];
                let near = (found - logit).abs() <= 1e-4 * (1.0 + logit.abs());
                assert!(near, "{architecture}: {found} and {logit}");
                assert!((maps.logits[class] - logit).abs() <= 1e-5 * (1.0 + logit.abs()));
            }
        }
    }
}

#[test]
fn images_of_another_size_have_no_maps() {
    let mut images = images(1);
    (images.height, images.width) = (17, 20);
    let model = model(Architecture::SmallCnn);
    let text = class_maps(&model, &images, &Control::silent()).unwrap_err();
    assert!(text.to_string().contains("3 x 17 x 20"), "{text}");
}

/// Maps of two classes: `10 row + column` and its negative.
fn slope(rows: usize, columns: usize) -> ClassMaps {
    let up = (0..rows * columns).map(|i| (10 * (i / columns) + i % columns) as f32);
    let up: Vec<f32> = up.collect();
    ClassMaps {
        logits: vec![1.0, 2.0],
        bias: vec![0.0, 0.0],
        rows,
        columns,
        values: up.iter().copied().chain(up.iter().map(|x| -x)).collect(),
    }
}

#[test]
fn enlarging_a_plane_gives_a_plane() {
    let maps = slope(4, 3);
    assert_eq!(maps.enlarged(1, 4, 3), maps.map(1));
    let enlarged = maps.enlarged(0, 20, 12);
    for row in 0..20 {
        for column in 0..12 {
            let at = |place: usize, factor: f32, last: f32| {
                ((place as f32 + 0.5) / factor - 0.5).clamp(0.0, last)
            };
            let expected = 10.0 * at(row, 5.0, 3.0) + at(column, 4.0, 2.0);
            let found = enlarged[row * 12 + column];
            assert!((found - expected).abs() < 1e-4, "{row} {column}: {found}");
        }
    }
    // One pixel has no neighbours.
    let one = ClassMaps {
        rows: 1,
        columns: 1,
        values: vec![3.0, 4.0],
        ..slope(1, 1)
    };
    assert_eq!(one.enlarged(1, 2, 2), [4.0; 4]);
}

#[test]
fn the_predicted_class_has_the_largest_logit() {
    let mut maps = slope(1, 1);
    assert_eq!(maps.predicted(), 1);
    maps.logits = vec![2.0, 2.0];
    assert_eq!(maps.predicted(), 0);
}

#[test]
fn a_picture_has_the_image_on_the_left_and_the_map_over_it_on_the_right() {
    let images = images(1);
    let [rows, columns] = [20, 17];
    let drawn = picture(&images.pixels, [3, rows, columns], &slope(5, 5), 0);
    // 256 / 17 rounded up is 16.
    assert_eq!(drawn.dimensions(), (2 * 272 + 8, 320));
    let pixel = |channel: usize, row: usize, column: usize| {
        images.pixels[(channel * rows + row) * columns + column]
    };
    for (row, column) in [(0, 0), (7, 3), (19, 16)] {
        let expected = [0, 1, 2].map(|channel| pixel(channel, row, column));
        for inside in [0, 15] {
            let [x, y] = [column * 16 + inside, row * 16 + inside].map(|place| place as u32);
            assert_eq!(drawn.get_pixel(x, y).0, expected);
        }
    }
    assert_eq!(drawn.get_pixel(275, 100).0, [255; 3]);

    // Over a grey image the map's smallest value is darkest and its largest lightest.
    let grey = picture(&[100; 400], [1, 20, 20], &slope(5, 5), 0);
    let right = 260 + 8;
    let dark = grey.get_pixel(right, 0).0;
    let light = grey.get_pixel(right + 259, 259).0;
    assert_eq!(grey.get_pixel(5, 5).0, [100; 3]);
    assert_eq!(dark, [40, 40, 42]); // 0.6 (0, 0, 4) + 0.4 * 100
    assert_eq!(light, [191, 193, 138]); // 0.6 (252, 255, 164) + 0.4 * 100
}

#[test]
fn a_map_of_one_value_is_dark_everywhere() {
    let flat = ClassMaps {
        values: vec![3.0; 2],
        ..slope(1, 1)
    };
    let drawn = picture(&[0; 64], [1, 8, 8], &flat, 0);
    let right = drawn.width() - 1;
    assert_eq!(drawn.get_pixel(right, 0).0, [0, 0, 2]);
    assert_eq!(drawn.get_pixel(right, 255).0, [0, 0, 2]);
}
