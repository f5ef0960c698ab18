//! The errors of choosing a kernel by name, or the caches it computes for. Any other misuse of this crate is a bug of the caller and panics.

use std::fmt;

/// A kernel that cannot be had.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::{Kernel, KernelError};
///
/// let error = Kernel::<f32>::by_name("f32_abacus").unwrap_err();
/// assert!(matches!(&error, KernelError::Unknown { name, .. } if name == "f32_abacus"));
/// assert!(error.to_string().starts_with("there is no kernel `f32_abacus`; known are"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// No row of the table has this name.
    Unknown {
        /// The requested name.
        name: String,
        /// The names of the table.
        known: Vec<&'static str>,
    },
    /// The kernel exists, and this CPU lacks its instructions.
    Unavailable {
        /// The requested name.
        name: &'static str,
    },
    /// `CHAINRULE_CACHES` holds something else than caches.
    Caches {
        /// What it holds.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelError::Unknown { name, known } => {
                write!(f, "there is no kernel `{name}`; known are {}", known.join(", "))
            }
            KernelError::Unavailable { name } => {
                write!(f, "this CPU lacks the instructions of the kernel `{name}`")
            }
            KernelError::Caches { text, problem } => {
                write!(
                    f,
                    "`{text}` does not say what the caches are: {problem}; write CHAINRULE_CACHES=32K:8,1M:16,36M:11"
                )
            }
        }
    }
}

impl std::error::Error for KernelError {}
