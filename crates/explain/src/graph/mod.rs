//! A network as a graph, in two views: [`Operations`], what is computed from what and how its gradient comes back, and
//! [`Neurons`], every unit with the weights or gradients between them. Both are data, and both write themselves as DOT,
//! Mermaid, SVG and, with the feature `png`, PNG; no other program is needed.
//!
//! Every number is model's: parameters as they lie there, gradients as [`Mlp::backward`](chainrule_model::Mlp::backward)
//! leaves them, or a norm of either.

mod cut;
mod dot;
mod formulas;
#[cfg(test)]
mod legible;
mod mermaid;
mod neurons;
mod neurons_picture;
mod operations;
mod operations_picture;
mod picture;
#[cfg(feature = "png")]
mod png;
mod rows;
mod svg;
mod text;
mod words;

pub use neurons::{ALL_DRAWN, Bundle, Column, END_DRAWN, Neurons, Shows};
pub use operations::{Node, Norms, Operations, Role};
pub use picture::Theme;
pub use rows::Rows;

pub(crate) use text::brief;

impl Operations {
    /// As Graphviz reads it.
    pub fn to_dot(&self) -> String {
        dot::operations(self)
    }

    /// As Markdown on GitHub and GitLab draws it.
    pub fn to_mermaid(&self) -> String {
        mermaid::operations(self)
    }

    /// As a picture that scales.
    pub fn to_svg(&self, theme: Theme) -> String {
        svg::svg(&operations_picture::picture(self, theme))
    }

    /// As a picture of pixels.
    ///
    /// # Errors
    /// When it has more than 100 million pixels, as that of a few hundred layers has; SVG has no such limit.
    #[cfg(feature = "png")]
    pub fn to_png(&self, theme: Theme) -> Result<Vec<u8>, String> {
        png::png(&operations_picture::picture(self, theme))
    }
}

impl Neurons {
    /// As Graphviz reads it.
    pub fn to_dot(&self) -> String {
        dot::neurons(self)
    }

    /// As Markdown on GitHub and GitLab draws it.
    pub fn to_mermaid(&self) -> String {
        mermaid::neurons(self)
    }

    /// As a picture that scales.
    pub fn to_svg(&self, theme: Theme) -> String {
        svg::svg(&neurons_picture::picture(self, theme))
    }

    /// As a picture of pixels.
    ///
    /// # Errors
    /// When it has more than 100 million pixels, as that of a few hundred layers has; SVG has no such limit.
    #[cfg(feature = "png")]
    pub fn to_png(&self, theme: Theme) -> Result<Vec<u8>, String> {
        png::png(&neurons_picture::picture(self, theme))
    }
}
