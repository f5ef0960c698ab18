//! What pointers and lengths of C stand for. Null, odd addresses and lengths that no memory has are refused; the rest is the
//! caller's word.

use std::ffi::{CStr, c_char};
use std::path::PathBuf;
use std::slice;

use crate::status::{CHAINRULE_ERROR_ARGUMENT, Failure};

/// Elements that C gives.
///
/// # Safety
/// Unless it is null, `pointer` points to `len` elements that nobody changes while the slice is used.
pub(super) unsafe fn elements<'a, C: Copy>(name: &str, pointer: *const C, len: usize) -> Result<&'a [C], Failure> {
    check(name, pointer, len)?;
    // SAFETY: the caller's word, and `check`: it is not null, aligned, and `len` elements are no more than memory has.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// As [`elements`]; none where the pointer is null and the length is 0.
///
/// # Safety
/// As [`elements`].
pub(super) unsafe fn maybe_elements<'a, C: Copy>(
    name: &str,
    pointer: *const C,
    len: usize,
) -> Result<Option<&'a [C]>, Failure> {
    match (pointer.is_null(), len) {
        (true, 0) => Ok(None),
        // SAFETY: the caller's word.
        _ => unsafe { elements(name, pointer, len) }.map(Some),
    }
}

/// A text that C gives.
///
/// # Safety
/// Unless it is null, `pointer` points to a text that ends in NUL and that nobody changes while it is used.
pub(super) unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    if pointer.is_null() {
        return Err(null(name, "a text"));
    }
    // SAFETY: it is not null, and the caller's word.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map_err(|error| Failure::argument(format!("{name} is no UTF-8: {error}")))
}

/// As [`text`]; none where the pointer is null.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn maybe_text<'a>(name: &str, pointer: *const c_char) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's word.
    unsafe { text(name, pointer) }.map(Some)
}

/// The path of a file, whatever bytes it has.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn path(name: &str, pointer: *const c_char) -> Result<PathBuf, Failure> {
    if pointer.is_null() {
        return Err(null(name, "the path of a file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        // SAFETY: it is not null, and the caller's word.
        let bytes = unsafe { CStr::from_ptr(pointer) }.to_bytes();
        Ok(std::ffi::OsStr::from_bytes(bytes).into())
    }
    #[cfg(not(unix))]
    {
        // SAFETY: the caller's word.
        unsafe { text(name, pointer) }.map(PathBuf::from)
    }
}

/// The texts of an array of texts.
///
/// # Safety
/// Unless it is null, `pointer` points to `len` pointers, and each of these that is not null to a text that ends in NUL; nobody
/// changes them while they are used.
pub(super) unsafe fn texts<'a>(name: &str, pointer: *const *const c_char, len: usize) -> Result<Vec<&'a str>, Failure> {
    // SAFETY: the caller's word.
    let pointers = unsafe { elements(name, pointer, len) }?;
    let mut texts = Vec::new();
    texts.try_reserve_exact(len).map_err(|_| too_long(name, len))?;
    for (index, &pointer) in pointers.iter().enumerate() {
        // SAFETY: the caller's word.
        texts.push(unsafe { text(&format!("{name}[{index}]"), pointer) }?);
    }
    Ok(texts)
}

/// A place that C wants something written to.
pub(super) struct Out<'n, C> {
    name: &'n str,
    pointer: *mut C,
    len: usize,
}

impl<'n, C: Copy> Out<'n, C> {
    /// A place for `len` elements.
    ///
    /// # Safety
    /// Unless it is null, `pointer` points to room for `len` elements that nobody else uses until this is dropped.
    pub(super) unsafe fn new(name: &'n str, pointer: *mut C, len: usize) -> Result<Self, Failure> {
        check(name, pointer, len)?;
        Ok(Out { name, pointer, len })
    }

