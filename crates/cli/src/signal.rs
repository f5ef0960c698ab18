//! The signals that ask a process to end, by number, name and exit code. `interrupt.rs` handles them.

/// A signal by its number: 2, 15, 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal(pub(crate) i32);

impl Signal {
    /// The exit code that shells report for a process ended by this signal.
    pub(crate) fn exit_code(self) -> i32 {
        128 + self.0
    }

    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            1 => "SIGHUP",
            2 => "SIGINT",
            15 => "SIGTERM",
            _ => "a signal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_shells() {
        assert_eq!([1, 2, 15].map(|signal| Signal(signal).exit_code()), [129, 130, 143]);
    }
}
