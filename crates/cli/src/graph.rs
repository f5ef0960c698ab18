//! `chainrule graph`: draws a network as a picture, or as DOT or Mermaid for other programs.

use std::path::Path;

use chainrule::graph::{Labels, Neurons, Operations, Shows, Theme};
use chainrule::{Activation, DType, Loss, Mlp, Model, Sample, Scalar};
use clap::ValueEnum;

use crate::args::GraphArgs;
use crate::data::Named;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::layers::{LayersArgs, model_of};
use crate::output::Output;
use crate::text_options;
use crate::values::{self, Edges, GraphFormat, Sizes, View};

/// The default of --seed.
const SEED: u64 = 42;

pub(crate) fn run(args: &GraphArgs) -> Result<(), Failure> {
    let format = args.format()?;
    match args.data() {
        Some(data) => data.check()?,
        None => text_options::refuse_without_rows(&args.columns.given(), "--data")?,
    }
    refuse_of_sketches(args)?;
    let files = Files::default().file("MODEL", args.model.as_deref()).source("--data", args.data.as_ref());
    files.file("--labels", args.columns.labels.as_deref()).output("--output", args.output.as_deref()).check()?;
    match (&args.model, &args.layers) {
        (Some(path), order) => {
            if let Some(sizes) = order.as_deref().filter(|order| values::sizes(order).is_ok()) {
                let why = "cannot be used with a model file, whose layers it orders by their names: fc1,bn1,fc2";
                return Err(Failure::Usage(format!("--layers {sizes}, the sizes of a new network, {why}")));
            }
            let file = order.as_deref().map(LayersArgs::of).unwrap_or_default().open(path)?;
            match file.dtype() {
                DType::F32 => draw::<f32>(args, model_of(&file, path, args.activation)?, format),
                DType::F64 => draw::<f64>(args, model_of(&file, path, args.activation)?, format),
            }
        }
        (None, Some(sizes)) => {
            let Sizes(sizes) = values::sizes(sizes).map_err(|why| Failure::Usage(format!("--layers: {why}")))?;
            draw::<f32>(args, sketch(args, &sizes)?, format)
        }
        (None, None) => {
            Err(Failure::Usage("name a model file, or give the sizes of a network: --layers 2-4-3-1".to_owned()))
        }
    }
}

/// Refuses options about a new network's weights and hidden layers where there are none, or none that are drawn.
fn refuse_of_sketches(args: &GraphArgs) -> Result<(), Failure> {
    let seed: &[&str] = if args.seed.is_some() { &["--seed"] } else { &[] };
    if args.model.is_some() {
        return text_options::refuse(seed, |are, them| {
            format!("{are} for a new network's weights, by --layers: the model has its own; leave {them} out")
        });
    }
    if args.view == View::Operations && args.data.is_none() {
        text_options::refuse(seed, |are, them| {
            format!(
                "{are} for weights, which a graph of operations without rows does not show: --view neurons, --data, or leave {them} out"
            )
        })?;
    }
    let sizes = args.layers.as_deref().and_then(|sizes| values::sizes(sizes).ok());
    let has_none = sizes.is_some_and(|Sizes(sizes)| sizes.len() == 2);
    let activation: &[&str] = if args.activation.is_some() && has_none { &["--activation"] } else { &[] };
    text_options::refuse(activation, |are, them| {
        format!("{are} about hidden layers, and these sizes have none: leave {them} out")
    })
}

impl GraphArgs {
    fn data(&self) -> Option<Named<'_>> {
        self.data.as_ref().map(|source| Named::data(source, &self.columns, self.loss))
    }

    /// The format of --format, or of the file's extension.
    fn format(&self) -> Result<GraphFormat, Failure> {
        let by_name = |path: &Path| {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            GraphFormat::from_str(ending, false).map_err(|_| {
                let path = path.display();
                Failure::Usage(format!("--output {path} should end in .svg, .png, .dot or .mmd, or give --format"))
            })
        };
        let format = match (self.format, &self.output) {
            (Some(format), _) => format,
            (None, Some(path)) => by_name(path)?,
            (None, None) => GraphFormat::Mermaid,
        };
        if format == GraphFormat::Png && self.output.is_none() {
            return Err(Failure::Usage("a PNG needs a file: --output graph.png".to_owned()));
        }
        if self.edges == Some(Edges::Gradients) && self.data.is_none() {
            return Err(Failure::Usage("gradients need rows: give them with --data".to_owned()));
        }
        if self.edges.is_some() && self.view == View::Operations {
            return Err(Failure::Usage(
                "--edges is for --view neurons: operations have no weights at their edges".to_owned(),
            ));
        }
        if self.dark && matches!(format, GraphFormat::Dot | GraphFormat::Mermaid) {
            return Err(Failure::Usage(
                "--dark is for SVG and PNG (--format svg): of other formats the program that draws them chooses the colours"
                    .to_owned(),
            ));
        }
        Ok(format)
    }
}

