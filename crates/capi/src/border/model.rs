//! Models: made, loaded, saved, freed, and what they say of themselves.

use std::ffi::{CString, c_char, c_void};

use super::memory::{self, Out, elements, text, texts};
use super::structs::place;
use crate::guard::guard;
use crate::handles::{self, free_model, new_model};
use crate::held::{Held, nth};
use crate::status::{ChainruleStatus, Failure};
use crate::types::{ChainruleModel, ChainruleModelInfo};

/// Makes a model of a new network, which is not trained yet.
///
/// network: its sizes from the inputs to the outputs, and the modules behind each dense layer but the last: "2-8-2 tanh",
/// "784-128-64-10 batch_norm relu dropout(0.2)"; or its layers: "dense(2, 8), tanh, dense(8, 2)", as chainrule_model_layers() has
/// them.
/// loss: "cross-entropy" for classes, "binary-cross-entropy" for yes or no, "mse", "half-mse", "mae", "huber(0.5)" for values.
/// element: CHAINRULE_F32 or CHAINRULE_F64. seed: of the initial weights and of dropout; the same seed gives the same weights.
/// model: where the handle goes, to be freed by chainrule_model_free().
///
/// Errors: CHAINRULE_ERROR_ARGUMENT for a text that is not understood, CHAINRULE_ERROR_MEMORY. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_create(
    network: *const c_char,
    loss: *const c_char,
    element: u32,
    seed: u64,
    model: *mut *mut ChainruleModel,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: texts, and a place for a handle.
        let (network, loss, out) =
            unsafe { (text("network", network)?, text("loss", loss)?, Out::new("model", model, 1)?) };
        out.write(&[new_model(Held::new(network, loss, element, seed)?)])
    })
}

/// Reads a model file: what chainrule_model_save(), `chainrule train --save`, the Rust library or Python wrote, safetensors of
/// PyTorch's dense layers, or ONNX. It is checked whole: checksum, sizes, and outputs of rows that it carries. Loading starts no
/// threads and needs none.
///
/// path: of the file; any bytes that the system takes, UTF-8 on Windows. model: where the handle goes.
///
/// Errors: CHAINRULE_ERROR_IO, CHAINRULE_ERROR_FORMAT, CHAINRULE_ERROR_MEMORY. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_load(path: *const c_char, model: *mut *mut ChainruleModel) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: a text, and a place for a handle.
        let (path, out) = unsafe { (memory::path("path", path)?, Out::new("model", model, 1)?) };
        out.write(&[new_model(Held::of_file(chainrule::ModelFile::open(path))?)])
    })
}

/// As chainrule_model_load(), of the bytes of a file in memory, which are not needed afterwards.
///
/// bytes, bytes_len: the file. model: where the handle goes.
///
/// Errors: as chainrule_model_load(). Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_load_memory(
    bytes: *const c_void,
    bytes_len: usize,
    model: *mut *mut ChainruleModel,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many bytes as it says, and a place for a handle.
        let (bytes, out) = unsafe { (elements("bytes", bytes.cast::<u8>(), bytes_len)?, Out::new("model", model, 1)?) };
        out.write(&[new_model(Held::of_file(chainrule::ModelFile::parse("bytes", bytes))?)])
    })
}

/// Writes a model file, whole or not at all: a file that was there stays until the new one is complete.
///
/// path: usually with the ending .safetensors; model.onnx, model.json, model.pt and other formats' names are refused, as other programs
/// would take the file for those.
///
/// Errors: CHAINRULE_ERROR_IO; CHAINRULE_ERROR_FORMAT for such a name, and for a model that could not be loaded again, with weights that
/// are NaN. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_save(model: *const ChainruleModel, path: *const c_char) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: a text.
        let path = unsafe { memory::path("path", path) }?;
        let held = handles::model("model", model)?;
        crate::held::each!(&held.model, model => model.save(&path)).map_err(Failure::of_file)
    })
}

/// The length of the file that chainrule_model_save() would write, for chainrule_model_save_memory(). It is computed by making that
/// file.
///
/// bytes_len: where the length goes.
///
/// Errors: as chainrule_model_save_memory(). Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_file_size(
    model: *const ChainruleModel,
    bytes_len: *mut usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: a place for a number.
        let out = unsafe { Out::new("bytes_len", bytes_len, 1) }?;
        out.write(&[handles::model("model", model)?.bytes()?.len()])
    })
}

