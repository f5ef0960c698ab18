//! The settings of a run as a file for people: sections, and a comment on each setting.

use super::value::SettingValue;

/// A setting, with what a reader has to know of it.
///
/// ```
/// use chainrule::runs::{Setting, SettingValue};
///
/// let setting = Setting::new("epochs", SettingValue::One("20".to_owned())).says("Number of passes over the rows");
/// assert_eq!(setting.to_toml(), "# Number of passes over the rows\nepochs = 20\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Its key: letters, digits, `-` and `_`.
    pub key: String,
    /// Its value.
    pub value: SettingValue,
    /// What it is, and in which forms it may be written.
    pub words: String,
}

/// Settings that belong together.
///
/// ```
/// use chainrule::runs::{Section, Setting, SettingValue};
///
/// let lr = Setting::new("lr", SettingValue::One("0.1".to_owned()));
/// assert_eq!(Section::new("training", vec![lr]).to_toml(), "[training]\nlr = 0.1\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its settings, in the order of the file.
    pub settings: Vec<Setting>,
}

/// The characters of a line of comment.
const WIDTH: usize = 110;

impl Setting {
    /// One without words.
    pub fn new(key: &str, value: SettingValue) -> Self {
        Setting { key: key.to_owned(), value, words: String::new() }
    }

    /// The same, with words: what it is, and in which forms it may be written.
    pub fn says(self, words: &str) -> Self {
        Setting { words: words.to_owned(), ..self }
    }

    /// The lines of a file.
    pub fn to_toml(&self) -> String {
        format!("{}{} = {}\n", comment(&self.words), self.key, self.value.to_toml())
    }
}

impl Section {
    /// A section of these settings.
    pub fn new(name: &str, settings: Vec<Setting>) -> Self {
        Section { name: name.to_owned(), settings }
    }

    /// The lines of a file.
    pub fn to_toml(&self) -> String {
        let settings: String = self.settings.iter().map(Setting::to_toml).collect();
        format!("[{}]\n{settings}", self.name)
    }
}

/// The text of a file of settings; `title` says what it is.
///
/// ```
/// use chainrule::runs::{Section, Setting, SettingValue, to_toml};
///
/// let seed = Setting::new("seed", SettingValue::One("7".to_owned()));
/// let text = to_toml("A run.", &[Section::new("training", vec![seed])]);
/// assert_eq!(text, "# A run.\n\n[training]\nseed = 7\n");
/// ```
pub fn to_toml(title: &str, sections: &[Section]) -> String {
    let parts: Vec<String> = sections.iter().map(Section::to_toml).collect();
    format!("{}\n{}", comment(title), parts.join("\n"))
}

fn comment(words: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
    for word in words.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&format!("#{line}\n"));
            line.clear();
        }
        line.push(' ');
        // A control character would end the comment, or be no TOML.
        line.extend(word.chars().map(|character| if character.is_control() { '?' } else { character }));
    }
    if !line.is_empty() {
        out.push_str(&format!("#{line}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_comments_are_broken_between_words() {
        let words = "some words ".repeat(30);
        let text = comment(&words);
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.starts_with("# ") && line.len() <= WIDTH + 2));
        assert_eq!(text.replace("# ", "").split_whitespace().count(), 60);
        assert_eq!(comment("a\u{7}"), "# a?\n");
    }
}