/// A network of these sizes with its initial weights.
fn sketch(args: &GraphArgs, sizes: &[usize]) -> Result<Model<f32>, Failure> {
    let (inputs, outputs) = (sizes[0], sizes[sizes.len() - 1]);
    let mut builder = Mlp::builder(inputs).seed(args.seed.unwrap_or(SEED));
    for &units in &sizes[1..sizes.len() - 1] {
        builder = builder.dense(units).activation(args.activation.unwrap_or(Activation::Relu));
    }
    let loss = args.loss.unwrap_or(if outputs == 1 { Loss::Mse } else { Loss::CrossEntropy });
    Ok(Model::new(builder.dense(outputs).build()?, loss))
}

fn draw<T: Scalar>(args: &GraphArgs, mut model: Model<T>, format: GraphFormat) -> Result<(), Failure> {
    let loss = args.loss.unwrap_or(model.loss);
    let sample = match args.data() {
        Some(named) => Some(sample(args, &mut model, &named, loss)?),
        None => None,
    };
    let shows = if args.edges == Some(Edges::Gradients) { Shows::Gradients } else { Shows::Weights };
    let theme = if args.dark { Theme::Dark } else { Theme::Light };
    let drawn = match (args.view, sample) {
        (View::Operations, None) => operations(&Operations::new(&model.mlp, loss), format, theme),
        (View::Operations, Some(Shown { sample, is_labelled, .. })) => {
            let graph = Operations::with_rows(&model.mlp, loss, sample.rows())?;
            operations(&if is_labelled { graph } else { graph.without_targets() }, format, theme)
        }
        (View::Neurons, None) => {
            neurons(&Neurons::new(&model.mlp, loss).labelled(&model.mlp, &model.graph_labels()), format, theme)
        }
        (View::Neurons, Some(Shown { sample, labels, is_labelled })) => {
            let graph = Neurons::with_rows(&model.mlp, loss, sample.rows(), shows)?;
            let graph = if is_labelled { graph } else { graph.without_targets() };
            neurons(&graph.labelled(&model.mlp, &labels), format, theme)
        }
    }?;
    match &args.output {
        Some(path) => Ok(files::write(path, |out| out.write_all(&drawn))?),
        None => {
            let mut output = Output::new(false, false);
            output.write(|out| out.write_all(&drawn));
            output.finish()
        }
    }
}

/// The row of --row, or --rows rows spread evenly over the data, and what is written beside the neurons.
fn sample<T: Scalar>(
    args: &GraphArgs,
    model: &mut Model<T>,
    named: &Named<'_>,
    loss: Loss,
) -> Result<Shown<T>, Failure> {
    // A new network takes rows with the preprocessing that suits their source.
    let data = if args.model.is_none() {
        let data = named.load_new::<T>()?.2;
        *model = model.clone().described_by(&data);
        if let Some(names) = data.class_names().filter(|names| names.len() == model.mlp.outputs()) {
            *model = model.clone().with_class_names(names.to_vec());
        }
        data
    } else if args.edges == Some(Edges::Gradients) {
        named.load_for(model)?
    } else {
        named.load_with_or_without(model, "the target, the loss and its gradients are")?
    };
    let sample = match args.row {
        Some(row) => Sample::row(&model.mlp, &data, loss, row - 1)?,
        None => Sample::spread(&model.mlp, &data, loss, args.rows)?,
    };
    let labels = match args.row.filter(|_| args.view == View::Neurons) {
        Some(row) => model.graph_labels_of_row(&data, row - 1)?,
        None => model.graph_labels(),
    };
    Ok(Shown { sample, labels, is_labelled: data.is_labelled() })
}

/// Rows that are shown in the network.
struct Shown<T> {
    sample: Sample<T>,
    /// What is written beside the neurons.
    labels: Labels,
    is_labelled: bool,
}

fn operations(graph: &Operations, format: GraphFormat, theme: Theme) -> Result<Vec<u8>, Failure> {
    match format {
        GraphFormat::Dot => Ok(graph.to_dot().into_bytes()),
        GraphFormat::Mermaid => Ok(graph.to_mermaid().into_bytes()),
        GraphFormat::Svg => Ok(graph.to_svg(theme).into_bytes()),
        GraphFormat::Png => graph.to_png(theme).map_err(too_large),
    }
}

fn neurons(graph: &Neurons, format: GraphFormat, theme: Theme) -> Result<Vec<u8>, Failure> {
    match format {
        GraphFormat::Dot => Ok(graph.to_dot().into_bytes()),
        GraphFormat::Mermaid => Ok(graph.to_mermaid().into_bytes()),
        GraphFormat::Svg => Ok(graph.to_svg(theme).into_bytes()),
        GraphFormat::Png => graph.to_png(theme).map_err(too_large),
    }
}

fn too_large(found: String) -> Failure {
    let expected = "a smaller one; SVG has no such limit".to_owned();
    chainrule::Error::Argument { name: "the picture", found, expected }.into()
}
