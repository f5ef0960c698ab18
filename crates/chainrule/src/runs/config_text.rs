//! A file of settings that people write and change: what it says, and the same file with other values, whose comments and
//! order stay.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::config::{Section, Setting, to_toml};
use super::value::SettingValue;
use crate::located::{File, Table};
use crate::nearest::nearest;
use crate::{Error, Place, Result};

/// The longest file that is read.
const LONGEST: u64 = 1 << 20;

/// Which settings a file may have.
///
/// ```
/// use chainrule::runs::KnownSection;
///
/// let training = KnownSection { name: "training".to_owned(), keys: vec!["lr".to_owned(), "epochs".to_owned()] };
/// assert!(training.keys.iter().any(|key| key == "lr"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSection {
    /// Its name.
    pub name: String,
    /// The keys that it may have.
    pub keys: Vec<String>,
}

/// A file of settings. Every key stands in a section; `[run]` says what a run was and is passed over where the run is made again.
///
/// ```
/// use chainrule::runs::{ConfigText, KnownSection};
///
/// let known = [KnownSection { name: "training".to_owned(), keys: vec!["epochs".to_owned(), "lr".to_owned()] }];
/// let text = ConfigText::parse("c.toml", "[training]\nepochs = 5 # a few\n", &known)?;
/// assert_eq!(text.settings()[0].value.to_text(), "5");
///
/// let error = ConfigText::parse("c.toml", "[training]\nepoch = 5\n", &known).unwrap_err().to_string();
/// assert!(error.contains("line 2") && error.contains("did you mean \"epochs\"?"), "{error}");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigText {
    text: String,
    known: Vec<KnownSection>,
    /// In the order of the file.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    section: String,
    setting: Setting,
    /// Where its value stands.
    value: Range<usize>,
}

/// What a run was, rather than how it is made.
pub(super) const RUN: &str = "run";

impl ConfigText {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is longer than 1 MiB or no UTF-8, and those of [`ConfigText::parse`].
    pub fn open(path: impl AsRef<Path>, known: &[KnownSection]) -> Result<Self> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &read_text(path)?, known)
    }

    /// Reads the text of a file; errors name `origin`.
    ///
    /// # Errors
    /// [`Error::Format`] with the line, when it is no TOML, a section or a key is unknown, or a value is neither text nor number,
    /// switch or an array of these.
    pub fn parse(origin: &str, text: &str, known: &[KnownSection]) -> Result<Self> {
        let file = File { origin, text };
        let table = file.parse()?;
        let names: Vec<&str> = known.iter().map(|section| section.name.as_str()).chain([RUN]).collect();
        refuse_bare_keys(file, &names, known)?;
        let whole = Table::new(file, 0, table.get_ref(), &names)?;
        let mut entries = Vec::new();
        for KnownSection { name, keys } in known {
            let Some(section) = whole.get(name) else { continue };
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let others: Vec<&KnownSection> = known.iter().filter(|other| other.name != *name).collect();
            let section = section.table_with("a section, [training] for example", |entries| {
                refuse_misplaced(file, name, entries, &keys, &others)
            })?;
            for (key, value) in section.entries() {
                let setting = Setting::new(key, SettingValue::of(&value)?);
                entries.push(Entry { section: name.clone(), setting, value: value.span() });
            }
        }
        entries.sort_by_key(|entry| entry.value.start);
        Ok(ConfigText { text: text.to_owned(), known: known.to_vec(), entries })
    }

    /// The settings, in the order of the file.
    pub fn settings(&self) -> Vec<&Setting> {
        self.entries.iter().map(|entry| &entry.setting).collect()
    }

    /// The file with these settings: values that are other ones are replaced, settings that it lacks are added at the end of their
    /// section; everything else stays as it is, comments among it. Settings of the file that are not among these are marked as a
    /// comment. A file that is written so that this cannot be done, with dotted keys for example, becomes a new one.
    pub fn with(&self, sections: &[Section]) -> String {
        let text = self.changed(sections);
        let values =
            |section: &str, setting: &Setting| (section.to_owned(), setting.key.clone(), setting.value.to_text());
        let own = sections.iter().filter(|section| section.name != RUN);
        let wanted = own.flat_map(|section| section.settings.iter().map(|setting| values(&section.name, setting)));
        let mut wanted: Vec<_> = wanted.collect();
        wanted.sort();
        let is_as_wanted = ConfigText::parse("the new file", &text, &self.known).is_ok_and(|new| {
            let mut found: Vec<_> = new.entries.iter().map(|entry| values(&entry.section, &entry.setting)).collect();
            found.sort();
            found == wanted
        });
        if is_as_wanted { text } else { to_toml("", sections) }
    }

    fn changed(&self, sections: &[Section]) -> String {
        // `[run]` is of the run alone.
        let mut text = self.text.clone();
        let find = |entry: &Entry| {
            let section = sections.iter().find(|section| section.name == entry.section)?;
            section.settings.iter().find(|setting| setting.key == entry.setting.key)
        };
        for entry in self.entries.iter().rev() {
            match find(entry) {
                Some(setting) if setting.value.to_text() == entry.setting.value.to_text() => {}
                Some(setting) => text.replace_range(entry.value.clone(), &setting.value.to_toml()),
                None => {
                    let line = text[..entry.value.start].rfind('\n').map_or(0, |newline| newline + 1);
                    let commented = text[line..entry.value.end].replace('\n', "\n# ");
                    text.replace_range(line..entry.value.end, &format!("# not used: {commented}"));
                }
            }
        }
        for section in sections {
            let is_there = |setting: &&Setting| {
                let same = |entry: &&Entry| entry.section == section.name && entry.setting.key == setting.key;
                section.name != RUN && self.entries.iter().any(|entry| same(&entry))
            };
            let lines: String =
                section.settings.iter().filter(|setting| !is_there(setting)).map(Setting::to_toml).collect();
            if section.name == RUN {
                text = without_section(&text, RUN);
            }
            if !lines.is_empty() {
                text = with_lines(&text, &section.name, &lines);
            }
        }
        text
    }
}

