//! Pieces of HTML. Text is escaped where it enters, so that a class or a column called `<script>` is shown and not run.

use std::fmt::Write;

/// A piece of a page.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::page::Html;
///
/// let piece = Html::element("p", &[("title", "a \"b\"".to_owned())], Html::text("1 < 2"));
/// assert_eq!(piece.as_str(), "<p title=\"a &quot;b&quot;\">1 &lt; 2</p>\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Html(String);

impl Html {
    /// Nothing.
    pub fn new() -> Self {
        Html::default()
    }

    /// Text as it is read.
    pub fn text(text: impl AsRef<str>) -> Self {
        Html(escaped(text.as_ref()))
    }

    /// An element with attributes, and what is inside.
    pub fn element(name: &'static str, attributes: &[(&'static str, String)], inside: Html) -> Self {
        let mut out = String::with_capacity(inside.0.len() + 64);
        let _ = write!(out, "<{name}");
        for (key, value) in attributes {
            let _ = write!(out, " {key}=\"{}\"", escaped(value));
        }
        let is_void = matches!(name, "img" | "br" | "input");
        let is_inline = matches!(name, "a" | "b" | "code" | "span" | "td" | "th");
        let _ = if is_void { write!(out, ">") } else { write!(out, ">{}</{name}>", inside.0) };
        if !is_inline {
            out.push('\n');
        }
        Html(out)
    }

    /// A paragraph.
    pub fn paragraph(text: impl AsRef<str>) -> Self {
        Html::element("p", &[], Html::text(text))
    }

    /// This, then that.
    #[must_use]
    pub fn and(mut self, other: Html) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// A picture with what it shows in words.
    pub fn figure(picture: Html, caption: impl AsRef<str>) -> Self {
        let caption = Html::element("figcaption", &[], Html::text(caption));
        Html::element("figure", &[], picture.and(caption))
    }

    /// A picture that this crate drew, as SVG.
    pub(super) fn drawn(svg: String) -> Self {
        Html(svg)
    }

    /// A graph of the network as SVG, on light and on dark ground: the page shows that of the reader's theme.
    pub fn graph(light: &str, dark: &str) -> Self {
        let drawing =
            |svg: &str, theme: &str| Html::element("div", &[("class", format!("wide {theme}"))], Html(svg.to_owned()));
        drawing(light, "in-light").and(drawing(dark, "in-dark"))
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(pieces: I) -> Self {
        pieces.into_iter().fold(Html::new(), Html::and)
    }
}

/// Control characters would be invisible, or no HTML at all.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            control if control.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_markup() {
        assert_eq!(Html::text("</script><b>&\"'\u{7}").as_str(), "&lt;/script&gt;&lt;b&gt;&amp;&quot;&#39;\\u{7}");
        let image = Html::element("img", &[("alt", "\" onerror=\"x".to_owned())], Html::new());
        assert_eq!(image.as_str(), "<img alt=\"&quot; onerror=&quot;x\">\n");
    }
}
