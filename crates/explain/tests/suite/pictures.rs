//! The second notebook's worked example, 2-4-3-1, as graphs: its numbers are those that the notebook works out by hand,
//! and the pictures are those in `pictures/`.
//!
//! `CHAINRULE_DRAW=1 cargo test -p chainrule-explain --test suite pictures` draws them anew. Look at them before they are
//! committed.

use std::fs;
use std::path::Path;

use chainrule_explain::graph::{Labels, Neurons, Operations, Role, Rows, Shows, Theme};
use chainrule_model::{Loss, MatRef, Mlp, TargetsRef};

const W1: [f64; 8] = [
    -0.25091976,
    0.90142861,
    0.46398788,
    0.19731697, //
    -0.68796272,
    -0.68801096,
    -0.88383278,
    0.73235229,
];
const W2: [f64; 12] = [
    0.18722862,
    0.38527555,
    -0.88770502, //
    0.87010397,
    0.61556416,
    -0.53264447, //
    -0.58914568,
    -0.58622094,
    -0.36247293, //
    0.04584,
    -0.12601334,
    -0.38656852,
];
const W3: [f64; 3] = [0.27398252, -0.88305609, -0.50913955];

fn notebook() -> Mlp<f64> {
    let builder = Mlp::builder(2).dense(4).relu().dense(3).relu().dense(1).sigmoid();
    let mut mlp = builder.build_as::<f64>().unwrap();
    let params = [&W1[..], &[0.0; 4], &W2, &[0.0; 3], &W3, &[0.0]].concat();
    mlp.params_mut().copy_from_slice(&params);
    mlp
}