    /// Refuses a place for another number of elements.
    pub(super) fn expect(&self, len: usize, what: &str) -> Result<(), Failure> {
        if self.len == len {
            return Ok(());
        }
        Err(Failure::argument(format!("{}_len is {}; expected {len}, {what}", self.name, self.len)))
    }

    /// Writes as many elements as there is room for.
    pub(super) fn write(self, elements: &[C]) -> Result<(), Failure> {
        self.expect(elements.len(), "what is written")?;
        // SAFETY: `check` and the word that `Out::new` was given: there is room for `self.len` elements, as many as there are; the
        // elements are the library's own, so they do not overlap.
        unsafe { self.pointer.copy_from_nonoverlapping(elements.as_ptr(), elements.len()) };
        Ok(())
    }
}

fn check<C>(name: &str, pointer: *const C, len: usize) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(null(name, &format!("{len} elements")));
    }
    if !pointer.is_aligned() {
        let expected = format!("expected a multiple of {}", align_of::<C>());
        return Err(Failure::argument(format!("{name} has the address {pointer:p}; {expected}")));
    }
    let bytes = len.checked_mul(size_of::<C>()).filter(|bytes| isize::try_from(*bytes).is_ok());
    match bytes.and_then(|bytes| pointer.addr().checked_add(bytes)) {
        Some(_) => Ok(()),
        None => Err(too_long(name, len)),
    }
}

fn null(name: &str, expected: &str) -> Failure {
    Failure::new(CHAINRULE_ERROR_ARGUMENT, format!("{name} is null; expected {expected}"))
}

fn too_long(name: &str, len: usize) -> Failure {
    Failure::argument(format!("{name} has a length of {len}, more than memory has"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_memory_is_refused_unread() {
        let numbers = [1.0_f64, 2.0];
        let said = |pointer: *const f64, len| {
            // SAFETY: an address that is none is refused before it is read; the array is.
            unsafe { elements("x", pointer, len) }.map(<[f64]>::to_vec).map_err(|failure| failure.text)
        };
        assert_eq!(said(numbers.as_ptr(), 2).unwrap(), numbers);
        assert_eq!(said(std::ptr::null(), 2).unwrap_err(), "x is null; expected 2 elements");
        assert!(said(numbers.as_ptr().wrapping_byte_add(4), 1).unwrap_err().contains("a multiple of 8"));
        for len in [usize::MAX, usize::MAX / 8 + 1, usize::MAX / 8, isize::MAX as usize / 8 + 1] {
            assert!(said(numbers.as_ptr(), len).unwrap_err().contains("more than memory has"), "{len}");
        }
    }

    #[test]
    fn texts_are_utf8_and_each_is_there() {
        let (good, bad) = (c"red", c"r\xc3");
        let pointers = [good.as_ptr(), bad.as_ptr(), std::ptr::null()];
        // SAFETY: all of them are texts or null.
        let said = |len| unsafe { texts("cells", pointers.as_ptr(), len) }.map_err(|failure| failure.text);
        assert_eq!(said(1).unwrap(), ["red"]);
        assert!(said(2).unwrap_err().starts_with("cells[1] is no UTF-8"));
        // SAFETY: as above.
        let null = unsafe { texts("cells", pointers[2..].as_ptr(), 1) }.unwrap_err().text;
        assert_eq!(null, "cells[0] is null; expected a text");
    }

    #[test]
    fn a_place_is_written_only_if_it_has_the_length() {
        let mut place = [0_u32; 3];
        // SAFETY: there is room for three.
        let out = unsafe { Out::new("classes", place.as_mut_ptr(), 3) }.unwrap();
        assert_eq!(out.expect(2, "rows").unwrap_err().text, "classes_len is 3; expected 2, rows");
        assert!(out.write(&[1, 2]).is_err());
        // SAFETY: there is room for two.
        unsafe { Out::new("classes", place.as_mut_ptr(), 2) }.unwrap().write(&[7, 8]).unwrap();
        assert_eq!(place, [7, 8, 0]);
    }
}
