//! A C source while it is written: text with a prefix for its names, numbers, tables.

use super::blueprint::Blueprint;
use super::fragments::{coefficients, constants};
use super::text::{comment, identifier, list, number};

/// A source that is being written.
pub(super) struct Source<'a> {
    pub(super) of: &'a Blueprint,
    pub(super) prefix: String,
    pub(super) text: String,
    pub(super) is_int8: bool,
}

impl<'a> Source<'a> {
    /// An empty one whose names begin with `name`.
    pub(super) fn new(of: &'a Blueprint, name: &str, is_int8: bool) -> Self {
        Source { of, prefix: format!("{}_", identifier(name)), text: String::new(), is_int8 }
    }

    /// Adds a function of `c_functions.rs`.
    pub(super) fn function(&mut self, text: &str) {
        let mut text = text.replace("SCALED", if self.is_int8 { "sum * layer->scale[o]" } else { "sum" });
        for (name, values) in coefficients(self.of.is_double) {
            let values: Vec<String> = values.iter().map(|value| self.real(*value)).collect();
            text = text.replace(name, &values.join(", "));
        }
        for (name, value) in constants(self.of.is_double) {
            text = text.replace(name, &self.real(value));
        }
        self.put(&text);
        self.text.push('\n');
    }

    /// Adds text in which `@` stands for the prefix of names, `^` before a capital for the same in capitals, and `#1.0` for a
    /// number of the element type. Another `^` is a power in a comment.
    pub(super) fn put(&mut self, template: &str) {
        let mut parts = template.split('^');
        let mut text = parts.next().unwrap_or_default().to_owned();
        let capitals = self.prefix.to_uppercase();
        for part in parts {
            let is_name = part.starts_with(|c: char| c.is_ascii_uppercase());
            text.push_str(if is_name { &capitals } else { "^" });
            text.push_str(part);
        }
        let text = text.replace('@', &self.prefix);
        let is_double = self.of.is_double;
        let mut rest = text.as_str();
        while let Some(at) = rest.find('#') {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            self.text.push_str(before);
            let digits = after.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            match digits {
                0 => self.text.push('#'),
                _ => {
                    self.text.push_str(&after[..digits]);
                    self.text.push_str(if is_double { "" } else { "f" });
                }
            }
            rest = &after[digits..];
        }
        self.text.push_str(rest);
    }

    /// A number of the element type.
    pub(super) fn real(&self, value: f64) -> String {
        let suffix = if self.of.is_double { "" } else { "f" };
        format!("{}{suffix}", number(value, self.of.is_double))
    }

    pub(super) fn reals(&self, values: &[f64]) -> String {
        list(values.iter().map(|value| self.real(*value)))
    }

    /// A table of numbers.
    pub(super) fn array(&mut self, kind: &str, name: &str, values: &str, length: usize) {
        self.put(&format!("static const {kind} {name}[{length}] = {{\n"));
        self.text.push_str(values);
        self.put("};\n\n");
    }

    /// A text that is somebody's own, in a comment.
    pub(super) fn note(&mut self, text: &str) {
        self.text.push_str(&comment(text));
    }
}
