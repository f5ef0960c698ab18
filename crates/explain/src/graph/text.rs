//! The width of a text before it is drawn, and the format of numbers in pictures.
//!
//! The widths are those of DejaVu Sans, the font of the PNG and the first choice of the SVG. Verdana is as wide; the
//! other usual sans-serif fonts (Helvetica, Arial, Segoe) are narrower and fit as well.

/// Advances of U+0020 to U+007E, in thousandths of the font's size.
const ASCII: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
];

/// The width of a text at this size.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let advance = |c: char| match c {
        ' '..='~' => f64::from(ASCII[c as usize - 0x20]),
        '₀'..='₉' | '⁰' | '¹' | '²' | '³' | 'ᵀ' => 401.0,
        '·' => 318.0,
        '′' => 227.0,
        'Σ' | 'α' => 660.0,
        '∂' => 517.0,
        '‖' => 500.0,
        '→' | '←' | '−' | '⊙' | '×' => 838.0,
        // Letters with accents are as wide as those without, but for four.
        'Æ' | 'æ' | 'Œ' | 'œ' => 1075.0,
        'À'..='ț' => 800.0,
        'Ά'..='ώ' => 900.0,
        _ => 1100.0,
    };
    text.chars().map(advance).sum::<f64>() * size / 1000.0
}

/// Replaces control characters by U+FFFD: XML 1.0 forbids them, even as references, and they end a string in DOT. Tabs
/// and line breaks stay.
pub(crate) fn printable(text: &str) -> String {
    let is_allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}

/// Two or three digits, with a power of ten if that is shorter: `0.125`, `784`, `1.2e−5`.
pub(crate) fn brief(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if value == 0.0 => return "0".to_owned(),
        _ if !value.is_finite() => return value.to_string(),
        1e5.. | 0.0..0.01 => {
            let text = format!("{value:.1e}");
            return text.replace(".0e", "e").replace('-', "−");
        }
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_two_digits_or_three() {
        let got = [0.0, -0.12345, 784.2, 12.34, 1.0, 0.001234, -2e9, 99_999.0].map(brief);
        assert_eq!(got, ["0", "−0.123", "784", "12.3", "1.00", "1.2e−3", "−2e9", "99999"]);
    }

    #[test]
    fn no_format_gets_controls_or_the_end_of_a_label_from_a_name() {
        let mlp = chainrule_model::Mlp::<f32>::builder(2).dense(1).build().unwrap();
        let mut operations = crate::graph::Operations::new(&mlp, chainrule_model::Loss::Mse);
        let mut neurons = crate::graph::Neurons::new(&mlp, chainrule_model::Loss::Mse);
        let hostile = "a\0\x1b[31m\u{9b}2K\u{ffff}\"]\n--> b";
        operations.title = hostile.to_owned();
        operations.nodes[0].name = hostile.to_owned();
        neurons.title = hostile.to_owned();
        neurons.columns[0].name = hostile.to_owned();
        let theme = crate::graph::Theme::Light;
        for text in [
            operations.to_dot(),
            neurons.to_dot(),
            operations.to_mermaid(),
            neurons.to_mermaid(),
            operations.to_svg(theme),
            neurons.to_svg(theme),
        ] {
            let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{ffff}');
            assert_eq!(bad, None, "{text}");
            assert!(!text.contains("2K\u{fffd}\"]"), "a quote ends the label: {text}");
            assert!(text.contains('\u{fffd}'), "{text}");
        }
    }

    #[test]
    fn widths_are_those_of_the_font() {
        assert_eq!(width("W", 1000.0), 989.0);
        assert_eq!(width("ab", 10.0), (613.0 + 635.0) / 100.0);
    }
}
