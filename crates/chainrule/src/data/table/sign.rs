//! Signs of money and of percent at the numbers of a column: `$1,234.50`, `12.5 %`, `-3 €`. Those of a column are taken off where
//! each of its cells has the same: 5 % is 5, which a model that was told so is told again.

use serde::{Deserialize, Serialize};

use super::cell::{Decimal, MINUS, number_in_thousands};

/// A sign that stands before numbers, or behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Sign {
    #[serde(rename = "$")]
    Dollar,
    #[serde(rename = "€")]
    Euro,
    #[serde(rename = "£")]
    Pound,
    #[serde(rename = "¥")]
    Yen,
    #[serde(rename = "%")]
    Percent,
}

impl Sign {
    pub(crate) const ALL: [Sign; 5] = [Sign::Dollar, Sign::Euro, Sign::Pound, Sign::Yen, Sign::Percent];

    /// As it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Sign::Dollar => "$",
            Sign::Euro => "€",
            Sign::Pound => "£",
            Sign::Yen => "¥",
            Sign::Percent => "%",
        }
    }
}

/// A number and its sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Amount {
    pub(crate) sign: Sign,
    pub(crate) value: f64,
}

/// The amount that a cell holds whole: one sign, on one side of a number, with or without blanks between; a minus may stand on
/// either side of a sign that comes first, or brackets around both, in which accounts write what is below zero: `($5)`.
pub(crate) fn amount(cell: &[u8], decimal: Decimal) -> Option<Amount> {
    let (sign, is_negative, body) = parts(cell)?;
    let value = number_in_thousands(body, decimal)?;
    Some(Amount { sign, value: if is_negative { -value } else { value } })
}

/// The number of a cell without its sign of money or percent, and without a minus that stands before that or brackets around it;
/// any other cell as it is.
pub(crate) fn without_sign(cell: &[u8]) -> &[u8] {
    parts(cell).map_or(cell, |(_, _, body)| body)
}

/// The sign of a cell, whether a minus stands before it or brackets around it, and what is left.
fn parts(cell: &[u8]) -> Option<(Sign, bool, &[u8])> {
    if let Some(inner) = cell.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")")) {
        let (sign, is_negative, body) = signed_parts(inner.trim_ascii())?;
        let has_minus = is_negative || body.starts_with(b"-") || body.starts_with(MINUS.as_bytes());
        return (!has_minus).then_some((sign, true, body));
    }
    signed_parts(cell)
}

/// As [`parts`], without brackets.
fn signed_parts(cell: &[u8]) -> Option<(Sign, bool, &[u8])> {
    // Nearly every cell is a number, or has no sign at either end.
    let may_begin = |byte: &u8| matches!(byte, b'-' | b'+' | b'$' | b'%' | 0x80..);
    let may_end = |byte: &u8| matches!(byte, b'$' | b'%' | 0x80..);
    if !cell.first().is_some_and(may_begin) && !cell.last().is_some_and(may_end) {
        return None;
    }
    let text = std::str::from_utf8(cell).ok()?;
    let minus = text.strip_prefix('-').or_else(|| text.strip_prefix(MINUS));
    let (rest, has_minus, has_outer) = match (minus, text.strip_prefix('+')) {
        (Some(rest), _) => (rest, true, true),
        (_, Some(rest)) => (rest, false, true),
        _ => (text, false, false),
    };
    let before = |sign: Sign| Some((sign, has_minus, rest.strip_prefix(sign.text())?.trim_start()));
    let behind = |sign: Sign| Some((sign, false, text.strip_suffix(sign.text())?.trim_end()));
    let found = Sign::ALL.into_iter().find_map(before);
    let is_before = found.is_some();
    let (sign, is_negative, body) = found.or_else(|| Sign::ALL.into_iter().find_map(behind))?;
    let inner = body.strip_prefix(['-', '+']).or_else(|| body.strip_prefix(MINUS));
    let first = inner.filter(|_| !(is_before && has_outer)).unwrap_or(body);
    // No infinity, and no second minus.
    first.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',').then_some((
        sign,
        is_negative,
        body.as_bytes(),
    ))
}

/// Whether a cell is a number, with a sign of money or percent or without.
pub(crate) fn is_number(cell: &[u8], decimal: Decimal) -> bool {
    number_in_thousands(without_sign(cell), decimal).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sign_on_one_side_of_a_number_is_an_amount() {
        for (text, sign, value) in [
            ("$5", Sign::Dollar, 5.0),
            ("$1,234.50", Sign::Dollar, 1234.5),
            ("-$3.25", Sign::Dollar, -3.25),
            ("$-3.25", Sign::Dollar, -3.25),
            ("+$.5", Sign::Dollar, 0.5),
            ("€ 3", Sign::Euro, 3.0),
            ("3\u{a0}€", Sign::Euro, 3.0),
            ("£2e3", Sign::Pound, 2000.0),
            ("¥100", Sign::Yen, 100.0),
            ("12.5 %", Sign::Percent, 12.5),
            ("-7%", Sign::Percent, -7.0),
            ("\u{2212}$3.25", Sign::Dollar, -3.25),
            ("$\u{2212}3.25", Sign::Dollar, -3.25),
            ("\u{2212}7 %", Sign::Percent, -7.0),
            ("($5)", Sign::Dollar, -5.0),
            ("( €1,234.50 )", Sign::Euro, -1234.5),
            ("(12 %)", Sign::Percent, -12.0),
        ] {
            assert_eq!(amount(text.as_bytes(), Decimal::Point), Some(Amount { sign, value }), "{text}");
        }
        let german = amount("1.234,50 €".as_bytes(), Decimal::Comma);
        assert_eq!(german, Some(Amount { sign: Sign::Euro, value: 1234.5 }));
    }

    #[test]
    fn what_has_no_sign_or_two_or_is_no_number_is_none() {
        for text in [
            "",
            "5",
            "$",
            "%",
            "-",
            "-$",
            "$ ",
            "$$5",
            "$5%",
            "$5$",
            "5%%",
            "$five",
            "--$5",
            "-$-5",
            "-$+5",
            "+$-5",
            "$--5",
            "$inf",
            "inf%",
            "$nan",
            "$1,23",
            "5 €/m",
            "US$5",
            "5 kr",
            "$5-",
            "5 % of it",
            "$0x10",
            "€1.2.3",
            "(5)",
            "(-$5)",
            "(\u{2212}$5)",
            "($\u{2212}5)",
            "-$\u{2212}5",
            "-($5)",
            "($-5)",
            "(($5))",
            "$(5)",
            "($5",
            "($)",
        ] {
            assert_eq!(amount(text.as_bytes(), Decimal::Point), None, "{text}");
        }
        assert_eq!(amount(b"\xff5%", Decimal::Point), None);
    }

    #[test]
    fn a_sign_is_written_as_people_write_it() {
        for sign in Sign::ALL {
            let json = serde_json::to_string(&sign).unwrap();
            assert_eq!(
                (json.as_str(), serde_json::from_str::<Sign>(&json).unwrap()),
                (&*format!("{:?}", sign.text()), sign)
            );
        }
    }
}