fn with_row<R>(look: impl FnOnce(&Mlp<f64>, Rows<'_, f64>) -> R) -> R {
    let targets = TargetsRef::Values(MatRef::new(&[1.0], 1, 1));
    look(&notebook(), Rows { x: MatRef::new(&[1.0, 2.0], 1, 2), targets })
}

fn operations() -> Operations {
    with_row(|mlp, rows| Operations::with_rows(mlp, Loss::HalfMse, rows).unwrap())
}

fn flow() -> Neurons {
    with_row(|mlp, rows| Neurons::with_rows(mlp, Loss::HalfMse, rows, Shows::Gradients).unwrap())
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn values_and_gradients_are_the_notebook_s() {
    let graph = operations();
    let norms = |name: &str| graph.nodes.iter().find(|node| node.name == name).unwrap().norms.unwrap();
    // As the notebook prints them, to its eight digits.
    let printed: [(&str, &[f64], &[f64]); 6] = [
        ("Z₁", &[-1.6268452, -0.47459331, -1.30367768, 1.66202155], &[-0.00155337]),
        ("A₁", &[1.66202155], &[-0.00634456, -0.02948495, 0.0199642, -0.00155337]),
        ("Z₂", &[0.07618707, -0.20943689, -0.64248521], &[-0.03388669]),
        ("A₂", &[0.07618707], &[-0.03388669, 0.1092181, 0.06297137]),
        ("Z₃", &[0.02087392], &[-0.12368195]),
        ("A₃", &[0.50521829], &[-0.49478171]),
    ];
    for (name, value, gradient) in printed {
        let got = norms(name);
        assert!((got.value - norm(value)).abs() < 2e-8, "‖{name}‖ = {}", got.value);
        assert!((got.gradient.unwrap() - norm(gradient)).abs() < 2e-8, "‖d{name}‖ = {:?}", got.gradient);
    }
    let gradient = |name: &str| norms(name).gradient.unwrap();
    assert!((gradient("W₁") - norm(&[-0.00155337, -0.00310673])).abs() < 2e-8);
    assert!((gradient("b₁") - 0.00155337).abs() < 2e-8);
    assert!((gradient("W₂") - 0.05632041).abs() < 2e-8);
    assert!((gradient("W₃") - 0.00942297).abs() < 2e-8);
    assert!((norms("L").value - 0.12240446941668841).abs() < 1e-15);
}

#[test]
fn every_operation_has_its_formulas_and_every_edge_leads_forward() {
    let graph = operations();
    assert!(graph.edges.iter().all(|(from, to)| from < to));
    let operations: Vec<_> = graph.nodes.iter().filter(|node| node.role == Role::Operation).collect();
    assert_eq!(operations.len(), 7);
    assert!(operations.iter().all(|node| !node.forward.is_empty() && !node.backward.is_empty()));
    let (dot, mermaid) = (graph.to_dot(), graph.to_mermaid());
    // Nothing trains the data: its gradient is taken nowhere.
    assert!(!dot.contains("dX"));
    let taken = |(from, to): &&(usize, usize)| graph.nodes[*from].role != Role::Given && graph.nodes[*to].name != "L";
    assert_eq!(dot.matches("style=dashed").count(), graph.edges.iter().filter(taken).count());
    for node in &graph.nodes {
        assert!(dot.contains(&node.name) && mermaid.contains(&node.name), "{}", node.name);
    }
}

#[test]
fn parameters_are_counted_by_operation_and_in_all_as_the_network_has_them() {
    let builder = Mlp::builder(6).dense(5).layer_norm().relu().dropout(0.5).dense(4).batch_norm().tanh().dense(3);
    let mlp = builder.build().unwrap();
    let graph = Operations::new(&mlp, Loss::CrossEntropy);
    assert_eq!(graph.parameters(), mlp.params().len());
    let of = |name: &str| graph.nodes.iter().find(|node| node.name.starts_with(name)).unwrap().parameters;
    assert_eq!([of("dense(6, 5)"), of("layer_norm"), of("relu"), of("batch_norm"), of("L")], [35, 10, 0, 8, 0]);
    for text in [graph.to_svg(Theme::Light), graph.to_dot(), graph.to_mermaid()] {
        assert!(text.contains("92 parameters: 62 weights, 12 biases, 9 scales γ, 9 shifts β"), "{text}");
        assert!(text.contains("dense(6, 5): 35 parameters") && !text.contains("relu: "), "{text}");
    }
    let plain = operations();
    assert!(plain.to_dot().contains("31 parameters: 23 weights, 8 biases\""), "no norms: {}", plain.to_dot());
}

#[test]
fn the_edges_of_the_flow_are_the_gradients_in_their_places() {
    let flow = flow();
    let (dw1, dw2) = (&flow.bundles[0].edges, &flow.bundles[1].edges);
    assert_eq!(dw1.iter().filter(|g| **g != 0.0).count(), 2, "one neuron of four is alive: {dw1:?}");
    assert!((dw1[3] + 0.00155337).abs() < 2e-8 && (dw1[7] + 0.00310673).abs() < 2e-8, "{dw1:?}");
    assert!((dw2[9] + 0.05632041).abs() < 2e-8, "{dw2:?}");
    assert_eq!(flow.columns[1].values[..3], [0.0; 3]);
    assert!((flow.columns[3].values[0] - 0.50521829).abs() < 1e-8);
}

#[test]
fn a_layer_of_hundreds_is_elided_and_counted_in_every_format() {
    let mlp = Mlp::builder(784).dense(512).relu().dense(16).relu().dense(10).build().unwrap();
    let graph = Neurons::new(&mlp, Loss::CrossEntropy);
    for text in [graph.to_svg(Theme::Light), graph.to_dot(), graph.to_mermaid()] {
        assert!(text.contains("… 776 more") && text.contains("… 504 more") && !text.contains("… 10 more"));
        assert!(text.contains("the 8 strongest: norm of weights in × norm of weights out"), "{text}");
        assert!(text.len() < 100_000, "{} bytes", text.len());
    }
    let drawn: Vec<usize> = graph.bundles.iter().map(|bundle| bundle.edges.len()).collect();
    assert_eq!(drawn, [8 * 8, 8 * 16, 16 * 10]);
    let w = mlp.dense_layers().next().unwrap().w;
    let (input, output) = (graph.columns[0].drawn[1], graph.columns[1].drawn[4]);
    assert_eq!(graph.bundles[0].edges[8 + 4], f64::from(w.get(input, output)));
}

#[test]
fn names_and_what_is_known_of_the_row_stand_at_the_ends_in_every_format() {
    let mut labels = Labels::default();
    labels.inputs = ["length of stay", "town=Bonn & \"Köln\""].map(str::to_owned).to_vec();
    labels.input_notes = vec!["3.5 days".to_owned(), String::new()];
    labels.outputs = vec!["risk".to_owned()];
    labels.output_notes = vec!["50.5 % yes, target".to_owned()];
    labels.facts = vec!["target yes, answer yes".to_owned()];
    let graph = flow().labelled(&notebook(), &labels);
    let quoted = |text: &str, (amp, quote): (&str, &str)| text.replace('&', amp).replace('"', quote);
    for (text, escapes) in [
        (graph.to_svg(Theme::Light), ("&amp;", "&quot;")),
        (graph.to_dot(), ("&amp;", "\\\"")),
        (graph.to_mermaid(), ("#amp;", "#quot;")),
    ] {
        for words in labels.inputs.iter().chain(&labels.outputs).chain(&labels.facts).chain(&labels.output_notes) {
            assert!(text.contains(&quoted(words, escapes)), "{words:?} in {text}");
        }
        assert!(text.contains("3.5 days") && text.contains("0.505"), "{text}");
    }
    // A note that is long is not cut within a number.
    labels.output_notes = vec!["answer -3.98765e-7, target -3.16349e-7, of 1234567.5 kg".to_owned()];
    for text in
        [flow().labelled(&notebook(), &labels).to_svg(Theme::Light), flow().labelled(&notebook(), &labels).to_dot()]
    {
        assert!(text.contains("answer -3.98765e-7, target -3.16349e-7, of 1234567.5 kg"), "{text}");
    }
    labels.output_notes[0] += " and 2345678.5 kg";
    let text = flow().labelled(&notebook(), &labels).to_dot();
    assert!(text.contains("of 1234567.5 kg …"), "{text}");
    // Names for another number of inputs are none.
    labels.inputs.pop();
    let graph = flow().labelled(&notebook(), &labels);
    assert!(graph.columns[0].labels.is_empty() && graph.columns[3].labels == ["risk"]);
}

#[test]
fn images_of_the_first_weights_are_those_of_the_drawn_neurons() {
    let mlp = Mlp::builder(64).dense(40).relu().dense(3).build().unwrap();
    let mut labels = Labels::default();
    labels.image_width = Some(8);
    labels.image = (0..64).map(f64::from).collect();
    let graph = Neurons::new(&mlp, Loss::CrossEntropy).labelled(&mlp, &labels);
    let w = mlp.dense_layers().next().unwrap().w;
    for (unit, image) in graph.columns[1].drawn.iter().zip(&graph.columns[1].images) {
        let weights: Vec<f64> = (0..64).map(|input| f64::from(w.get(input, *unit))).collect();
        assert_eq!(*image, weights);
    }
    // One of each drawn neuron, and the row.
    assert_eq!(graph.to_svg(Theme::Dark).matches("crispEdges").count(), 8 + 1);
    labels.image_width = Some(7);
    let graph = Neurons::new(&mlp, Loss::CrossEntropy).labelled(&mlp, &labels);
    assert!(graph.image_width.is_none() && !graph.to_svg(Theme::Dark).contains("crispEdges"), "no whole rows of 7");
}

#[test]
fn the_pictures_are_those_of_the_repository() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures");
    for (name, svg) in
        [("flow.svg", flow().to_svg(Theme::Light)), ("operations.svg", operations().to_svg(Theme::Light))]
    {
        let path = folder.join(name);
        if std::env::var_os("CHAINRULE_DRAW").is_some() {
            fs::write(&path, &svg).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        assert!(svg == committed, "{name} differs: draw it anew with CHAINRULE_DRAW=1, and look at it");
    }
}
