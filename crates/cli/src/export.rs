//! `chainrule export`: writes a model for other programs.

use std::io::{self, IsTerminal};
use std::path::Path;

use chainrule::export::{ExportFormat, ExportOptions, Int8Cost};
use chainrule::{DType, Model, ModelFile, Scalar};

use crate::args::ExportArgs;
use crate::data::Named;
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::layers::model_of;
use crate::output::{Output, brief, percent, plural, short, tell};
use crate::text_options;

pub(crate) fn run(args: &ExportArgs) -> Result<(), Failure> {
    let format = format(args)?;
    if let (Some(_), false) = (&args.name, matches!(format, ExportFormat::C | ExportFormat::Onnx)) {
        return Err(Failure::Usage(format!("--name is for c and onnx: {format} names nothing by it; leave it out")));
    }
    match &args.data {
        Some(source) => Named::data(source, &args.columns, None).check()?,
        None => text_options::refuse_without_rows(&args.columns.given(), "--int8 --data")?,
    }
    if let Some(out) = &args.out {
        let files = Files::default().file("MODEL", Some(&args.model)).source("--data", args.data.as_ref());
        files.file("--labels", args.columns.labels.as_deref()).output("--out", Some(out)).check()?;
    } else if matches!(format, ExportFormat::Npz | ExportFormat::Torch | ExportFormat::Onnx)
        && io::stdout().is_terminal()
    {
        return Err(Failure::Usage(format!("{format} is no text for a terminal: name a file with --out")));
    }
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => export::<f32>(args, &file, format),
        DType::F64 => export::<f64>(args, &file, format),
    }
}

/// The format that --to names, or the ending of --out.
fn format(args: &ExportArgs) -> Result<ExportFormat, Failure> {
    match (args.to, &args.out) {
        (Some(format), _) => Ok(format),
        (None, Some(out)) => ExportFormat::of_path(out).map_err(|error| Failure::Usage(error.to_string())),
        (None, None) => Err(Failure::Usage("name the format with --to, or a file that tells it with --out".to_owned())),
    }
}

fn export<T: Scalar>(args: &ExportArgs, file: &ModelFile, format: ExportFormat) -> Result<(), Failure> {
    let mut model = model_of::<T>(file, &args.model, args.activation)?;
    let note = match &args.data {
        Some(source) => {
            let data = Named::data(source, &args.columns, None).load_for(&mut model)?;
            cost(&model.int8_cost(&data)?)
        }
        None => String::new(),
    };
    let options = ExportOptions { name: name(args), note: note.clone(), int8: args.int8 };
    let bytes = model.export(format, &options)?;
    tell_coarse_values(&model, format);
    let Some(out) = &args.out else {
        if !note.is_empty() {
            tell(note);
        }
        let mut output = Output::new(false, false);
        output.write(|out| out.write_all(&bytes));
        return output.finish();
    };
    files::write(out, |file| file.write_all(&bytes))?;
    let mut output = Output::new(false, false);
    if !note.is_empty() {
        output.say(&note);
    }
    say_left_out(&model, format);
    output.say(format_args!("wrote {}: {}", out.display(), plural(bytes.len(), "byte")));
    output.finish()
}

/// What weights in eight bits cost.
fn cost(cost: &Int8Cost) -> String {
    let Int8Cost { rows, largest_deviation, largest_output, model, int8, .. } = cost;
    let share = if *largest_output > 0.0 { largest_deviation / largest_output } else { 0.0 };
    let scores = match (model.accuracy, int8.accuracy) {
        (Some(before), Some(after)) => format!("accuracy {}, before {}", percent(after), percent(before)),
        _ => format!("loss {}, before {}", brief(int8.loss), brief(model.loss)),
    };
    format!(
        "in eight bits outputs differ by at most {} over {}, {} of the largest; {scores}",
        brief(*largest_deviation),
        plural(*rows, "row"),
        percent(share),
    )
}

/// What a file of weights alone does not hold.
fn say_left_out<T: Scalar>(model: &Model<T>, format: ExportFormat) {
    let has_scaling = model.preprocess != chainrule::data::Preprocess::None || model.target.scaling().is_some();
    if format == ExportFormat::Torch && (has_scaling || model.schema.is_some()) {
        tell(
            "note: a state_dict holds weights alone: columns and scaling stay behind (--to onnx, c, rust or json hold them)",
        );
    }
}

/// That another program's f32 is too coarse for the values of a model, which `predict` gives in f64: they lie close to one another and
/// far from 0.
pub(crate) fn tell_coarse_values<T: Scalar>(model: &Model<T>, format: ExportFormat) {
    /// A step of f32 that is more of the deviation is worth a word.
    const COARSE: f64 = 1e-3;
    let computes = matches!(format, ExportFormat::C | ExportFormat::Rust | ExportFormat::Onnx);
    let (Some((means, deviations)), true) = (model.target.scaling(), computes && size_of::<T>() == size_of::<f32>())
    else {
        return;
    };
    for (at, (mean, deviation)) in means.iter().zip(deviations).enumerate() {
        let step = f64::from(f32::EPSILON) * mean.abs().log2().floor().exp2();
        if !model.target.is_log1p(at) && step > COARSE * deviation {
            let name = model.target.names().get(at).map_or_else(|| format!("output {}", at + 1), shown);
            tell(format_args!(
                "note: {name} lies around {}, where numbers of f32 are {} apart, and {format} predicts in f32; a model that is trained \
                 with --dtype f64 has all digits",
                brief(*mean),
                short(step)
            ));
        }
    }
}

/// --name, or what the output file or the model is called.
fn name(args: &ExportArgs) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let named = args.name.clone().or_else(|| stem(args.out.as_deref().unwrap_or(&args.model)));
    named.unwrap_or_else(|| "model".to_owned())
}
