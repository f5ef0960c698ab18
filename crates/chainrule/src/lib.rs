//! chainrule
#![forbid(unsafe_code)]
