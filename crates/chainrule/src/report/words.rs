//! How numbers, names and commands are written on a page.

use chainrule_kernel::Scalar;

use crate::Model;

/// Words as a shell takes them.
pub(crate) fn shell(words: &[String]) -> String {
    let is_plain =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_=.,:/+@%".contains(c));
    let word = |word: &String| match is_plain(word) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A number with five digits that count.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    match () {
        () if value == 0.0 => "0".to_owned(),
        () if !(1e-4..1e7).contains(&size) => format!("{value:.3e}"),
        () => {
            let digits = (4 - size.log10().floor() as i32).clamp(0, 8) as usize;
            format!("{value:.digits$}")
        }
    }
}

/// A number that a model answers: with the seven digits that its outputs may have, where it is large all before the point.
pub(crate) fn value_answered(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !(1e-4..1e15).contains(&size) {
        return number(value);
    }
    let digits = (6 - size.log10().floor() as i32).clamp(0, 8) as usize;
    format!("{value:.digits$}")
}

/// A number that was read: as it stands there, or where that is long with five digits that count.
pub(crate) fn value_read(value: f64) -> String {
    const LONGEST: usize = 12;
    // Without the sign of -0.
    let text = (value + 0.0).to_string();
    if text.len() <= LONGEST { text } else { number(value) }
}

/// Of a value that was narrowed and brought back the shortest decimal near it that is taken for it, or itself.
pub(crate) fn read_back(value: f64, is_it: impl Fn(f64) -> bool) -> f64 {
    const PLACES: i32 = 15;
    let rounded = |places: i32| {
        let factor = 10f64.powi(places.abs());
        if places < 0 { (value / factor).round() * factor } else { (value * factor).round() / factor }
    };
    let digits = value.abs().log10().clamp(0.0, 300.0) as i32;
    (-digits..=PLACES).map(rounded).find(|value| is_it(*value)).unwrap_or(value)
}

/// A share in per cent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// What the classes are called; of one question no and yes.
pub(crate) fn class_name<T: Scalar>(model: &Model<T>, class: usize) -> String {
    let answers = || model.target.answers().and_then(|answers| answers.get(class).map(|&name| name.to_owned()));
    let name = model.class_names.as_ref().and_then(|names| names.get(class).cloned());
    name.or_else(answers).unwrap_or_else(|| class.to_string())
}

/// What an output is called: its target.
pub(crate) fn output_name<T: Scalar>(model: &Model<T>, output: usize) -> String {
    let numbered = || format!("output {}", output + 1);
    model.target.names().get(output).cloned().unwrap_or_else(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_five_digits() {
        for (value, want) in
            [(0.0, "0"), (0.123456, "0.12346"), (-12.3456, "-12.346"), (123_456.7, "123457"), (1e-9, "1.000e-9")]
        {
            assert_eq!(number(value), want);
        }
        let answers = [0.0, 0.123_456_789, -8_643.882_65, 1.7e9, 2e15, 1e-9].map(value_answered);
        assert_eq!(answers, ["0", "0.1234568", "-8643.883", "1700000000", "2.000e15", "1.000e-9"]);
    }

    #[test]
    fn a_value_that_was_narrowed_is_the_shortest_decimal_that_it_may_have_been() {
        for read in [0.0, 34.0, -0.07, 1234.5678, 22.554, 5e8] {
            let narrow = |value: f64| ((value - 31.7) / 9.1) as f32;
            let back = f64::from(narrow(read)) * 9.1 + 31.7;
            assert_ne!((back, read), (read, 0.0), "brought back, 0 is no longer 0");
            assert_eq!(read_back(back, |value| narrow(value) == narrow(read)), read);
        }
        assert_eq!(read_back(0.3, |_| false), 0.3);
        assert_eq!([value_read(-0.0), value_read(22.554), value_read(0.123_456_789_012)], ["0", "22.554", "0.12346"]);
    }

    #[test]
    fn a_command_can_be_copied_into_a_shell() {
        let words = ["train", "--data", "my houses.csv", "--target", "it's"].map(str::to_owned);
        assert_eq!(shell(&words), r"train --data 'my houses.csv' --target 'it'\''s'");
    }
}