/// The text of a file of settings or figures, bounded.
pub(super) fn read_text(path: &Path) -> Result<String> {
    let origin = path.display().to_string();
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(Error::io("read", path))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::format(&origin, Place::Byte(LONGEST), "more bytes", format!("at most {LONGEST} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let found = format!("{:#04x}", error.as_bytes()[at]);
        Error::format(&origin, Place::Byte(at as u64), found, "text in UTF-8")
    })
}

/// The lines of the section's header, as they are written: `[training]`.
fn header_line(text: &str, name: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.split('#').next().unwrap_or_default().trim();
        let inside = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if inside.is_some_and(|inside| inside.trim().trim_matches(['"', '\'']) == name) {
            return Some(start..start + line.len());
        }
        start += line.len();
    }
    None
}

/// Where the section ends, whose header ends at `from`: before the next header and the comments above it.
fn end_of_section(text: &str, from: usize) -> usize {
    let mut at = from;
    let mut end = from;
    for line in text[from..].split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with('[') && bare.split('#').next().unwrap_or_default().trim_end().ends_with(']') {
            return end;
        }
        at += line.len();
        if !bare.is_empty() && !bare.starts_with('#') {
            end = at;
        }
    }
    text.len()
}

fn with_lines(text: &str, name: &str, lines: &str) -> String {
    let newline = |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    match header_line(text, name) {
        Some(header) => {
            let end = end_of_section(text, header.end);
            let (before, behind) = text.split_at(end);
            format!("{before}{}{lines}{behind}", newline(before))
        }
        None if text.is_empty() || text.ends_with("\n\n") => format!("{text}[{name}]\n{lines}"),
        None => format!("{text}{}\n[{name}]\n{lines}", newline(text)),
    }
}

fn without_section(text: &str, name: &str) -> String {
    match header_line(text, name) {
        Some(header) => {
            let end = end_of_section(text, header.end);
            format!("{}{}", &text[..header.start], text[end..].trim_start_matches('\n'))
        }
        None => text.to_owned(),
    }
}

/// Refuses keys that stand before the first section, with the section that they are of.
fn refuse_bare_keys(file: File<'_>, names: &[&str], known: &[KnownSection]) -> Result<()> {
    let table = file.parse()?;
    let bare = table.get_ref().iter().map(|(key, _)| key).filter(|key| !names.contains(&key.get_ref().as_ref()));
    for key in bare {
        if let Some(section) = known.iter().find(|section| section.keys.iter().any(|known| known == key.get_ref())) {
            let found = format!("{:?} before any section", key.get_ref());
            return Err(file.error(key.span().start, found, format!("it below [{}]", section.name)));
        }
    }
    Ok(())
}

