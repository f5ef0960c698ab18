//! TOML whose every value knows where it stands, so that each mistake is told with its line. What the keys mean is said
//! elsewhere.

use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use crate::nearest::nearest;
use crate::{Error, Place, Result};

/// A file's name and its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'s> {
    pub(crate) origin: &'s str,
    pub(crate) text: &'s str,
}

impl<'s> File<'s> {
    /// The table that the whole file is.
    pub(crate) fn parse(self) -> Result<Spanned<DeTable<'s>>> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, format!("what is no TOML ({})", error.message().trim()), "a key, a value or a [table]")
        })
    }

    /// That something at this byte is not what it should be.
    pub(crate) fn error(self, at: usize, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::format(self.origin, self.place(at), found, expected)
    }

    fn place(self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::Character { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// A table of which every key is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    file: File<'a>,
    /// Where it begins.
    pub(crate) at: usize,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// Refuses keys that are not among `known`.
    pub(crate) fn new(file: File<'a>, at: usize, entries: &'a DeTable<'a>, known: &[&str]) -> Result<Self> {
        let unknown = entries.iter().map(|(key, _)| key).filter(|key| !known.contains(&key.get_ref().as_ref()));
        // The first in the file, not in the alphabet.
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            let meant = nearest(key.get_ref(), known).map(|name| format!(", did you mean {name:?}?"));
            let found = format!("unknown key {:?}{}", key.get_ref(), meant.unwrap_or_default());
            return Err(file.error(key.span().start, found, format!("one of {}", known.join(", "))));
        }
        Ok(Table { file, at, entries })
    }

    /// A table of any keys.
    pub(crate) fn any(file: File<'a>, entries: &'a DeTable<'a>) -> Self {
        Table { file, at: 0, entries }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Value<'a>> {
        let (_, value) = self.entries.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Value { file: self.file, value })
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &str, expected: &str) -> Result<Value<'a>> {
        self.get(key).ok_or_else(|| self.error(format!("no key {key:?}"), format!("{key} = {expected}")))
    }

    pub(crate) fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        self.file.error(self.at, found, expected)
    }

    /// Its keys and values.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let file = self.file;
        self.entries.iter().map(move |(key, value)| (key.get_ref().as_ref(), Value { file, value }))
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    file: File<'a>,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    pub(crate) fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        self.file.error(self.value.span().start, found, expected)
    }

    /// That it is of another type, or out of range.
    pub(crate) fn refused(&self, expected: impl Into<String>) -> Error {
        self.error(self.shown(), expected)
    }

    /// The value as the file writes it, cut short where it is long.
    fn shown(&self) -> String {
        let written = self.file.text.get(self.value.span()).unwrap_or_default();
        let first = written.lines().next().unwrap_or_default();
        let short: String = first.chars().take(40).collect();
        let dots = if short.len() < written.len() { "..." } else { "" };
        format!("{short}{dots}, {}", article(self.value.get_ref().type_str()))
    }

    pub(crate) fn string(&self, expected: &str) -> Result<&'a str> {
        self.value.get_ref().as_str().ok_or_else(|| self.refused(expected))
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        self.value.get_ref().as_bool()
    }

    /// A whole number within a range.
    pub(crate) fn whole(&self, range: std::ops::RangeInclusive<u64>) -> Result<u64> {
        let expected = || self.refused(format!("a whole number from {} to {}", range.start(), range.end()));
        let number = self.value.get_ref().as_integer().and_then(|number| {
            // A sign of + is allowed and from_str_radix knows it.
            u64::from_str_radix(number.as_str(), number.radix()).ok()
        });
        number.filter(|number| range.contains(number)).ok_or_else(expected)
    }

    /// A finite number.
    pub(crate) fn number(&self) -> Result<f64> {
        let number = match self.value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => widened(integer),
            _ => None,
        };
        number.filter(|number| number.is_finite()).ok_or_else(|| self.refused("a finite number"))
    }

    /// The elements of an array.
    pub(crate) fn array(&self, expected: &str) -> Result<impl ExactSizeIterator<Item = Value<'a>> + use<'a>> {
        let array: &'a DeArray<'a> = self.value.get_ref().as_array().ok_or_else(|| self.refused(expected))?;
        let file = self.file;
        Ok(array.iter().map(move |value| Value { file, value }))
    }

    /// A table of these keys.
    pub(crate) fn table(&self, expected: &str, known: &[&str]) -> Result<Table<'a>> {
        let entries = self.value.get_ref().as_table().ok_or_else(|| self.refused(expected))?;
        Table::new(self.file, self.value.span().start, entries, known)
    }

    /// A table of keys that `check` does not refuse; it is given each with where it stands.
    pub(crate) fn table_with(
        &self,
        expected: &str,
        check: impl FnOnce(&[(&str, usize)]) -> Result<()>,
    ) -> Result<Table<'a>> {
        let entries = self.value.get_ref().as_table().ok_or_else(|| self.refused(expected))?;
        let keys: Vec<(&str, usize)> =
            entries.iter().map(|(key, _)| (key.get_ref().as_ref(), key.span().start)).collect();
        check(&keys)?;
        Ok(Table { file: self.file, at: self.value.span().start, entries })
    }

    /// Where it stands.
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        self.value.span()
    }

    /// The text of a string, or the digits of a number as Rust reads them.
    pub(crate) fn number_or_string(&self) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Float(float) => Some(float.as_str().to_owned()),
            DeValue::Integer(whole) => {
                i128::from_str_radix(whole.as_str(), whole.radix()).ok().map(|whole| whole.to_string())
            }
            _ => None,
        }
    }

    pub(crate) fn is_string(&self) -> bool {
        self.value.get_ref().is_str()
    }
}

fn widened(integer: &DeInteger<'_>) -> Option<f64> {
    i128::from_str_radix(integer.as_str(), integer.radix()).ok().map(|whole| whole as f64)
}

/// `a string`, `an array`.
fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
