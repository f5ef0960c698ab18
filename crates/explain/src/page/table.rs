//! Tables of text and numbers.

use super::html::Html;

/// A table: its header, then a row of cells each. The first cell of a row names it. Columns of numbers stand right.
pub fn table(caption: &str, header: &[&str], rows: Vec<Vec<Html>>) -> Html {
    let scope = |what: &str| [("scope", what.to_owned())];
    let head: Html = header.iter().map(|name| Html::element("th", &scope("col"), Html::text(name))).collect();
    let line = |cells: Vec<Html>| {
        let cell = |(at, cell)| match at {
            0 => Html::element("th", &scope("row"), cell),
            _ => Html::element("td", &[], cell),
        };
        Html::element("tr", &[], cells.into_iter().enumerate().map(cell).collect())
    };
    let head = Html::element("thead", &[], Html::element("tr", &[], head));
    let body = Html::element("tbody", &[], rows.into_iter().map(line).collect());
    let caption = match caption {
        "" => Html::new(),
        caption => Html::element("caption", &[], Html::text(caption)),
    };
    let table = Html::element("table", &[], caption.and(head).and(body));
    Html::element("div", &[("class", "wide".to_owned()), ("tabindex", "0".to_owned())], table)
}

/// Names and values, one below the other.
pub fn key_values(pairs: &[(&str, String)]) -> Html {
    let pair = |(key, value): &(&str, String)| {
        Html::element("dt", &[], Html::text(key)).and(Html::element("dd", &[], Html::text(value)))
    };
    Html::element("dl", &[], pairs.iter().map(pair).collect())
}

/// A number on a bar that is as long as its share of the longest, from 0 to 1.
pub fn bar(text: &str, share: f64) -> Html {
    let length = format!("--share:{:.3}", share.clamp(0.0, 1.0));
    let line = Html::element("span", &[("class", "bar".to_owned()), ("style", length)], Html::new());
    Html::element("span", &[("class", "number".to_owned())], Html::text(text)).and(line)
}

/// A number on a ground that is as strong as its share, from 0 to 1; `class` says whether it is right or wrong.
pub fn shaded(text: &str, share: f64, is_right: bool) -> Html {
    let class = if is_right { "right" } else { "wrong" };
    // A single row is seen, and the text keeps its contrast: at most two fifths of the colour.
    let strength = format!("--v:{:.0}%", 12.0 + 28.0 * share.clamp(0.0, 1.0).sqrt());
    let attributes = [("class", format!("shade {class}")), ("style", strength)];
    Html::element("span", &attributes, Html::text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_shades_are_as_strong_as_their_shares() {
        assert!(bar("7", 0.25).as_str().contains("--share:0.250") && bar("7", 3.0).as_str().contains("--share:1.000"));
        let strength = |share| shaded("1", share, false).as_str().to_owned();
        assert!(strength(0.0).contains("--v:12%") && strength(0.25).contains("--v:26%"));
        assert!(strength(1.0).contains("--v:40%"));
    }
}
