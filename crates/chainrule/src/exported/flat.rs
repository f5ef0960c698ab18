//! Numbers of a list, or of lists in it, one behind the other; nothing else of them is kept while they are read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

/// (outputs, inputs) of a dense layer, or (width) of a normalisation.
#[derive(Debug)]
pub(super) struct Flat(pub(super) Vec<f64>);

impl<'de> serde::Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut values = Vec::new();
        deserializer.deserialize_seq(Behind(&mut values))?;
        Ok(Flat(values))
    }
}

/// Puts numbers behind those that there are.
struct Behind<'a>(&'a mut Vec<f64>);

impl<'de> DeserializeSeed<'de> for Behind<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Behind<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers, or lists of them")
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.push(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push(value as f64);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push(value as f64);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Behind(self.0))?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Flat;

    #[test]
    fn numbers_stand_behind_one_another_and_nothing_else_is_taken() {
        let of = |json: &str| serde_json::from_str::<Flat>(json).map(|flat| flat.0).ok();
        assert_eq!(of("[[1, -2], [0.5, 3e2]]"), Some(vec![1.0, -2.0, 0.5, 300.0]));
        assert_eq!(of("[1, 2.5]"), Some(vec![1.0, 2.5]));
        assert_eq!(of("[]"), Some(Vec::new()));
        for json in ["1", "[\"a\"]", "[null]", "[{}]", "[1", "[true]"] {
            assert_eq!(of(json), None, "{json}");
        }
        assert_eq!(of(&"[".repeat(100_000)), None);
    }
}
