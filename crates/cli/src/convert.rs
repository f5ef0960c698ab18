//! `chainrule convert`: writes a model file in another format.

use chainrule::export::{ExportFormat, ExportOptions};
use chainrule::{DType, ModelFile, Scalar};

use crate::args::ConvertArgs;
use crate::data::tell_task;
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::output::Output;

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let format = ExportFormat::of_path(&args.out).map_err(|error| Failure::Usage(error.to_string()))?;
    Files::default().file("IN", Some(&args.input)).output("OUT", Some(&args.out)).check()?;
    let file = args.order.open(&args.input)?;
    match file.dtype() {
        DType::F32 => convert::<f32>(args, &file, format),
        DType::F64 => convert::<f64>(args, &file, format),
    }
}

fn convert<T: Scalar>(args: &ConvertArgs, file: &ModelFile, format: ExportFormat) -> Result<(), Failure> {
    let mut model = file.model::<T>(args.activation)?;
    tell_task(&mut model, args.task, args.loss)?;
    // A safetensors file is one of chainrule's own, which holds all of the model.
    if format == ExportFormat::Torch {
        files::keep(&args.out, || model.save(&args.out))?;
    } else {
        let name = args.out.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = model.export(format, &ExportOptions { name, ..ExportOptions::default() })?;
        files::write(&args.out, |out| out.write_all(&bytes))?;
    }
    let mut output = Output::new(false, false);
    output.say(format_args!("wrote {}", shown(args.out.display())));
    output.finish()
}
