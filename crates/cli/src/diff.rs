//! `chainrule diff`: what sets two models apart.

use chainrule::data::{Features, Request, Source};
use chainrule::{DType, Difference, Model, ModelFile, OutputDifference, Scalar, Task, WeightDifference};
use serde::Serialize;

use crate::args::DiffArgs;
use crate::data::is_there_once;
use crate::escape::shown;
use crate::failure::Failure;
use crate::layers::{LayersArgs, model_of};
use crate::limits::limits;
use crate::output::{Output, brief, plural};
use crate::text_options;

/// The JSON line.
#[derive(Debug, Serialize)]
struct DiffLine<'a> {
    same: bool,
    #[serde(flatten)]
    difference: &'a Difference,
    outputs: Option<&'a OutputDifference>,
}

pub(crate) fn run(args: &DiffArgs) -> Result<(), Failure> {
    let given = args.text.given_of_any();
    match &args.data {
        Some(source) if is_there_once(source) => {
            let source = shown(source);
            return Err(Failure::Usage(format!(
                "--data {source} can be read once, and each model reads the rows as it was trained: save them to a file"
            )));
        }
        Some(source) => text_options::check(&given, [("--data", source.clone())])?,
        None => text_options::refuse_without_rows(&given, "--data")?,
    }
    let open = |path| LayersArgs::default().open(path);
    let (a, b) = (open(&args.a)?, open(&args.b)?);
    match (a.dtype(), b.dtype()) {
        (DType::F32, DType::F32) => diff::<f32>(args, &a, &b),
        // The wider of the two holds the numbers of both.
        _ => diff::<f64>(args, &a, &b),
    }
}

fn diff<T: Scalar>(args: &DiffArgs, a: &ModelFile, b: &ModelFile) -> Result<(), Failure> {
    // For the one that does not name its own, where either does not.
    let (a, b) = match a.has_architecture() && b.has_architecture() {
        true => (model_of::<T>(a, &args.a, args.activation)?, model_of::<T>(b, &args.b, args.activation)?),
        false => (a.model::<T>(args.activation)?, b.model::<T>(args.activation)?),
    };
    let difference = a.difference(&b);
    let outputs = match args.data {
        Some(_) => Some(a.output_difference(&features(args, &a)?, &b, &features(args, &b)?)?),
        None => None,
    };
    let same = difference.is_none() && outputs.as_ref().is_none_or(|outputs| outputs.distance == 0.0);
    let mut output = Output::new(args.json, false);
    output.json(&DiffLine { same, difference: &difference, outputs: outputs.as_ref() });
    let has_answers = a.is_classifier() || matches!(a.task, Some(Task::Binary | Task::MultiLabel));
    say(&mut output, &difference, outputs.as_ref(), has_answers);
    if same {
        output.say("the same");
    }
    output.finish()?;
    if same { Ok(()) } else { Err(Failure::Found) }
}

fn features<T: Scalar>(args: &DiffArgs, model: &Model<T>) -> Result<Features<T>, Failure> {
    let mut request = Request::new(args.data.clone().unwrap_or(Source::Stdin));
    (request.format, request.limits) = (args.text.format(), limits());
    Ok(request.read_features(model)?.0)
}

/// What is different, in words; with answers, how many of those are.
fn say(output: &mut Output, difference: &Difference, outputs: Option<&OutputDifference>, has_answers: bool) {
    if let Some([a, b]) = &difference.layers {
        output.say(format_args!("layers         {}\n               {}", a.join(", "), b.join(", ")));
    }
    if !difference.others.is_empty() {
        output.say(format_args!("other          {}", difference.others.join(", ")));
    }
    if let Some(WeightDifference { module, tensor, index, a, b, distance, differ, .. }) = &difference.weight {
        output.say(format_args!(
            "weights        {} differ, most in {module}.{tensor}{index:?}: {} and {}, {} apart",
            plural(*differ, "number"),
            brief(*a),
            brief(*b),
            brief(*distance),
        ));
    }
    if let Some(OutputDifference { rows, row, output: at, name, a, b, distance, other_class, .. }) = outputs {
        let rows = plural(*rows, "row");
        let name = name.as_ref().map_or_else(|| (at + 1).to_string(), shown);
        let answers =
            if has_answers { format!("; the answer is another in {other_class} of {rows}") } else { String::new() };
        output.say(match distance {
            0.0 => format!("outputs        the same for {rows}"),
            _ => format!(
                "outputs        most in row {}, output {name}: {} and {}, {} apart{answers}",
                row + 1,
                brief(*a),
                brief(*b),
                brief(*distance),
            ),
        });
    }
}
