//! One array among those of a file: `file.npz:key`.

use std::path::{Path, PathBuf};

/// Endings of files that hold several arrays by name.
const CONTAINERS: [&str; 2] = [".npz", ".safetensors"];

/// A file, and the name of what is meant in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) path: PathBuf,
    pub(super) key: Option<String>,
}

impl Member {
    /// Takes `file.npz:key` apart, unless a file has that name.
    pub(super) fn of(path: &Path) -> Self {
        let whole = || Member { path: path.to_path_buf(), key: None };
        let Some(text) = path.to_str().filter(|_| !path.exists()) else { return whole() };
        let end = CONTAINERS.iter().filter_map(|ending| {
            let at = text.to_ascii_lowercase().find(&format!("{ending}:"))?;
            Some(at + ending.len())
        });
        match end.min() {
            Some(end) => Member { path: text[..end].into(), key: Some(text[end + 1..].to_owned()) },
            None => whole(),
        }
    }
}

/// `a (1797, 64), b (1797,)`: what a file holds, not more than fits a line or two.
#[cfg(feature = "npy")]
pub(super) fn listed(arrays: &[(String, String)]) -> String {
    const SHOWN: usize = 20;
    let some: Vec<String> = arrays
        .iter()
        .take(SHOWN)
        .map(|(name, shape)| {
            let name: String = name.chars().take(60).flat_map(char::escape_debug).collect();
            format!("{name} {shape}")
        })
        .collect();
    let more = if arrays.len() > SHOWN { format!(", ... of {}", arrays.len()) } else { String::new() };
    format!("{}{more}", some.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_behind_the_file() {
        let of = |text: &str| {
            let Member { path, key } = Member::of(Path::new(text));
            (path.display().to_string(), key)
        };
        assert_eq!(of("/no/x.npz:a/b:c"), ("/no/x.npz".to_owned(), Some("a/b:c".to_owned())));
        assert_eq!(of("X.NPZ:"), ("X.NPZ".to_owned(), Some(String::new())));
        assert_eq!(of("C:\\x.safetensors:w"), ("C:\\x.safetensors".to_owned(), Some("w".to_owned())));
        for text in ["x.npz", "x.csv:a", "mnist:x"] {
            assert_eq!(of(text), (text.to_owned(), None));
        }
    }
}
