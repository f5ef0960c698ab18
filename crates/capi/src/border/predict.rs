//! Predictions.

use std::ffi::c_char;

use super::memory::{Out, elements, texts};
use crate::data::{Rows, check_flags};
use crate::guard::guard;
use crate::handles;
use crate::predict::{classes as classes_of, counts, outputs};
use crate::status::ChainruleStatus;
use crate::types::{CHAINRULE_PROBABILITIES, CHAINRULE_RAW, ChainruleModel};

/// Predicts rows of float.
///
/// flags: CHAINRULE_VALUES, CHAINRULE_RAW or CHAINRULE_PROBABILITIES; | CHAINRULE_PREPARED where x has the network's own inputs.
/// x, x_len: the rows, (rows, columns) row-major, as they come from their source: the model preprocesses them. NaN is a missing
/// value, for a model of a table that knows how to fill it. In a column of categories a number stands for the category of that
/// name, in one of yes or no 1 and 0; names are for chainrule_predict_texts().
/// y, y_len: where the outputs go, (rows, outputs) row-major; y_len is rows * outputs. y may be x.
///
/// Numbers are converted to the model's element type and back; nothing of them is lost where both are the same. The outputs are
/// the same bits however many rows there are and whatever thread asks. 32 rows and more, or fewer of a large network, are shared by
/// the threads of the process, which the first such call starts; a single row of a small network stays on the calling thread.
///
/// Errors: CHAINRULE_ERROR_ARGUMENT for lengths, CHAINRULE_ERROR_DATA for a row that cannot be taken, CHAINRULE_ERROR_NOT_FINITE for
/// an output that overflows, CHAINRULE_ERROR_UNSUPPORTED for probabilities of a model that has none, CHAINRULE_ERROR_MEMORY; where
/// threads are needed CHAINRULE_ERROR_THREADS if the system has none to give, or if they are those of a process that this one was
/// forked from. Any thread, with one handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_predict_f32(
    model: *const ChainruleModel,
    flags: u32,
    x: *const f32,
    x_len: usize,
    y: *mut f32,
    y_len: usize,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: as many numbers and as much room as it says.
        let (x, out) = unsafe { (elements("x", x, x_len)?, Out::new("y", y, y_len)?) };
        out.expect(counts(&held, flags, x_len)?.0, "rows * outputs")?;
        out.write(&outputs::<f32, f32>(&held, flags, Rows::Numbers(x))?)
    })
}

/// As chainrule_predict_f32(), of rows of double. Values that a model of floats brings back to their own unit are computed in double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_predict_f64(
    model: *const ChainruleModel,
    flags: u32,
    x: *const f64,
    x_len: usize,
    y: *mut f64,
    y_len: usize,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: as many numbers and as much room as it says.
        let (x, out) = unsafe { (elements("x", x, x_len)?, Out::new("y", y, y_len)?) };
        out.expect(counts(&held, flags, x_len)?.0, "rows * outputs")?;
        out.write(&outputs::<f64, f64>(&held, flags, Rows::Numbers(x))?)
    })
}

/// Predicts the class of each row of float: the one with the largest output; of a question of yes or no 1 if yes is likelier.
///
/// flags: 0 or CHAINRULE_PREPARED. x, x_len: as chainrule_predict_f32(). classes, classes_len: where they go, (rows), counted
/// from 0; chainrule_model_class_name() has their names.
///
/// Errors: as chainrule_predict_f32(); CHAINRULE_ERROR_UNSUPPORTED for a model of values or of several questions. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_predict_classes_f32(
    model: *const ChainruleModel,
    flags: u32,
    x: *const f32,
    x_len: usize,
    classes: *mut u32,
    classes_len: usize,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: as many numbers and as much room as it says.
        let (x, out) = unsafe { (elements("x", x, x_len)?, Out::new("classes", classes, classes_len)?) };
        out.expect(counts(&held, flags, x_len)?.1, "rows")?;
        out.write(&classes_of(&held, flags, Rows::Numbers(x))?)
    })
}

/// As chainrule_predict_classes_f32(), of rows of double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_predict_classes_f64(
    model: *const ChainruleModel,
    flags: u32,
    x: *const f64,
    x_len: usize,
    classes: *mut u32,
    classes_len: usize,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: as many numbers and as much room as it says.
        let (x, out) = unsafe { (elements("x", x, x_len)?, Out::new("classes", classes, classes_len)?) };
        out.expect(counts(&held, flags, x_len)?.1, "rows")?;
        out.write(&classes_of(&held, flags, Rows::Numbers(x))?)
    })
}

/// Predicts rows of texts, as the cells of a text file: for a model of a table with categories, or of what comes as text anyway.
///
/// flags: CHAINRULE_VALUES, CHAINRULE_RAW or CHAINRULE_PROBABILITIES.
/// cells, cells_len: the rows, (rows, columns) row-major, in UTF-8, none of them NULL. Numbers have a decimal point; categories their
/// names, as chainrule_model_category_name() has them; "", "NA", "NaN", "null" and "?" are missing values. Blanks around do not
/// count.
/// y, y_len: where the outputs go, (rows, outputs) row-major; y_len is rows * outputs.
///
/// Errors: as chainrule_predict_f32(); CHAINRULE_ERROR_DATA for a category that training did not see, unless the model takes those.
/// Any thread, with one handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_predict_texts(
    model: *const ChainruleModel,
    flags: u32,
    cells: *const *const c_char,
    cells_len: usize,
    y: *mut f64,
    y_len: usize,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        check_flags(flags, CHAINRULE_RAW | CHAINRULE_PROBABILITIES)?;
        // SAFETY: the header's contract: as many texts and as much room as it says.
        let (cells, out) = unsafe { (texts("cells", cells, cells_len)?, Out::new("y", y, y_len)?) };
        out.expect(counts(&held, flags, cells_len)?.0, "rows * outputs")?;
        out.write(&outputs::<f64, f64>(&held, flags, Rows::Texts(&cells))?)
    })
}

/// Predicts the class of each row of texts.
///
/// cells, cells_len: as chainrule_predict_texts(). classes, classes_len: as chainrule_predict_classes_f32().
///
/// Errors: as both. Any thread, with one handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_predict_classes_texts(
    model: *const ChainruleModel,
    cells: *const *const c_char,
    cells_len: usize,
    classes: *mut u32,
    classes_len: usize,
) -> ChainruleStatus {
    guard(|| {
        let held = handles::model("model", model)?;
        // SAFETY: the header's contract: as many texts and as much room as it says.
        let (cells, out) = unsafe { (texts("cells", cells, cells_len)?, Out::new("classes", classes, classes_len)?) };
        out.expect(counts(&held, 0, cells_len)?.1, "rows")?;
        out.write(&classes_of::<f64>(&held, 0, Rows::Texts(&cells))?)
    })
}