/// As chainrule_model_save(), into memory: what chainrule_model_load_memory() takes. The same model gives the same bytes.
///
/// bytes, bytes_len: where the file goes, and its length, chainrule_model_file_size().
///
/// Errors: CHAINRULE_ERROR_ARGUMENT for another length, CHAINRULE_ERROR_FORMAT for a model that could not be loaded again, with weights
/// that are NaN, CHAINRULE_ERROR_MEMORY. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_save_memory(
    model: *const ChainruleModel,
    bytes: *mut c_void,
    bytes_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: room for as many bytes as it says.
        let out = unsafe { Out::new("bytes", bytes.cast::<u8>(), bytes_len) }?;
        let file = handles::model("model", model)?.bytes()?;
        out.expect(file.len(), "chainrule_model_file_size()")?;
        out.write(&file)
    })
}

/// Frees a model; NULL is none. Calls of other threads that use it go on to their end. Texts that the model gave are gone with it.
///
/// Errors: CHAINRULE_ERROR_HANDLE where it was freed before, or never was a model. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_model_free(model: *mut ChainruleModel) -> ChainruleStatus {
    guard(|| free_model(model))
}

/// Makes a model that is the same but for the names of its classes.
///
/// names, names_len: one for each output, no two alike, in UTF-8, without control characters. named: where the handle of the new
/// model goes; the old one stays.
///
/// Errors: CHAINRULE_ERROR_UNSUPPORTED for a model that predicts no classes, CHAINRULE_ERROR_ARGUMENT for another number of names, two
/// that are alike, and one with a control character (a newline, say), a line separator or a character that turns the direction of
/// text, CHAINRULE_ERROR_MEMORY. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_with_class_names(
    model: *const ChainruleModel,
    names: *const *const c_char,
    names_len: usize,
    named: *mut *mut ChainruleModel,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many texts as it says, and a place for a handle.
        let (names, out) = unsafe { (texts("names", names, names_len)?, Out::new("named", named, 1)?) };
        out.write(&[new_model(handles::model("model", model)?.with_class_names(&names)?)])
    })
}

/// Fills in the sizes of a model, its element type and its task. Set info->size to sizeof(ChainruleModelInfo) before. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_info(
    model: *const ChainruleModel,
    info: *mut ChainruleModelInfo,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: a struct with its size.
        let out = unsafe { place("info", info) }?;
        out.write(&[handles::model("model", model)?.info()])
    })
}

/// The layers of the network: "dense(2, 8), tanh, dense(8, 2)". The text belongs to the model, as long as that lives. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_layers(
    model: *const ChainruleModel,
    layers: *mut *const c_char,
) -> ChainruleStatus {
    // SAFETY: the header's contract: a place for a text.
    guard(|| unsafe { give("layers", layers, model, |held| Ok(&held.names.layers)) })
}

/// What it is or was trained to make small: "cross-entropy". The text belongs to the model, as long as that lives. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_loss(
    model: *const ChainruleModel,
    loss: *mut *const c_char,
) -> ChainruleStatus {
    // SAFETY: the header's contract: a place for a text.
    guard(|| unsafe { give("loss", loss, model, |held| Ok(&held.names.loss)) })
}

/// The name of a class; of a question of yes or no that of no for index 0 and that of yes for 1.
///
/// index: below ChainruleModelInfo's classes. name: where the text goes, which belongs to the model, as long as that lives.
///
/// Errors: CHAINRULE_ERROR_UNSUPPORTED where there are no names. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_class_name(
    model: *const ChainruleModel,
    index: usize,
    name: *mut *const c_char,
) -> ChainruleStatus {
    // SAFETY: the header's contract: a place for a text.
    guard(|| unsafe { give("name", name, model, |held| nth(&held.names.classes, index, "classes")) })
}

/// The name of a column of the table that the model was trained on, in the order that rows have them.
///
/// index: below ChainruleModelInfo's columns. name: where the text goes, which belongs to the model, as long as that lives.
///
/// Errors: CHAINRULE_ERROR_UNSUPPORTED where it was trained on no table. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_column_name(
    model: *const ChainruleModel,
    index: usize,
    name: *mut *const c_char,
) -> ChainruleStatus {
    // SAFETY: the header's contract: a place for a text.
    guard(|| unsafe { give("name", name, model, |held| nth(&held.names.columns, index, "columns")) })
}

