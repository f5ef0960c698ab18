//! Formats a number with a given number of significant digits and without trailing zeros.

/// At most `digits` significant digits, zeros at the end left out; `2.51779e-8` where a row of zeros would come first.
/// 0 has no sign: what a mask multiplies by 0 may be -0, which means nothing to a reader.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::significant;
/// assert_eq!([0.3, 8.07, -1.0 / 3.0].map(|x| significant(x, 4)), ["0.3", "8.07", "-0.3333"]);
/// assert_eq!([1e-8, 123456.7, -0.0].map(|x| significant(x, 4)), ["1e-8", "1.235e5", "0"]);
/// ```
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let digits = digits.max(1);
    // Rounded first: 9.9996 with four digits is 10, whose exponent is 1.
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("the form of {:e}");
    let exponent: i32 = exponent.parse().expect("a whole number");
    // Whole numbers stay whole, 1797 with three digits too.
    let is_small_and_whole = value.fract() == 0.0 && value.abs() < 1e6;
    match exponent {
        _ if is_small_and_whole => format!("{value}"),
        -4.. if exponent < digits as i32 => {
            let decimals = (digits as i32 - 1 - exponent) as usize;
            trimmed(&format!("{value:.decimals$}")).to_owned()
        }
        _ => format!("{}e{exponent}", trimmed(mantissa)),
    }
}

/// As a person writes a setting: `0.1`, `1e-8`. Rounded to 12 digits: 1 - 0.9 is meant to be 0.1.
pub(crate) fn brief(value: f64) -> String {
    significant(value, 12)
}

/// A number as it stands in LaTeX: `2.5 \cdot 10^{-8}`.
pub(crate) fn latex(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
        None if text == "NaN" => "\\text{NaN}".to_owned(),
        None => text.replace("inf", "\\infty"),
    }
}

/// Without the zeros that end a fraction.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_from_the_first_that_is_not_0() {
        let show = |value| significant(value, 6);
        assert_eq!(show(30.37543), "30.3754");
        assert_eq!(show(0.12240446941668841), "0.122404");
        assert_eq!(show(-0.00110581893), "-0.00110582");
        assert_eq!(show(2.51779054178964e-8), "2.51779e-8");
        assert_eq!(show(9.9999996), "10");
        assert_eq!(show(0.99999996), "1");
        assert_eq!(show(999999.6), "1e6");
        assert_eq!(show(0.000123), "0.000123");
        assert_eq!(show(0.0000123), "1.23e-5");
        assert_eq!(significant(30.37543, 8), "30.37543");
    }

    #[test]
    fn whole_numbers_stay_whole_and_the_rest_is_named() {
        assert_eq!([1797.0, -12.0, 0.0, -0.0].map(|x| significant(x, 2)), ["1797", "-12", "0", "0"]);
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|x| significant(x, 2)), ["NaN", "inf", "-inf"]);
        assert_eq!(significant(f64::MAX, 3), "1.8e308");
        assert_eq!(significant(5e-324, 1), "5e-324");
    }

    #[test]
    fn what_is_shown_reads_back_within_its_last_digit() {
        let mut value = 1.2345678912345e-9;
        for _ in 0..60 {
            for digits in 1..=17 {
                let back: f64 = significant(value, digits).parse().unwrap();
                let half = 0.5 * 10f64.powi(1 - digits as i32) * 10f64.powf(value.abs().log10().floor());
                assert!(
                    (back - value).abs() <= half * 1.001 + value.abs() * f64::EPSILON,
                    "{value} with {digits}: {back}"
                );
            }
            value *= -2.1;
        }
    }

    #[test]
    fn settings_lose_the_dust_of_binary() {
        assert_eq!([0.1, 1.0 - 0.9, 1e-8, 32.0].map(brief), ["0.1", "0.1", "1e-8", "32"]);
    }

    #[test]
    fn powers_of_ten_and_infinity_have_signs_of_their_own_in_latex() {
        let shown = ["1.5", "-2e-8", "NaN", "-inf"].map(latex);
        assert_eq!(shown, ["1.5", "-2 \\cdot 10^{-8}", "\\text{NaN}", "-\\infty"]);
    }
}
