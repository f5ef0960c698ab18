//! JSON looked over before anything is made of it: no key twice in an object, of which a parser would keep the last
//! without a word, and no more entries and elements than a file that means what it says can have. Nothing is kept, so
//! looking costs no more memory than the keys of an object.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    /// In one object.
    pub(super) entries: usize,
    /// In one list.
    pub(super) elements: usize,
}

/// Says what is wrong with a text that is no JSON, repeats a key or holds too much.
pub(super) fn check_json(text: &str, most: Most) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    most.deserialize(&mut reader)?;
    reader.end()
}

/// As [`check_json`], of any size: for a text that a checksum covers.
pub(crate) fn check_keys(text: &str) -> Result<(), serde_json::Error> {
    check_json(text, Most { entries: usize::MAX, elements: usize::MAX })
}

impl<'de> DeserializeSeed<'de> for Most {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Most {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut elements = 0;
        while list.next_element_seed(self)?.is_some() {
            elements += 1;
            if elements > self.elements {
                return Err(A::Error::custom(format!("a list of more than {} elements", self.elements)));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if keys.len() == self.entries {
                return Err(A::Error::custom(format!("an object of more than {} entries", self.entries)));
            }
            if keys.contains(&key) {
                let shown: String = key.chars().take(60).collect();
                return Err(A::Error::custom(format!("the key {shown:?} twice")));
            }
            keys.insert(key);
            object.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_and_too_many_of_anything_are_refused_at_any_depth() {
        let check = |text: &str| check_json(text, Most { entries: 2, elements: 3 }).map_err(|error| error.to_string());
        check(r#"{"a": [1, -2, 0.5], "b": {"a": null, "b": [true, "x\n"]}}"#).unwrap();
        for (text, why) in [
            (r#"{"a": 1, "a": 2}"#, "the key \"a\" twice"),
            (r#"[{"x": {"a": 1, "\u0061": 2}}]"#, "the key \"a\" twice"),
            (r#"{"a": 1, "b": 2, "c": 3}"#, "an object of more than 2 entries"),
            ("[[1, 2, 3, 4]]", "a list of more than 3 elements"),
            ("[1] 2", "trailing characters"),
            ("[1", "EOF"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(check(&"[".repeat(100_000)).unwrap_err().contains("recursion limit"));
    }
}
