use super::*;
use crate::augment::tests::images;

/// What a change makes of an image of 3 or 1 channels of `sides`.
fn changed(pixels: &[u8], sides: [usize; 2], change: impl Fn(&mut Picture<'_>)) -> Vec<u8> {
    let mut pixels = pixels.to_vec();
    let mut spare = vec![0; pixels.len()];
    change(&mut Picture {
        sides,
        pixels: &mut pixels,
        spare: &mut spare,
        fill: &[7, 8, 9],
    });
    pixels
}

#[test]
fn magnitude_0_leaves_an_image_as_it_is() {
    for channels in [1, 3] {
        let image = images(1, channels, 9, 12).pixels;
        for operation in Operation::ALL {
            // These two have no magnitude.
            if [Operation::AutoContrast, Operation::Equalise].contains(&operation) {
                continue;
            }
            let same = changed(&image, [9, 12], |picture| operation.apply(picture, 0.0));
            assert_eq!(same, image, "{operation:?}");
        }
    }
}

#[test]
fn every_operation_but_identity_changes_an_image_at_full_magnitude() {
    // Half the contrast, so that spreading it shows, and few pixels of the highest value.
    let image: Vec<u8> = images(1, 3, 32, 32).pixels.iter().map(|p| p / 2).collect();
    for operation in Operation::ALL {
        for strength in [-1.0, 1.0] {
            let out = changed(&image, [32, 32], |picture| {
                operation.apply(picture, strength)
            });
            let same = operation == Operation::Identity;
            assert_eq!(out == image, same, "{operation:?} {strength}");
        }
    }
}

#[test]
fn small_images_of_all_shapes_are_no_trouble() {
    for (height, width) in [(1, 1), (1, 5), (2, 2), (3, 1), (7, 3)] {
        let image = images(1, 3, height, width).pixels;
        for operation in Operation::ALL {
            for strength in [-1.0, -0.3, 1.0] {
                let out = changed(&image, [height, width], |p| operation.apply(p, strength));
                assert_eq!(out.len(), image.len());
            }
        }
    }
}

#[test]
fn auto_contrast_spreads_each_channel_and_once_is_enough() {
    let image = [10, 20, 30, 60, 5, 5, 5, 5, 0, 100, 200, 255];
    let once = changed(&image, [2, 2], tone::auto_contrast);
    // 255 / 50 = 5.1 a step in the first channel; one value alone stays, and so does a full range.
    assert_eq!(once, [0, 51, 102, 255, 5, 5, 5, 5, 0, 100, 200, 255]);
    assert_eq!(changed(&once, [2, 2], tone::auto_contrast), once);
}

#[test]
fn equalised_pixels_are_even_and_keep_their_order() {
    // Squares crowd near 0; 1024 pixels, 4 of each of 256 ranks.
    let image: Vec<u8> = (0..1024_u32)
        .map(|at| (at / 4 * (at / 4) / 255) as u8)
        .collect();
    let out = changed(&image, [32, 32], tone::equalise);
    assert!(out.is_sorted());
    let mean = out.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / 1024.0;
    assert!((mean - 127.5).abs() < 10.0, "{mean}");
    // An even ramp of 256 values, 4 pixels each: step is (1024 - 4) / 255 = 4, and a value v has
    // 4 v pixels below it, so that it stays.
    let even: Vec<u8> = (0..1024_u32).map(|at| (at / 4) as u8).collect();
    assert_eq!(changed(&even, [32, 32], tone::equalise), even);
    let flat = vec![77; 1024];
    assert_eq!(changed(&flat, [32, 32], tone::equalise), flat);
}

#[test]
fn solarise_at_0_inverts_and_twice_is_the_image() {
    let image = images(1, 3, 8, 8).pixels;
    let inverted = changed(&image, [8, 8], |picture| tone::solarise(picture, 0));
    assert!(image.iter().zip(&inverted).all(|(a, b)| a + b == 255));
    let again = changed(&inverted, [8, 8], |picture| tone::solarise(picture, 0));
    assert_eq!(again, image);
    let half = changed(&[127, 128, 200, 0], [2, 2], |p| tone::solarise(p, 128));
    assert_eq!(half, [127, 127, 55, 0]);
}

#[test]
fn posterise_keeps_high_bits() {
    let image = [0b1111_1111, 0b1010_1010, 0b0001_1111, 0];
    let four = changed(&image, [2, 2], |picture| tone::posterise(picture, 4));
    assert_eq!(four, [0b1111_0000, 0b1010_0000, 0b0001_0000, 0]);
    let all = changed(&image, [2, 2], |picture| tone::posterise(picture, 8));
    assert_eq!(all, image);
}

#[test]
fn factor_0_gives_the_degenerate_image() {
    // Red, green, blue and grey pixels: lightness 76, 150, 29 and 100.
    let image = [255, 0, 0, 100, 0, 255, 0, 100, 0, 0, 255, 100];
    let grey = changed(&image, [2, 2], |picture| tone::colour(picture, 0.0));
    assert_eq!(grey, [[76, 150, 29, 100]; 3].concat());
    // (76 + 150 + 29 + 100) / 4 = 88.75.
    let flat = changed(&image, [2, 2], |picture| tone::contrast(picture, 0.0));
    assert_eq!(flat, [89; 12]);
    let black = changed(&image, [2, 2], |picture| tone::brightness(picture, 0.0));
    assert_eq!(black, [0; 12]);
    // One lit pixel of 130 spreads 50 to itself and 10 to its 8 neighbours within the border.
    let mut dot = vec![0; 25];
    dot[12] = 130;
    let smooth = changed(&dot, [5, 5], |picture| tone::sharpness(picture, 0.0));
    for (at, &pixel) in smooth.iter().enumerate() {
        let inner = (1..4).contains(&(at / 5)) && (1..4).contains(&(at % 5));
        let expected = if at == 12 { 50 } else { 10 * u8::from(inner) };
        assert_eq!(pixel, expected, "{at}");
    }
}

#[test]
fn factors_above_1_go_beyond_the_image_and_stop_at_the_bounds() {
    let image = [100, 200, 0, 60];
    let bright = changed(&image, [2, 2], |picture| tone::brightness(picture, 1.5));
    assert_eq!(bright, [150, 255, 0, 90]);
    // The mean is 90.
    let stark = changed(&image, [2, 2], |picture| tone::contrast(picture, 2.0));
    assert_eq!(stark, [110, 255, 0, 30]);
    let red = [200, 100, 100];
    // Lightness 0.299 * 200 + 0.701 * 100 = 129.9, so 130.
    let redder = changed(&red, [1, 1], |picture| tone::colour(picture, 1.5));
    assert_eq!(redder, [235, 85, 85]);
}

#[test]
fn a_quarter_turn_is_exact_and_four_are_the_image() {
    let image = images(1, 3, 6, 6).pixels;
    let quarter = |image: &[u8]| changed(image, [6, 6], |p| geometry::rotate(p, 90.0));
    let once = quarter(&image);
    for channel in 0..3 {
        for row in 0..6 {
            for column in 0..6 {
                // Clockwise: the first row becomes the last column.
                assert_eq!(
                    once[channel * 36 + column * 6 + 5 - row],
                    image[channel * 36 + row * 6 + column]
                );
            }
        }
    }
    assert_eq!(quarter(&quarter(&quarter(&once))), image);
}

#[test]
fn shear_moves_rows_by_their_distance_from_the_middle() {
    let image: Vec<u8> = (1..=25).collect();
    let sheared = changed(&image, [5, 5], |p| geometry::shear(p, [0.0, 1.0]));
    // Two rows above the middle move right by two, two below move left by two.
    assert_eq!(sheared[..5], [7, 7, 1, 2, 3]);
    assert_eq!(sheared[10..15], image[10..15]);
    assert_eq!(sheared[20..], [23, 24, 25, 7, 7]);
    let columns = changed(&image, [5, 5], |p| geometry::shear(p, [1.0, 0.0]));
    let column = |pixels: &[u8], at: usize| -> Vec<u8> {
        pixels.iter().skip(at).step_by(5).copied().collect()
    };
    assert_eq!(column(&columns, 0), [7, 7, 1, 6, 11]);
    assert_eq!(column(&columns, 2), column(&image, 2));
}

#[test]
fn translation_there_and_back_loses_the_edge_alone() {
    let image: Vec<u8> = (11..=36).collect::<Vec<u8>>()[..25].to_vec();
    let there = changed(&image, [5, 5], |p| geometry::translate(p, [2, -1]));
    assert_eq!(there[10..15], [12, 13, 14, 15, 7]);
    assert_eq!(there[..10], [7; 10]);
    let back = changed(&there, [5, 5], |p| geometry::translate(p, [-2, 1]));
    for at in 0..25 {
        let lost = at / 5 > 2 || at % 5 == 0;
        assert_eq!(back[at], if lost { 7 } else { image[at] });
    }
}
