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

/// A share in per cent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// What the classes are called.
pub(crate) fn class_name<T: Scalar>(model: &Model<T>, class: usize) -> String {
    model.class_names.as_ref().and_then(|names| names.get(class).cloned()).unwrap_or_else(|| class.to_string())
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
    }

    #[test]
    fn a_command_can_be_copied_into_a_shell() {
        let words = ["train", "--data", "my houses.csv", "--target", "it's"].map(str::to_owned);
        assert_eq!(shell(&words), r"train --data 'my houses.csv' --target 'it'\''s'");
    }
}
