//! Tests that pictures are legible: no text leaves the picture or overlaps another, and every text fits in its box.

use chainrule_model::network::{ACTIVATION_NAMES, LOSS_NAMES, parse_activation};
use chainrule_model::{Activation, Loss, MatRef, Mlp, Scalar, TargetsRef};

use crate::graph::edge_numbers::{crosses, meet};
use crate::graph::picture::{Anchor, Mark, Picture, Theme};
use crate::graph::text::width;
use crate::graph::{Labels, Neurons, Operations, Rows, Shows, neurons_picture, operations_picture};

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
    let names = names(mlp);
    let labelled = neurons.clone().map(|graph| graph.labelled(mlp, &names));
    let neurons = [neurons, labelled].concat();
    let operations = operations.iter().map(|graph| operations_picture::picture(graph, Theme::Light));
    operations.chain(neurons.iter().map(|graph| neurons_picture::picture(graph, Theme::Dark))).collect()
}

/// Names short and long, notes, and an image of each row.
fn names<T: Scalar>(mlp: &Mlp<T>) -> Labels {
    let name =
        |i: usize| if i.is_multiple_of(3) { format!("{i}") } else { format!("a name of many letters, number {i}") };
    let note = |i: usize| if i.is_multiple_of(2) { format!("{i}.0 %, target") } else { String::new() };
    let inputs = mlp.inputs();
    Labels {
        inputs: (0..inputs)
            .map(|i| if inputs > 100 { format!("{},{}", i / 28 + 1, i % 28 + 1) } else { name(i) })
            .collect(),
        input_notes: (0..inputs).map(|i| if inputs > 100 { String::new() } else { note(i) }).collect(),
        outputs: (0..mlp.outputs()).map(name).collect(),
        output_notes: (0..mlp.outputs()).map(note).collect(),
        facts: vec!["target 7, answer 7 (97.1 %)".to_owned()],
        image_width: (inputs > 100).then_some(28),
        image: (0..inputs).map(|i| i as f64).collect(),
    }
}

/// The bounds of a text: left, top, right, bottom.
fn bounds(mark: &Mark) -> Option<([f64; 4], &str)> {
    let Mark::Text { at, size, anchor, text, .. } = mark else { return None };
    let wide = width(text, *size);
    let left = match anchor {
        Anchor::Start => at.0,
        Anchor::Middle => at.0 - wide / 2.0,
        Anchor::End => at.0 - wide,
    };
    // Ascenders and descenders of the letters in use.
    Some(([left, at.1 - 0.76 * size, left + wide, at.1 + 0.22 * size], text))
}

fn within(inner: [f64; 4], outer: [f64; 4]) -> bool {
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
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
fn no_line_between_neurons_runs_through_a_text() {
    let mut numbers = 0;
    for (mlp, loss) in networks() {
        for picture in pictures(&mlp, loss).iter().skip(3) {
            // What is drawn later lies on top: shapes cover the lines that end in them.
            let covers = |mark: &Mark| match mark {
                Mark::Rect { corner: (x, y), size: (w, h), .. } => Some([*x, *y, x + w, y + h]),
                Mark::Circle { centre: (x, y), radius: r, .. } => Some([x - r, y - r, x + r, y + r]),
                _ => None,
            };
            let shapes: Vec<_> = picture.marks.iter().filter_map(covers).collect();
            let lines = picture.marks.iter().filter_map(|mark| match mark {
                Mark::Line { from, to, .. } => Some((*from, *to)),
                _ => None,
            });
            let lines: Vec<_> = lines.collect();
            for (place, text) in picture.marks.iter().filter_map(bounds) {
                if shapes.iter().any(|shape| within(place, *shape)) {
                    continue;
                }
                numbers += usize::from(text.parse::<f64>().is_ok());
                let crossed = lines.iter().find(|(from, to)| crosses(*from, *to, place));
                assert_eq!(crossed, None, "{}: through {text:?} at {place:?}", picture.title);
            }
        }
    }
    assert!(numbers > 100, "{numbers} numbers of edges");
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
