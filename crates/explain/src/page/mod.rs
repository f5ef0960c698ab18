//! Pages of HTML that stand alone: text, tables and charts of numbers that were computed elsewhere. No request leaves
//! them; colours follow the reader's light or dark theme; without scripts all but the stepping through rows is there.

mod axis;
mod bitmap;
mod chart;
#[cfg(feature = "png")]
mod chart_picture;
mod html;
mod signed_image;
mod table;

pub use bitmap::bitmap;
pub use chart::{Axis, Chart, Mark, Series, charts_to_svg};
#[cfg(feature = "png")]
pub use chart_picture::charts_to_png;
pub use html::Html;
pub use signed_image::SignedImage;
pub use table::{bar, key_values, shaded, table};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("steps.js");

/// A page: sections under a title, with links to them.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::page::{Html, Page};
///
/// let mut page = Page::new("penguins");
/// page.section("figures", "Figures", Html::text("accuracy 0.97 & more"));
/// let html = page.to_html();
/// assert!(html.contains("<h2 id=\"figures\">Figures</h2>") && html.contains("0.97 &amp; more"));
/// ```
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    sections: Vec<Part>,
    data: Option<String>,
}

#[derive(Debug, Clone)]
struct Part {
    id: &'static str,
    heading: String,
    body: Html,
}

impl Page {
    /// A page without sections.
    pub fn new(title: &str) -> Self {
        Page { title: title.to_owned(), sections: Vec::new(), data: None }
    }

    /// Adds a section; `id` is what links name.
    pub fn section(&mut self, id: &'static str, heading: &str, body: Html) {
        self.sections.push(Part { id, heading: heading.to_owned(), body });
    }

    /// Embeds rows to step through, as JSON, and the script that shows them in the element with the id `stepper`.
    pub fn steps(&mut self, json: &str) {
        // A closing tag would end the script; in JSON every "<" stands in a string, where its escape means the same.
        self.data = Some(json.replace('<', "\\u003c"));
    }

    /// The document.
    pub fn to_html(&self) -> String {
        let link = |part: &Part| {
            let anchor = [("href", format!("#{}", part.id))];
            Html::element("a", &anchor, Html::text(&part.heading))
        };
        let links = self.sections.iter().map(link).collect();
        let mut main = Html::new();
        for part in &self.sections {
            let heading = Html::element("h2", &[("id", part.id.to_owned())], Html::text(&part.heading));
            main = main.and(Html::element("section", &[], heading.and(part.body.clone())));
        }
        let body = Html::element("header", &[], Html::element("h1", &[], Html::text(&self.title)))
            .and(Html::element("nav", &[("aria-label", "Sections".to_owned())], links))
            .and(Html::element("main", &[], main));
        let script = self.data.as_ref().map_or_else(String::new, |json| {
            format!("<script type=\"application/json\" id=\"step-data\">{json}</script>\n<script>\n{SCRIPT}</script>\n")
        });
        let title = Html::element("title", &[], Html::text(&self.title));
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             {}\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}\n{script}</body>\n</html>\n",
            title.as_str(),
            body.as_str()
        )
    }
}