/// The name of what an output of values predicts, as the table called it.
///
/// index: below ChainruleModelInfo's outputs. name: where the text goes, which belongs to the model, as long as that lives.
///
/// Errors: CHAINRULE_ERROR_UNSUPPORTED where there are no names. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_target_name(
    model: *const ChainruleModel,
    index: usize,
    name: *mut *const c_char,
) -> ChainruleStatus {
    // SAFETY: the header's contract: a place for a text.
    guard(|| unsafe { give("name", name, model, |held| nth(&held.names.targets, index, "targets")) })
}

/// The number of categories that a column may hold as text; 0 of a column of numbers.
///
/// column: below ChainruleModelInfo's columns. count: where the number goes. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_category_count(
    model: *const ChainruleModel,
    column: usize,
    count: *mut usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: a place for a number.
        let out = unsafe { Out::new("count", count, 1) }?;
        out.write(&[handles::model("model", model)?.categories(column)?.len()])
    })
}

/// A category that a column may hold as text.
///
/// column: below ChainruleModelInfo's columns. index: below chainrule_model_category_count(). name: where the text goes, which
/// belongs to the model, as long as that lives.
///
/// Errors: CHAINRULE_ERROR_UNSUPPORTED of a column of numbers. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_category_name(
    model: *const ChainruleModel,
    column: usize,
    index: usize,
    name: *mut *const c_char,
) -> ChainruleStatus {
    // SAFETY: the header's contract: a place for a text.
    guard(|| unsafe { give("name", name, model, |held| nth(held.categories(column)?, index, "categories")) })
}

/// Copies all weights and biases, layer by layer: of a dense layer its weights, (inputs, outputs) row-major, then its biases.
///
/// parameters, parameters_len: where they go; ChainruleModelInfo's parameters. Of a model in double they are rounded. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_parameters_f32(
    model: *const ChainruleModel,
    parameters: *mut f32,
    parameters_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: room for as many numbers as it says.
        let out = unsafe { Out::new("parameters", parameters, parameters_len) }?;
        out.write(&handles::model("model", model)?.parameters()?)
    })
}

/// As chainrule_model_parameters_f32(), in double: exact.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_parameters_f64(
    model: *const ChainruleModel,
    parameters: *mut f64,
    parameters_len: usize,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: room for as many numbers as it says.
        let out = unsafe { Out::new("parameters", parameters, parameters_len) }?;
        out.write(&handles::model("model", model)?.parameters()?)
    })
}

/// Makes a model that is the same but for its weights and biases.
///
/// parameters, parameters_len: all of them, as chainrule_model_parameters_f32() gives them. changed: where the handle of the new model
/// goes; the old one stays.
///
/// Errors: CHAINRULE_ERROR_ARGUMENT for another length, CHAINRULE_ERROR_DATA for NaN and infinity, CHAINRULE_ERROR_MEMORY. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_with_parameters_f32(
    model: *const ChainruleModel,
    parameters: *const f32,
    parameters_len: usize,
    changed: *mut *mut ChainruleModel,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many numbers as it says, and a place for a handle.
        let (parameters, out) =
            unsafe { (elements("parameters", parameters, parameters_len)?, Out::new("changed", changed, 1)?) };
        out.write(&[new_model(handles::model("model", model)?.with_parameters(parameters)?)])
    })
}

/// As chainrule_model_with_parameters_f32(), of numbers in double: exact for a model in double, rounded otherwise.
///
/// Errors: as chainrule_model_with_parameters_f32(), and CHAINRULE_ERROR_DATA for a number that a float does not hold. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chainrule_model_with_parameters_f64(
    model: *const ChainruleModel,
    parameters: *const f64,
    parameters_len: usize,
    changed: *mut *mut ChainruleModel,
) -> ChainruleStatus {
    guard(|| {
        // SAFETY: the header's contract: as many numbers as it says, and a place for a handle.
        let (parameters, out) =
            unsafe { (elements("parameters", parameters, parameters_len)?, Out::new("changed", changed, 1)?) };
        out.write(&[new_model(handles::model("model", model)?.with_parameters(parameters)?)])
    })
}

/// Gives C a text that a model holds.
///
/// # Safety
/// `to` points to room for a pointer, or is null.
unsafe fn give(
    name: &str,
    to: *mut *const c_char,
    handle: *const ChainruleModel,
    of: impl FnOnce(&Held) -> Result<&CString, Failure>,
) -> Result<(), Failure> {
    // SAFETY: the caller's word.
    let out = unsafe { Out::new(name, to, 1) }?;
    let held = handles::model("model", handle)?;
    out.write(&[of(&held)?.as_ptr()])
}
