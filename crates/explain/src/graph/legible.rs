//! Tests that pictures are legible: no text leaves the picture or overlaps another, and every text fits in its box.

use chainrule_model::network::{ACTIVATION_NAMES, LOSS_NAMES, parse_activation};
use chainrule_model::{Activation, Loss, MatRef, Mlp, Scalar, TargetsRef};

use crate::graph::picture::{Anchor, Mark, Picture, Theme};
use crate::graph::text::width;
use crate::graph::{Neurons, Operations, Rows, Shows, neurons_picture, operations_picture};

fn network(sizes: &[usize], activation: Activation) -> Mlp<f32> {
    let hidden = &sizes[1..sizes.len() - 1];
    let builder = hidden.iter().fold(Mlp::builder(sizes[0]).seed(7), |b, units| b.dense(*units).activation(activation));
    builder.dense(sizes[sizes.len() - 1]).build().unwrap()
}

/// The networks of the notebooks, those of MNIST, a deep one, the smallest, and one of each layer, activation and loss.
pub(crate) fn networks() -> Vec<(Mlp<f32>, Loss)> {
    let relu = Activation::Relu;
    let norms = || Mlp::builder(6).dense(5).layer_norm().relu().dropout(0.5).dense(4).batch_norm().tanh();
    let mut all = vec![
        (norms().dense(3).build().unwrap(), Loss::CrossEntropy),
        (norms().dense(3).log_softmax().build().unwrap(), Loss::Mae),
        (network(&[2, 4, 3, 1], Activation::Sigmoid), Loss::HalfMse),
        (network(&[3, 3, 2, 1], relu), Loss::HalfMse),
        (network(&[784, 16, 16, 10], relu), Loss::CrossEntropy),
        (network(&[784, 512, 512, 10], relu), Loss::CrossEntropy),
        (network(&[8, 12, 12, 12, 12, 12, 12, 12, 12, 12, 4], Activation::Tanh), Loss::CrossEntropy),
        (network(&[1, 1], relu), Loss::Mse),
        (Mlp::builder(3).tanh().dense(20_000).leaky_relu(0.01).dense(3).softmax().build().unwrap(), Loss::Mse),
    ];
    all.extend(LOSS_NAMES.iter().map(|name| (network(&[3, 3, 2], relu), name.parse().unwrap())));
    let of = |name: &&str| (network(&[3, 4, 2], parse_activation(name).unwrap()), Loss::CrossEntropy);
    all.extend(ACTIVATION_NAMES.iter().map(of));
    all
}

/// Every picture of a network: both views, without rows, for one, for several.
pub(crate) fn pictures<T: Scalar>(mlp: &Mlp<T>, loss: Loss) -> Vec<Picture> {
    let x: Vec<T> = (0..5 * mlp.inputs()).map(|i| T::from_f64((i * 37 % 101) as f64 / 50.0 - 1.0)).collect();
    let labels: Vec<u32> = (0..5).map(|row| row % mlp.outputs() as u32).collect();
    let rows = |n| Rows {
        x: MatRef::new(&x[..n * mlp.inputs()], n, mlp.inputs()),
        targets: TargetsRef::Classes(&labels[..n]),
    };
    let operations = [
        Operations::new(mlp, loss),
        Operations::with_rows(mlp, loss, rows(1)).unwrap(),
        Operations::with_rows(mlp, loss, rows(5)).unwrap(),
    ];
    let neurons = [
        Neurons::new(mlp, loss),
        Neurons::with_rows(mlp, loss, rows(1), Shows::Weights).unwrap(),
        Neurons::with_rows(mlp, loss, rows(1), Shows::Gradients).unwrap(),
        Neurons::with_rows(mlp, loss, rows(5), Shows::Gradients).unwrap(),
    ];
    let operations = operations.iter().map(|graph| operations_picture::picture(graph, Theme::Light));
    operations.chain(neurons.iter().map(|graph| neurons_picture::picture(graph, Theme::Dark))).collect()
}

/// The bounds of a text: left, top, right, bottom.
fn bounds(mark: &Mark) -> Option<([f64; 4], &str)> {
    let Mark::Text { at, size, anchor, text, .. } = mark else { return None };
    let wide = width(text, *size);
    let left = if *anchor == Anchor::Middle { at.0 - wide / 2.0 } else { at.0 };
    // Ascenders and descenders of the letters in use.
    Some(([left, at.1 - 0.76 * size, left + wide, at.1 + 0.22 * size], text))
}

fn within(inner: [f64; 4], outer: [f64; 4]) -> bool {
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

fn meet(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[test]
fn no_text_is_cut_off_or_lies_on_another() {
    for (mlp, loss) in networks() {
        for picture in pictures(&mlp, loss) {
            let texts: Vec<([f64; 4], &str)> = picture.marks.iter().filter_map(bounds).collect();
            for (i, (place, text)) in texts.iter().enumerate() {
                let page = [0.0, 0.0, picture.width, picture.height];
                assert!(within(*place, page), "{}: {text:?} at {place:?} leaves {page:?}", picture.title);
                for (other, words) in &texts[i + 1..] {
                    assert!(!meet(*place, *other), "{}: {text:?} lies on {words:?}", picture.title);
                }
            }
        }
    }
}

#[test]
fn every_box_and_circle_holds_the_text_that_stands_in_it() {
    for (mlp, loss) in networks() {
        for picture in pictures(&mlp, loss) {
            for shape in &picture.marks {
                let ([left, top, right, bottom], middle) = match shape {
                    Mark::Rect { corner: (x, y), size: (w, h), .. } => {
                        ([*x, *y, x + w, y + h], (x + w / 2.0, y + h / 2.0))
                    }
                    Mark::Circle { centre: (x, y), radius: r, .. } => ([x - r, y - r, x + r, y + r], (*x, *y)),
                    _ => continue,
                };
                let inside = |text: &[f64; 4]| {
                    let (x, y) = ((text[0] + text[2]) / 2.0, (text[1] + text[3]) / 2.0);
                    (left..right).contains(&x) && (top..bottom).contains(&y) && (x - middle.0).abs() < 1.0
                };
                for (place, text) in picture.marks.iter().filter_map(bounds).filter(|(place, _)| inside(place)) {
                    let shape = [left, top, right, bottom];
                    assert!(within(place, shape), "{}: {text:?} is wider than its {shape:?}", picture.title);
                }
            }
        }
    }
}

#[test]
#[cfg(feature = "png")]
fn the_font_has_every_letter_that_pictures_use() {
    for (mlp, loss) in networks() {
        for picture in pictures(&mlp, loss) {
            for (_, text) in picture.marks.iter().filter_map(bounds) {
                assert_eq!(crate::graph::png::missing(text), "", "{text:?}");
            }
        }
    }
}
