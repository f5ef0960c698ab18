//! `chainrule convert`: writes a model file in another format.

use chainrule::data::Request;
use chainrule::export::{ExportFormat, ExportOptions};
use chainrule::{DType, Loss, Model, ModelFile, Scalar, Task};

use crate::args::ConvertArgs;
use crate::data::{say_notes, tell_what_is_not_said};
use crate::escape::shown;
use crate::export::tell_coarse_values;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::layers::model_of;
use crate::limits::limits;
use crate::output::{Output, tell};

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let format = ExportFormat::of_path(&args.out).map_err(|error| Failure::Usage(error.to_string()))?;
    let files = Files::default().file("IN", Some(&args.input)).source("--data", args.data.as_ref());
    files.output("OUT", Some(&args.out)).check()?;
    if args.rounding.precision.is_some() && format != ExportFormat::Torch {
        return Err(Failure::Usage("--precision is for safetensors; export --int8 writes C and Rust".to_owned()));
    }
    if args.rounding.tolerance.is_some() && args.data.is_none() {
        return Err(Failure::Usage("--tolerance needs rows to measure on: --data".to_owned()));
    }
    let file = args.order.open(&args.input)?;
    if file.dtype() == DType::F64 && args.rounding.precision.is_some() {
        if args.data.is_some() {
            return Err(Failure::Usage(
                "--data measures what weights of f32 lose, and those of the file are f64: convert with --precision f32 first, \
                 then what that wrote"
                    .to_owned(),
            ));
        }
        tell(format_args!("note: {}: weights of f64 are rounded to f32 first", shown(args.input.display())));
    }
    match (file.dtype(), args.rounding.precision) {
        (DType::F64, None) => convert::<f64>(args, &file, format),
        _ => convert::<f32>(args, &file, format),
    }
}

fn convert<T: Scalar>(args: &ConvertArgs, file: &ModelFile, format: ExportFormat) -> Result<(), Failure> {
    let mut model = model_of::<T>(file, &args.input, args.activation)?;
    tell_what_is_not_said(&mut model, args.task, args.loss)?;
    if let Some(names) = &args.class_names {
        name_classes(&mut model, names)?;
    }
    let precision = args.rounding.precision.unwrap_or_default();
    if let Some(source) = &args.data {
        let mut request = Request::new(source.clone());
        request.limits = limits();
        let (features, notes) = request.read_features(&model)?;
        say_notes(&notes);
        if let Some(rounded) = args.rounding.rounded(&model, &features)? {
            tell(rounded.line.text());
        }
    }
    // A safetensors file is one of chainrule's own, which holds all of the model.
    if format == ExportFormat::Torch {
        files::keep(&args.out, || model.save_rounded(&args.out, precision))?;
    } else {
        let name = args.out.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        tell_coarse_values(&model, format);
        let bytes = model.export(format, &ExportOptions { name, ..ExportOptions::default() })?;
        files::write(&args.out, |out| out.write_all(&bytes))?;
    }
    let mut output = Output::new(false, false);
    output.say(format_args!("wrote {}", shown(args.out.display())));
    output.finish()
}

/// Names the classes of a model that does not, which then is a classifier.
fn name_classes<T: Scalar>(model: &mut Model<T>, names: &[String]) -> Result<(), Failure> {
    let refuse = |why: String| Err(Failure::Usage(format!("--class-names {}: {why}", names.join(","))));
    match model.task {
        None | Some(Task::Classification) => {}
        Some(task) => return refuse(format!("the task is {task}, which has no classes")),
    }
    if let Some(own) = &model.class_names {
        return refuse(format!("the file has names of its own: {}; leave the option out", own.join(", ")));
    }
    let outputs = model.mlp.outputs();
    if names.len() != outputs {
        return refuse(format!("found {}, expected one for each of the {outputs} outputs", names.len()));
    }
    let is_twice = |(at, name): (usize, &String)| name.is_empty() || names[..at].contains(name);
    if let Some(at) = names.iter().enumerate().position(is_twice) {
        return refuse(format!("found {:?}, expected different names", names[at]));
    }
    if model.task.is_none() {
        (model.task, model.loss) = (Some(Task::Classification), Loss::CrossEntropy);
    }
    model.class_names = Some(names.to_vec());
    Ok(())
}