/// Refuses keys that the section does not have: with the section that has one, or else the nearest one here.
fn refuse_misplaced(
    file: File<'_>,
    name: &str,
    found: &[(&str, usize)],
    keys: &[&str],
    others: &[&KnownSection],
) -> Result<()> {
    let Some((key, at)) = found.iter().filter(|(key, _)| !keys.contains(key)).min_by_key(|(_, at)| *at) else {
        return Ok(());
    };
    if let Some(other) = others.iter().find(|other| other.keys.iter().any(|known| known == key)) {
        return Err(file.error(*at, format!("{key:?} in [{name}]"), format!("it in [{}]", other.name)));
    }
    let all: Vec<&str> = others.iter().flat_map(|other| other.keys.iter().map(String::as_str)).collect();
    let meant = nearest(key, keys).or_else(|| nearest(key, &all));
    let meant = meant.map(|meant| format!(", did you mean {meant:?}?")).unwrap_or_default();
    Err(file.error(*at, format!("unknown key {key:?}{meant}"), format!("one of {}", keys.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<KnownSection> {
        let section = |name: &str, keys: &[&str]| {
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            KnownSection { name: name.to_owned(), keys }
        };
        vec![section("data", &["target", "drop"]), section("training", &["lr", "epochs", "hidden", "nesterov"])]
    }

    fn setting(key: &str, text: &str) -> Setting {
        Setting::new(key, SettingValue::One(text.to_owned()))
    }

    const TEXT: &str = "# mine\n[training] # steps\nepochs = 0x10 # a few\nlr = 1e-3\nhidden = [\n  8, # first\n  4,\n]\n\n\
                        # about data\n[data]\n\"target\" = 'price'\ndrop = [\"a b\", 3]\n[run]\ndate = 1979-05-27\n";

    #[test]
    fn every_way_to_write_a_value_is_read() {
        let text = ConfigText::parse("c", TEXT, &known()).unwrap();
        let read: Vec<(&str, String)> =
            text.settings().iter().map(|setting| (setting.key.as_str(), setting.value.to_text())).collect();
        let want = [("epochs", "16"), ("lr", "1e-3"), ("hidden", "8,4"), ("target", "price"), ("drop", "a b,3")];
        assert_eq!(read, want.map(|(key, value)| (key, value.to_owned())));
    }

    #[test]
    fn comments_and_order_stay_where_values_change() {
        let text = ConfigText::parse("c", TEXT, &known()).unwrap();
        let data = Section::new("data", vec![setting("target", "price")]);
        let training =
            vec![setting("lr", "0.5"), setting("hidden", "8,4"), setting("epochs", "16"), setting("nesterov", "1")];
        let run = Section::new("run", vec![setting("version", "9")]);
        let new = text.with(&[data, Section::new("training", training), run]);
        let want = "# mine\n[training] # steps\nepochs = 0x10 # a few\nlr = 0.5\nhidden = [\n  8, # first\n  4,\n]\n\
                    nesterov = 1\n\n# about data\n[data]\n\"target\" = 'price'\n# not used: drop = [\"a b\", 3]\n\n\
                    [run]\nversion = 9\n";
        assert_eq!(new, want);
        let again = ConfigText::parse("c", &new, &known()).unwrap();
        assert_eq!(again.settings().len(), 5);
    }

    #[test]
    fn a_file_that_lines_cannot_be_added_to_becomes_a_new_one() {
        let sections = [Section::new("training", vec![setting("lr", "0.5"), setting("epochs", "2")])];
        for text in ["training.lr = 0.5 # mine\n", "training = { lr = 0.5 } # mine\n"] {
            let new = ConfigText::parse("c", text, &known()).unwrap().with(&sections);
            assert_eq!(new, "\n[training]\nlr = 0.5\nepochs = 2\n", "{text}");
        }
        // In the place that TOML gives it.
        let new = ConfigText::parse("c", "[ 'training' ]\n", &known()).unwrap().with(&sections);
        assert_eq!(ConfigText::parse("c", &new, &known()).unwrap().settings().len(), 2);
    }

    #[test]
    fn what_is_not_known_is_refused_with_where_it_stands_and_what_is_near() {
        for (text, words) in [
            (
                "[training]\nlr = 1\nepoch = 3\n",
                "line 3, column 1: found unknown key \"epoch\", did you mean \"epochs\"?",
            ),
            ("[data]\nlr = 1\n", "line 2, column 1: found \"lr\" in [data], expected it in [training]"),
            ("lr = 1\n", "line 1, column 1: found \"lr\" before any section, expected it below [training]"),
            ("[trainin]\nlr = 1\n", "did you mean \"training\"?"),
            ("[data]\ntargt = 1\n", "did you mean \"target\"?"),
            ("[training]\nlr = 1979-05-27\n", "line 2, column 6"),
            ("[training]\nhidden = [[1]]\n", "expected a text, a number"),
            ("training = 3\n", "expected a section"),
            ("[training\n", "no TOML"),
        ] {
            let error = ConfigText::parse("c", text, &known()).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
