//! Training and evaluation on arrays.

use super::memory::Out;
use super::structs::{self, maybe_place, place};
use crate::guard::guard;
use crate::handles::{self, new_model};
use crate::options::Options;
use crate::status::{ChainruleStatus, Failure};
use crate::train::{self as run, RunData, evaluate};
use crate::types::{
    ChainruleDataF32, ChainruleDataF64, ChainruleEvaluation, ChainruleModel, ChainruleTrainOptions,
    ChainruleTrainReport,
};

/// Sets the defaults of training.
///
/// options: where they go. options_size: sizeof(ChainruleTrainOptions).
///
/// Errors: CHAINRULE_ERROR_ARGUMENT for another size: the header is of another version than the library. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_train_options_init(
    options: *mut ChainruleTrainOptions,
    options_size: usize,
) -> ChainruleStatus {
    guard(|| {
        let size = size_of::<ChainruleTrainOptions>();
        if options_size != size {
            let expected = format!("expected {size}, sizeof(ChainruleTrainOptions) in this version of the library");
            return Err(Failure::argument(format!("options_size is {options_size}; {expected}")));
        }
        let usual = Options::default();
        let null = std::ptr::null();
        let usual = ChainruleTrainOptions {
            size,
            epochs: usual.epochs,
            batch: usual.batch,
            accumulate: usual.accumulate,
            threads: usual.threads,
            seed: usual.seed,
            optimizer: null,
            schedule: null,
            preprocess: null,
            clip_norm: usual.clip_norm,
            label_smoothing: usual.label_smoothing,
            balance_classes: u32::from(usual.balance_classes),
            patience: usual.patience,
            on_epoch: None,
            user: std::ptr::null_mut(),
        };
        // SAFETY: the header's contract: room for the struct, of the size that was compared.
        unsafe { Out::new("options", options, 1) }?.write(&[usual])
    })
}

/// Trains a copy of a model on rows of float; the model itself stays as it is.
///
/// start: a new model, or one to go on with. train: the rows and their targets. validation: rows that are evaluated after each epoch;
/// or NULL. options: or NULL, the defaults. trained: where the handle of the trained model goes, to be freed by
/// chainrule_model_free(). report: or NULL.
///
/// The same start, rows and options give the same bits on one kind of processor, on any number of threads. Rows are copied into the
/// model's element type. Targets that are values are learned as they are: scale large ones before.
///
/// Errors: CHAINRULE_ERROR_DATA for rows or targets that do not fit, CHAINRULE_ERROR_NOT_FINITE where the loss or the weights
/// overflow (a smaller learning rate, or preprocess = "standardize"), CHAINRULE_ERROR_ARGUMENT for an option, CHAINRULE_ERROR_MEMORY,
/// CHAINRULE_ERROR_THREADS where threads cannot be started or are those of a process that this one was forked from: with
/// options->threads above 0, a run starts its own. Any thread; several may train at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_train_f32(
    start: *const ChainruleModel,
    train: *const ChainruleDataF32,
    validation: *const ChainruleDataF32,
    options: *const ChainruleTrainOptions,
    trained: *mut *mut ChainruleModel,
    report: *mut ChainruleTrainReport,
) -> ChainruleStatus {
    guard(|| {
        let start = handles::model("start", start)?;
        // SAFETY: the header's contract: structs with their sizes, whose pointers have the lengths beside them, and places.
        let (train, validation, (options, mut callback), out, report) = unsafe {
            (
                structs::data("train", train)?,
                if validation.is_null() { None } else { Some(structs::data("validation", validation)?) },
                structs::options(options)?,
                Out::new("trained", trained, 1)?,
                maybe_place("report", report)?,
            )
        };
        let data = RunData { train, validation };
        let (held, summary) = run::train(&start, data, &options, |epoch| callback.call(epoch))?;
        report.map_or(Ok(()), |report| report.write(&[summary]))?;
        out.write(&[new_model(held)])
    })
}

/// As chainrule_train_f32(), on rows of double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_train_f64(
    start: *const ChainruleModel,
    train: *const ChainruleDataF64,
    validation: *const ChainruleDataF64,
    options: *const ChainruleTrainOptions,
    trained: *mut *mut ChainruleModel,
    report: *mut ChainruleTrainReport,
) -> ChainruleStatus {
    guard(|| {
        let start = handles::model("start", start)?;
        // SAFETY: the header's contract: structs with their sizes, whose pointers have the lengths beside them, and places.
        let (train, validation, (options, mut callback), out, report) = unsafe {
            (
                structs::data("train", train)?,
                if validation.is_null() { None } else { Some(structs::data("validation", validation)?) },
                structs::options(options)?,
                Out::new("trained", trained, 1)?,
                maybe_place("report", report)?,
            )
        };
        let data = RunData { train, validation };
        let (held, summary) = run::train(&start, data, &options, |epoch| callback.call(epoch))?;
        report.map_or(Ok(()), |report| report.write(&[summary]))?;
        out.write(&[new_model(held)])
    })
}

/// How good a model is on rows of float whose targets are known. Set evaluation->size to sizeof(ChainruleEvaluation) before.
///
/// Errors: as chainrule_train_f32(). Any thread, with one handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_evaluate_f32(
    model: *const ChainruleModel,
    data: *const ChainruleDataF32,
    evaluation: *mut ChainruleEvaluation,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: structs with their sizes, whose pointers have the lengths beside them.
        let (data, out) = unsafe { (structs::data("data", data)?, place("evaluation", evaluation)?) };
        out.write(&[evaluate(&held, data)?])
    })
}

/// As chainrule_evaluate_f32(), on rows of double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_evaluate_f64(
    model: *const ChainruleModel,
    data: *const ChainruleDataF64,
    evaluation: *mut ChainruleEvaluation,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: structs with their sizes, whose pointers have the lengths beside them.
        let (data, out) = unsafe { (structs::data("data", data)?, place("evaluation", evaluation)?) };
        out.write(&[evaluate(&held, data)?])
    })
}
