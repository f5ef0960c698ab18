//! Training steps with gradients of the caller's own.

use super::memory::{Out, elements};
use super::structs;
use crate::guard::guard;
use crate::handles::{self, free_trainer, new_model, new_trainer, with_trainer};
use crate::status::ChainruleStatus;
use crate::step_trainer::AnyTrainer;
use crate::types::{ChainruleModel, ChainruleTrainOptions, ChainruleTrainer};

/// Makes a trainer that begins with a copy of a model, for a loss of the caller's own: chainrule_trainer_forward_f32() gives the
/// outputs, chainrule_trainer_step_f32() takes the gradient of the loss by them.
///
/// options: the optimizer and clip_norm count, the rest is for chainrule_train_f32(); or NULL, the defaults. max_rows: the most rows
/// of a pass. trainer: where the handle goes, to be freed by chainrule_trainer_free().
///
/// Errors: CHAINRULE_ERROR_ARGUMENT for an option that counts, CHAINRULE_ERROR_MEMORY, CHAINRULE_ERROR_UNSUPPORTED for "lbfgs",
/// preprocess, a schedule, and accumulate above 1, CHAINRULE_ERROR_THREADS as chainrule_predict_f32(). Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_trainer_create(
    model: *const ChainruleModel,
    options: *const ChainruleTrainOptions,
    max_rows: usize,
    trainer: *mut *mut ChainruleTrainer,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: a struct with its size and texts, and a place for a handle.
        let ((options, _), out) = unsafe { (structs::options(options)?, Out::new("trainer", trainer, 1)?) };
        out.write(&[new_trainer(AnyTrainer::new(&held, &options, max_rows)?)])
    })
}

/// Frees a trainer; NULL is none.
///
/// Errors: CHAINRULE_ERROR_HANDLE where it was freed before, or never was a trainer. Any thread; a call of another thread that uses
/// it goes on to its end.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_trainer_free(trainer: *mut ChainruleTrainer) -> ChainruleStatus {
    guard(|| free_trainer(trainer))
}

/// A forward pass of training: dropout drops units, batch normalisation uses the statistics of these rows.
///
/// flags: 0 or CHAINRULE_PREPARED. x, x_len: the rows, as chainrule_predict_f32(), at most max_rows of them. z, z_len: where the
/// outputs of the network go, (rows, outputs) row-major, as CHAINRULE_RAW has them.
///
/// Errors: as chainrule_predict_f32(), and CHAINRULE_ERROR_ARGUMENT for more rows than max_rows; there is no pass for a step then.
/// CHAINRULE_ERROR_NOT_FINITE also for an output in double that a float does not hold. The trainer's threads are the process's.
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_trainer_forward_f32(
    trainer: *mut ChainruleTrainer,
    flags: u32,
    x: *const f32,
    x_len: usize,
    z: *mut f32,
    z_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many numbers and as much room as it says.
        let (x, out) = unsafe { (elements("x", x, x_len)?, Out::new("z", z, z_len)?) };
        with_trainer(trainer, |trainer| {
            let outputs = trainer.forward(flags, x)?;
            out.expect(outputs.len(), "rows * outputs").inspect_err(|_| trainer.forget_pass())?;
            out.write(&outputs)
        })
    })
}

/// As chainrule_trainer_forward_f32(), of rows of double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_trainer_forward_f64(
    trainer: *mut ChainruleTrainer,
    flags: u32,
    x: *const f64,
    x_len: usize,
    z: *mut f64,
    z_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many numbers and as much room as it says.
        let (x, out) = unsafe { (elements("x", x, x_len)?, Out::new("z", z, z_len)?) };
        with_trainer(trainer, |trainer| {
            let outputs = trainer.forward(flags, x)?;
            out.expect(outputs.len(), "rows * outputs").inspect_err(|_| trainer.forget_pass())?;
            out.write(&outputs)
        })
    })
}

/// A step by the optimizer, with the gradients that follow from dz and the rows of the last forward pass, which is used up: the next
/// step needs a new one.
///
/// dz, dz_len: the gradient of the loss by each output that the pass gave, (rows, outputs) row-major. Of a mean over the rows it is
/// divided by their number.
///
/// Errors: CHAINRULE_ERROR_ARGUMENT without a pass or with another length, CHAINRULE_ERROR_DATA for NaN and infinity; the weights are
/// as they were then. CHAINRULE_ERROR_THREADS in a process that was forked since. One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_trainer_step_f32(
    trainer: *mut ChainruleTrainer,
    dz: *const f32,
    dz_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many numbers as it says.
        let dz = unsafe { elements("dz", dz, dz_len) }?;
        with_trainer(trainer, |trainer| trainer.step(dz))
    })
}

/// As chainrule_trainer_step_f32(), with a gradient in double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_trainer_step_f64(
    trainer: *mut ChainruleTrainer,
    dz: *const f64,
    dz_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many numbers as it says.
        let dz = unsafe { elements("dz", dz, dz_len) }?;
        with_trainer(trainer, |trainer| trainer.step(dz))
    })
}

/// Sets the learning rate of the steps that come, for a schedule of the caller's own.
///
/// rate: above 0 and finite. One thread at a time.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_trainer_set_learning_rate(trainer: *mut ChainruleTrainer, rate: f64) -> ChainruleStatus {
    guard(|| with_trainer(trainer, |trainer| trainer.set_learning_rate(rate)))
}

/// A model with the weights as they are now, to predict with or to save; the trainer goes on with its own.
///
/// model: where the handle goes, to be freed by chainrule_model_free(). One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_trainer_model(
    trainer: *const ChainruleTrainer,
    model: *mut *mut ChainruleModel,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: a place for a handle.
        let out = unsafe { Out::new("model", model, 1) }?;
        out.write(&[new_model(with_trainer(trainer, |trainer| trainer.model())?)])
    })
}
