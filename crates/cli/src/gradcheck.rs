//! `chainrule gradcheck`: compares the gradient of each tensor with finite differences of the loss.

use chainrule::gradcheck::{Position, Report, Settings, TensorReport, Verdict, gradcheck};
use chainrule::{Activation, Init, Model, Sample};
use serde::Serialize;

use crate::args::GradcheckArgs;
use crate::data::Named;
use crate::escape::shown;
use crate::failure::Failure;
use crate::layers::model_of;
use crate::network::{ArchitectureArgs, Fit, sketch};
use crate::output::{Output, percent, plural};

/// The JSON line.
#[derive(Debug, Serialize)]
struct ReportLine<'a> {
    passed: bool,
    network: String,
    objective: String,
    rows: usize,
    loss: f64,
    /// The rounding error of the loss.
    noise: f64,
    checked: usize,
    discarded: usize,
    /// The largest error, as a fraction of its bound.
    worst_ratio: f64,
    tensors: Vec<TensorLine<'a>>,
}

#[derive(Debug, Serialize)]
struct TensorLine<'a> {
    name: &'a str,
    shape: &'a [usize],
    checked: usize,
    discarded: usize,
    verdict: String,
    worst: Option<WorstLine>,
}

#[derive(Debug, Serialize)]
struct WorstLine {
    /// The indices of a coordinate, counted from 0.
    coordinate: Option<Vec<usize>>,
    /// The number of a random direction.
    direction: Option<usize>,
    gradient: f64,
    slope: f64,
    error: f64,
    bound: f64,
}

pub(crate) fn run(args: &GradcheckArgs) -> Result<(), Failure> {
    let named = Named::data(&args.data, &args.columns, args.loss);
    named.check()?;
    let (hidden, activation, norm, dropout) = (args.hidden.as_ref(), args.activation, args.norm, args.dropout);
    ArchitectureArgs { hidden, activation, norm, dropout, init: None }.refuse_without_hidden()?;
    // Always in f64, whatever the file holds: finite differences in f32 are too inaccurate.
    let stored = match &args.model {
        Some(path) => Some(model_of::<f64>(&args.order.open(path)?, path, args.activation)?),
        None => {
            args.order.refuse_without("MODEL")?;
            None
        }
    };
    let (model, data) = match stored {
        Some(mut model) => {
            let data = named.load_for(&mut model)?;
            (model, data)
        }
        None => {
            let (examples, _, data) = named.load_new::<f64>()?;
            let activation = Some(args.activation.unwrap_or(Activation::Relu));
            let (hidden, norm, dropout) = (args.hidden.as_ref(), args.norm, args.dropout);
            let wanted = ArchitectureArgs { hidden, activation, norm, dropout, init: None };
            let (inputs, outputs, seed) = (data.cols(), data.targets().width(), args.seed);
            let mlp = wanted.build(Fit { inputs, outputs, seed, usual_init: Init::Auto })?;
            let loss = args.loss.unwrap_or(examples.task().usual_loss());
            (Model::new(mlp, loss).described_by(&data), data)
        }
    };
    let loss = args.loss.unwrap_or(model.loss);
    let sample = Sample::spread(&model.mlp, &data, loss, args.rows)?;
    let rows = sample.rows();
    let settings =
        Settings { directions: args.directions, coordinates: args.coordinates, seed: args.seed, ..Settings::default() };
    let report = gradcheck(&model.mlp, rows.x, rows.targets, loss, &settings)?;

    let network = sketch(&model.mlp);
    let mut output = Output::new(args.json, false);
    let whose = args.model.as_ref().map_or_else(String::new, |path| format!("{}, ", shown(path.display())));
    let seen = format!("{} of {}", report.rows, plural(data.rows(), "row"));
    output.say(format_args!("{whose}{network}, {loss} on {}, {seen}\n", shown(&args.data)));
    output.say(&report);
    output.say(words(&report));
    output.json(&line(&report, network, loss.to_string()));
    output.finish()?;
    if report.passed() { Ok(()) } else { Err(Failure::Found) }
}

/// The conclusion below the table.
fn words(report: &Report) -> String {
    let (checked, discarded) = report.counts();
    let share = percent(discarded as f64 / (checked + discarded) as f64);
    let mut text = format!(
        "loss {:.6} +- {:.1e}; {} compared, {share} discarded for kinks; largest error {:.3} of its bound\n",
        report.loss,
        report.noise,
        plural(checked, "slope"),
        report.worst_ratio(),
    );
    let of = |verdict: Verdict| {
        let names = report.tensors.iter().filter(|tensor| tensor.verdict == verdict);
        names.map(|tensor| tensor.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (verdict, meaning) in [
        (
            Verdict::Lost,
            "gradients not ten times as large as the rounding error of the loss, which neither confirms nor refutes them",
        ),
        (Verdict::Discarded, "too many kinks to decide; try other rows with --rows or --seed"),
        (Verdict::Wrong, "the gradient differs from the finite differences of the loss"),
    ] {
        let names = of(verdict);
        if !names.is_empty() {
            text.push_str(&format!("{}: {names}: {meaning}\n", verdict.name()));
        }
    }
    let is_lost = report.tensors.iter().all(|tensor| tensor.verdict == Verdict::Lost);
    text.push_str(match report.passed() {
        true => "passed",
        false if is_lost => {
            "failed: no gradient is ten times as large as the rounding error of the loss, so none was confirmed"
        }
        false => "failed",
    });
    text
}

fn line(report: &Report, network: String, objective: String) -> ReportLine<'_> {
    let (checked, discarded) = report.counts();
    ReportLine {
        passed: report.passed(),
        network,
        objective,
        rows: report.rows,
        loss: report.loss,
        noise: report.noise,
        checked,
        discarded,
        worst_ratio: report.worst_ratio(),
        tensors: report.tensors.iter().map(tensor_line).collect(),
    }
}

fn tensor_line(tensor: &TensorReport) -> TensorLine<'_> {
    let worst = tensor.worst.as_ref().map(|worst| {
        let (coordinate, direction) = match &worst.place {
            Position::Coordinate(indices) => (Some(indices.clone()), None),
            Position::Direction(number) => (None, Some(*number)),
        };
        let (gradient, slope, error, bound) = (worst.analytic, worst.numeric, worst.error(), worst.bound);
        WorstLine { coordinate, direction, gradient, slope, error, bound }
    });
    TensorLine {
        name: &tensor.name,
        shape: &tensor.shape,
        checked: tensor.checked,
        discarded: tensor.discarded,
        verdict: tensor.verdict.name().to_lowercase(),
        worst,
    }
}
