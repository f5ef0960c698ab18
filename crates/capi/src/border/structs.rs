//! The structs that C gives and takes, which say their own size first.

use chainrule::Scalar;

use super::callback::Callback;
use super::memory::{Out, elements, maybe_elements, maybe_text};
use crate::data::Data;
use crate::options::Options;
use crate::status::Failure;
use crate::types::{
    ChainruleDataF32, ChainruleDataF64, ChainruleEvaluation, ChainruleModelInfo, ChainruleTrainOptions,
    ChainruleTrainReport,
};

/// A struct of the header, which begins with its size.
///
/// # Safety
/// Its first field is a `usize`, and it is plain data that any bits of C's may be copied from.
pub(super) unsafe trait Struct: Copy {
    const NAME: &'static str;
}

/// Says that these are structs of the header.
macro_rules! structs {
    ($($name:ident)*) => {$(
        // SAFETY: `#[repr(C)]`, `size` first, numbers, pointers and a nullable function behind it.
        unsafe impl Struct for $name {
            const NAME: &'static str = stringify!($name);
        }
    )*};
}

structs! { ChainruleModelInfo ChainruleDataF32 ChainruleDataF64 ChainruleTrainOptions ChainruleTrainReport ChainruleEvaluation }

/// A struct that C gives.
///
/// # Safety
/// Unless it is null, `pointer` points to a struct of the size that its first field says.
pub(super) unsafe fn read<S: Struct>(name: &str, pointer: *const S) -> Result<S, Failure> {
    // SAFETY: the caller's word: its first field is there whatever its size is.
    let size = unsafe { elements(name, pointer.cast::<usize>(), 1) }?[0];
    check_size::<S>(name, size)?;
    // SAFETY: the caller's word, for the size that it has.
    Ok(unsafe { elements(name, pointer, 1) }?[0])
}

/// A struct that C wants to be filled; none where the pointer is null.
///
/// # Safety
/// As [`read`], and nobody else uses it until this is dropped.
pub(super) unsafe fn maybe_place<S: Struct>(
    name: &'static str,
    pointer: *mut S,
) -> Result<Option<Out<'static, S>>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's word.
    unsafe { place(name, pointer) }.map(Some)
}

/// As [`maybe_place`], refused where the pointer is null.
///
/// # Safety
/// As [`maybe_place`].
pub(super) unsafe fn place<S: Struct>(name: &'static str, pointer: *mut S) -> Result<Out<'static, S>, Failure> {
    // SAFETY: the caller's word: its first field is there whatever its size is.
    let size = unsafe { elements(name, pointer.cast_const().cast::<usize>(), 1) }?[0];
    check_size::<S>(name, size)?;
    // SAFETY: the caller's word, for the size that it has.
    unsafe { Out::new(name, pointer, 1) }
}

fn check_size<S: Struct>(name: &str, size: usize) -> Result<(), Failure> {
    if size == size_of::<S>() {
        return Ok(());
    }
    let expected = format!("expected sizeof({}), {} in this version of the library", S::NAME, size_of::<S>());
    Err(Failure::argument(format!("{name}->size is {size}; {expected}")))
}

/// Data in an element type.
pub(super) trait CData: Struct {
    type Element: Scalar;

    /// What they point to.
    ///
    /// # Safety
    /// Every pointer that is not null points to as many elements as the length beside it says, which nobody changes while the
    /// data are used.
    unsafe fn slices<'a>(&self, name: &str) -> Result<Data<'a, Self::Element>, Failure>;
}

/// [`CData`] for the structs of both element types.
macro_rules! data {
    ($($name:ident $element:ty)*) => {$(
        impl CData for $name {
            type Element = $element;

            unsafe fn slices<'a>(&self, name: &str) -> Result<Data<'a, $element>, Failure> {
                let of = |field: &str| format!("{name}->{field}");
                // SAFETY: the caller's word.
                unsafe {
                    Ok(Data {
                        x: elements(&of("x"), self.x, self.x_len)?,
                        classes: maybe_elements(&of("classes"), self.classes, self.classes_len)?,
                        values: maybe_elements(&of("values"), self.values, self.values_len)?,
                        weights: maybe_elements(&of("weights"), self.weights, self.weights_len)?,
                        flags: self.flags,
                    })
                }
            }
        }
    )*};
}

data! { ChainruleDataF32 f32 ChainruleDataF64 f64 }

/// Data that C points to.
///
/// # Safety
/// As [`read`] and [`CData::slices`].
pub(super) unsafe fn data<'a, D: CData>(name: &str, pointer: *const D) -> Result<Data<'a, D::Element>, Failure> {
    // SAFETY: the caller's word.
    unsafe { read(name, pointer)?.slices(name) }
}

/// Options that C points to, with their callback; the defaults where the pointer is null.
///
/// # Safety
/// As [`read`]; each text that is not null ends in NUL, and the callback may be called with `user` until this is dropped, on any
/// thread.
pub(super) unsafe fn options<'a>(pointer: *const ChainruleTrainOptions) -> Result<(Options<'a>, Callback), Failure> {
    // SAFETY: there is no function.
    let none = unsafe { Callback::new(None, std::ptr::null_mut()) };
    if pointer.is_null() {
        return Ok((Options::default(), none));
    }
    // SAFETY: the caller's word.
    let given = unsafe { read("options", pointer) }?;
    // SAFETY: the caller's word.
    let (optimizer, schedule, preprocess) = unsafe {
        (
            maybe_text("options->optimizer", given.optimizer)?,
            maybe_text("options->schedule", given.schedule)?,
            maybe_text("options->preprocess", given.preprocess)?,
        )
    };
    let options = Options {
        epochs: given.epochs,
        batch: given.batch,
        accumulate: given.accumulate,
        threads: given.threads,
        seed: given.seed,
        optimizer,
        schedule,
        preprocess,
        clip_norm: given.clip_norm,
        label_smoothing: given.label_smoothing,
        balance_classes: given.balance_classes != 0,
        patience: given.patience,
    };
    // SAFETY: the caller's word.
    Ok((options, unsafe { Callback::new(given.on_epoch, given.user) }))
}
