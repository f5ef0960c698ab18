//! A network as a graph, in two views: [`Operations`], the computational graph with its gradients, and [`Neurons`],
//! the units with the weights or gradients between them, of large layers the strongest. Both are data and can be written as DOT, Mermaid, SVG and,
//! with the feature `png`, PNG; no other program is needed.
//!
//! All numbers come from `chainrule-model`: the parameters, the gradients of
//! [`Mlp::backward`](chainrule_model::Mlp::backward), or norms of them.

mod cut;
mod dot;
mod edge_numbers;
mod formulas;
pub(crate) mod image;
mod labels;
#[cfg(test)]
mod legible;
mod mermaid;
mod neuron_marks;
mod neurons;
mod neurons_picture;
mod operations;
mod operations_picture;
mod picture;
#[cfg(feature = "png")]
mod png;
mod rows;
mod strongest;
mod svg;
mod text;
mod words;

pub use labels::Labels;
pub use neurons::{ALL_DRAWN, Bundle, Column, Neurons, STRONGEST_DRAWN, Shows};
pub use operations::{Node, Norms, Operations, Role};
pub use picture::Theme;
pub use rows::Rows;

// For the other pictures of this crate.
#[cfg(feature = "png")]
pub(crate) use picture::Stroke;
pub(crate) use picture::{Anchor, Colour, Mark, Palette, Picture};
#[cfg(feature = "png")]
pub(crate) use png::png;
pub(crate) use svg::svg;
pub(crate) use text::{brief, width};
pub(crate) use words::shortened;

impl Operations {
    /// The graph in DOT, for Graphviz.
    pub fn to_dot(&self) -> String {
        dot::operations(self)
    }

    /// The graph in Mermaid, which GitHub and GitLab draw in Markdown.
    pub fn to_mermaid(&self) -> String {
        mermaid::operations(self)
    }

    /// The graph as SVG.
    pub fn to_svg(&self, theme: Theme) -> String {
        svg(&operations_picture::picture(self, theme))
    }

    /// The graph as PNG.
    ///
    /// # Errors
    /// When the picture has more than 100 million pixels, as with a few hundred layers; SVG has no such limit.
    #[cfg(feature = "png")]
    pub fn to_png(&self, theme: Theme) -> Result<Vec<u8>, String> {
        png(&operations_picture::picture(self, theme))
    }
}

impl Neurons {
    /// The graph in DOT, for Graphviz.
    pub fn to_dot(&self) -> String {
        dot::neurons(self)
    }

    /// The graph in Mermaid, which GitHub and GitLab draw in Markdown.
    pub fn to_mermaid(&self) -> String {
        mermaid::neurons(self)
    }

    /// The graph as SVG.
    pub fn to_svg(&self, theme: Theme) -> String {
        svg(&neurons_picture::picture(self, theme))
    }

    /// The graph as PNG.
    ///
    /// # Errors
    /// When the picture has more than 100 million pixels, as with a few hundred layers; SVG has no such limit.
    #[cfg(feature = "png")]
    pub fn to_png(&self, theme: Theme) -> Result<Vec<u8>, String> {
        png(&neurons_picture::picture(self, theme))
    }
}
