//! What a run's folder holds as text: settings and epochs.
//!
//! Settings that are accepted are written to a new file, and into the old one, and both say the same again; with one value
//! changed and one setting gone the old file says exactly that. Epochs are the cells of their lines.

use super::ORIGIN;
use chainrule::runs::{ConfigText, EpochMetrics, KnownSection, Section, Setting, SettingValue, read_metrics, to_toml};

fn known() -> Vec<KnownSection> {
    let section = |name: &str, keys: &[&str]| {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        KnownSection { name: name.to_owned(), keys }
    };
    vec![section("data", &["data", "target", "drop"]), section("training", &["lr", "epochs", "hidden", "nesterov"])]
}

/// The section of each key of [`known`].
fn section_of(key: &str) -> &'static str {
    if ["data", "target", "drop"].contains(&key) { "data" } else { "training" }
}

type Said = Vec<(String, String)>;

/// What a file says, whatever the order.
fn said(text: &str) -> Said {
    let parsed = ConfigText::parse(ORIGIN, text, &known()).expect("what was written is read");
    sorted(&parsed.settings().into_iter().cloned().collect::<Vec<_>>())
}

fn sorted(settings: &[Setting]) -> Said {
    let mut said: Said = settings.iter().map(|setting| (setting.key.clone(), setting.value.to_text())).collect();
    said.sort();
    said
}

fn sections(settings: &[Setting]) -> Vec<Section> {
    let of = |name: &str| settings.iter().filter(|setting| section_of(&setting.key) == name).cloned().collect();
    ["data", "training"].map(|name| Section::new(name, of(name))).into()
}

pub(crate) fn settings(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(parsed) = ConfigText::parse(ORIGIN, text, &known()) else { return false };
    let mut settings: Vec<Setting> = parsed.settings().into_iter().cloned().collect();
    let as_read = sorted(&settings);
    assert_eq!(said(&to_toml("A run.", &sections(&settings))), as_read, "a new file");
    assert_eq!(said(&parsed.with(&sections(&settings))), as_read, "the same file");
    settings.truncate(settings.len().max(1) - 1);
    if let Some(first) = settings.first_mut() {
        *first = Setting::new(&first.key, SettingValue::One("7\n\"".to_owned()));
    }
    assert_eq!(said(&parsed.with(&sections(&settings))), sorted(&settings), "a changed file");
    true
}

pub(crate) fn metrics(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(epochs) = read_metrics(ORIGIN, text) else { return false };
    let whole = &text[..text.rfind('\n').expect("a header") + 1];
    let lines: Vec<&str> = whole.split_terminator('\n').skip(1).collect();
    assert_eq!(epochs.len(), lines.len());
    for (epoch, line) in epochs.iter().zip(lines) {
        compare(epoch, &line.split(',').collect::<Vec<_>>());
    }
    true
}

fn compare(epoch: &EpochMetrics, cells: &[&str]) {
    let number = |at: usize| (!cells[at].is_empty()).then(|| cells[at].parse::<f64>().expect("a number").to_bits());
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    assert_eq!((epoch.epoch.to_string(), epoch.step.to_string()), (whole(cells[0]), whole(cells[1])));
    assert_eq!((bits(Some(epoch.train_loss)), bits(Some(epoch.seconds))), (number(2), number(9)));
    let others =
        [epoch.train_accuracy, epoch.val_loss, epoch.val_accuracy, epoch.val_mae, epoch.val_r2, epoch.learning_rate];
    assert_eq!(others.map(bits), [3, 4, 5, 6, 7, 8].map(number));
}

/// A whole number without what may stand before it.
fn whole(text: &str) -> String {
    let digits = text.trim_start_matches('+').trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}
