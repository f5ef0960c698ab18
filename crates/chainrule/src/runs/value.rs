//! The value of a setting, as text of an option and as TOML.

use crate::Result;
use crate::located::Value as Located;

/// The value of a setting.
///
/// ```
/// use chainrule::runs::SettingValue;
///
/// assert_eq!(SettingValue::One("1e-4".to_owned()).to_toml(), "1e-4");
/// assert_eq!(SettingValue::One("adam".to_owned()).to_toml(), "\"adam\"");
/// assert_eq!(SettingValue::One("128,64".to_owned()).to_toml(), "[128, 64]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// A switch: on or off.
    Switch(bool),
    /// A number or a text, as an option takes it. Numbers with commas between them are an array in TOML.
    One(String),
    /// Several texts: names of columns.
    Many(Vec<String>),
}

impl SettingValue {
    /// As TOML writes it.
    pub fn to_toml(&self) -> String {
        let array = |parts: &mut dyn Iterator<Item = &str>| {
            let parts: Vec<String> = parts.map(scalar).collect();
            format!("[{}]", parts.join(", "))
        };
        match self {
            SettingValue::Switch(on) => on.to_string(),
            SettingValue::Many(texts) => array(&mut texts.iter().map(String::as_str)),
            SettingValue::One(text) if text.contains(',') && text.split(',').all(is_number) => {
                array(&mut text.split(','))
            }
            SettingValue::One(text) => scalar(text),
        }
    }

    /// As an option takes it: parts with commas between them.
    pub fn to_text(&self) -> String {
        match self {
            SettingValue::Switch(on) => on.to_string(),
            SettingValue::One(text) => text.clone(),
            SettingValue::Many(texts) => texts.join(","),
        }
    }

    pub(super) fn of(value: &Located<'_>) -> Result<Self> {
        const EXPECTED: &str = "a text, a number, true or false, or an array of texts or numbers";
        if let Some(on) = value.boolean() {
            return Ok(SettingValue::Switch(on));
        }
        match value.number_or_string() {
            Some(text) => Ok(SettingValue::One(text)),
            None => {
                let texts = value.array(EXPECTED)?;
                let text = |value: Located<'_>| value.number_or_string().ok_or_else(|| value.refused(EXPECTED));
                Ok(SettingValue::Many(texts.map(text).collect::<Result<_>>()?))
            }
        }
    }
}

/// Whether TOML writes it as a number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = digits.split_once('e').map_or((digits, None), |(m, e)| (m, Some(e)));
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // 007 is a text: its zeros tell.
    let is_whole = all_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let is_exponent = exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix('-').unwrap_or(exponent)));
    // TOML's whole numbers end at 2^63.
    let fits = part.is_some() || exponent.is_some() || text.parse::<i64>().is_ok();
    is_whole && part.is_none_or(all_digits) && is_exponent && fits
}

fn scalar(text: &str) -> String {
    if is_number(text) { text.to_owned() } else { quoted(text) }
}

/// A text between quotes: <https://toml.io/en/v1.0.0#string>.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_bare_and_what_only_looks_like_one_is_a_text() {
        for number in ["0", "-1", "42", "0.5", "1e-4", "2.5e10", "-0.0"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["", "-", "007", "1.", ".5", "1e", "0x10", "inf", "nan", "+1", "1_000", "9999999999999999999"] {
            assert!(!is_number(text), "{text}");
        }
        assert_eq!(quoted("a \"b\" \\ \n"), r#""a \"b\" \\ \u000A""#);
    }
}
