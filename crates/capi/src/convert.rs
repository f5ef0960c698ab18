//! Numbers of one element type as those of another.

use chainrule::Scalar;

use crate::status::{CHAINRULE_ERROR_MEMORY, Failure};

/// The same numbers in another element type. Those that it does not hold become infinite, and are refused as such.
pub(crate) fn converted<T: Scalar, U: Scalar>(numbers: &[T]) -> Result<Vec<U>, Failure> {
    let mut converted = room(numbers.len())?;
    converted.extend(numbers.iter().map(|number| U::from_f64(number.to_f64())));
    Ok(converted)
}

/// A copy.
pub(crate) fn copied<C: Copy>(numbers: &[C]) -> Result<Vec<C>, Failure> {
    let mut copied = room(numbers.len())?;
    copied.extend_from_slice(numbers);
    Ok(copied)
}

/// An empty vector with this capacity.
pub(crate) fn room<C>(count: usize) -> Result<Vec<C>, Failure> {
    let mut room = Vec::new();
    let no_memory = |_| Failure::new(CHAINRULE_ERROR_MEMORY, format!("there is no memory for {count} numbers"));
    room.try_reserve_exact(count).map_err(no_memory)?;
    Ok(room)
}
