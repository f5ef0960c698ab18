//! Charts as SVG inside a page: lines and points over two axes. Colours are the page's, by classes.

use std::fmt::Write;

use super::axis::{Scale, label};
use super::html::{Html, escaped};

pub(super) const WIDTH: f64 = 460.0;
pub(super) const HEIGHT: f64 = 300.0;
/// Left, right, top, bottom of the plot.
pub(super) const LEFT: f64 = 76.0;
pub(super) const RIGHT: f64 = WIDTH - 14.0;
pub(super) const TOP: f64 = 34.0;
pub(super) const BOTTOM: f64 = HEIGHT - 46.0;
/// The style of charts that no page is around: without variables, which not all programs that show SVG know.
const ALONE: &str = include_str!("chart.css");
/// A line of so many points shows where they are.
pub(super) const FEW: usize = 16;
/// Colours that the style sheet has.
pub(super) const COLOURS: usize = 8;

/// A chart.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::page::{Axis, Chart, Mark, Series};
///
/// let loss = Series { name: "training".to_owned(), points: vec![[1.0, 0.9], [2.0, 0.4]], mark: Mark::Line };
/// let chart = Chart { title: "Loss".to_owned(), x: Axis::new("epoch"), y: Axis::new("loss"), series: vec![loss] };
/// assert!(chart.to_html().as_str().contains("<polyline"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// What is drawn, with one colour each.
    pub series: Vec<Series>,
}

/// An axis.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::page::Axis;
///
/// let share = Axis { range: Some([0.0, 1.0]), ..Axis::new("share of rows") };
/// assert!(!share.is_log);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is along it, with its unit.
    pub label: String,
    /// Its ends, if they are not those of the points.
    pub range: Option<[f64; 2]>,
    /// Whether its numbers are powers; only of numbers above 0.
    pub is_log: bool,
}

/// Points, and how they are drawn.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::page::{Mark, Series};
///
/// let ideal = Series { name: String::new(), points: vec![[0.0, 0.0], [1.0, 1.0]], mark: Mark::Dashes };
/// assert_eq!(ideal.points.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend; one without a name is not in it.
    pub name: String,
    /// `[x, y]`; those that are not finite are left out.
    pub points: Vec<[f64; 2]>,
    /// How it is drawn.
    pub mark: Mark,
}

/// How points are drawn.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// assert_ne!(chainrule::page::Mark::Line, chainrule::page::Mark::Dots);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// Joined by lines.
    Line,
    /// Joined by a grey line of dashes: what would be ideal.
    Dashes,
    /// Each on its own.
    Dots,
}

impl Axis {
    /// A linear axis from the least point to the largest.
    pub fn new(label: &str) -> Self {
        Axis { label: label.to_owned(), range: None, is_log: false }
    }

    pub(super) fn scale(&self, values: impl Iterator<Item = f64>, points: [f64; 2]) -> Scale {
        let ends = |[low, high]: [f64; 2], value: f64| [low.min(value), high.max(value)];
        let found = values.fold([f64::INFINITY, f64::NEG_INFINITY], ends);
        let found = if found[0] <= found[1] { found } else { [0.0, 1.0] };
        Scale::new(self.range.unwrap_or(found), points, self.is_log)
    }
}

impl Chart {
    /// The drawing, with its numbers' ends in words for those who hear the page.
    pub fn to_html(&self) -> Html {
        let words = escaped(&self.words(&self.finite()));
        let mut out =
            format!("<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{words}\">\n");
        self.draw(&mut out);
        out.push_str("</svg>\n");
        Html::drawn(out).and(self.legend())
    }

    /// What is inside of the drawing.
    fn draw(&self, out: &mut String) {
        let finite = self.finite();
        let x = self.x.scale(finite.iter().flatten().map(|point| point[0]), [LEFT, RIGHT]);
        let y = self.y.scale(finite.iter().flatten().map(|point| point[1]), [BOTTOM, TOP]);
        let _ = writeln!(out, "<text class=\"title\" x=\"{LEFT}\" y=\"18\">{}</text>", escaped(&self.title));
        self.axes(out, &x, &y);
        for (at, (series, points)) in self.series.iter().zip(&finite).enumerate() {
            draw(out, series, points, (&x, &y), at % COLOURS);
        }
    }

    pub(super) fn finite(&self) -> Vec<Vec<[f64; 2]>> {
        self.series.iter().map(|series| finite(&series.points)).collect()
    }

    /// The names of what is drawn, in its colours, at the right of the title.
    fn names(&self) -> String {
        let name = |(at, series): (usize, &Series)| {
            format!("<tspan class=\"n{}\" dx=\"12\">{}</tspan>", at % COLOURS, escaped(&series.name))
        };
        let named = self.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
        let names: String = named.map(name).collect();
        format!("<text class=\"label end\" x=\"{RIGHT}\" y=\"18\">{names}</text>\n")
    }

    fn axes(&self, out: &mut String, x: &Scale, y: &Scale) {
        for tick in x.ticks() {
            let at = x.place(tick);
            let _ = writeln!(out, "<path class=\"grid\" d=\"M{at:.1} {TOP}V{BOTTOM}\"/>");
            let _ = writeln!(
                out,
                "<text class=\"tick middle\" x=\"{at:.1}\" y=\"{}\">{}</text>",
                BOTTOM + 16.0,
                label(tick)
            );
        }
        for tick in y.ticks() {
            let at = y.place(tick);
            let _ = writeln!(out, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>");
            let (left, below) = (LEFT - 6.0, at + 4.0);
            let _ = writeln!(out, "<text class=\"tick end\" x=\"{left}\" y=\"{below:.1}\">{}</text>", label(tick));
        }
        let _ = writeln!(out, "<path class=\"axis\" d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\"/>");
        let (middle, low) = ((LEFT + RIGHT) / 2.0, HEIGHT - 8.0);
        let _ =
            writeln!(out, "<text class=\"label middle\" x=\"{middle}\" y=\"{low}\">{}</text>", escaped(&self.x.label));
        let middle = f64::midpoint(TOP, BOTTOM);
        let _ = writeln!(
            out,
            "<text class=\"label middle\" transform=\"translate(14 {middle}) rotate(-90)\">{}</text>",
            escaped(&self.y.label)
        );
    }

    fn legend(&self) -> Html {
        let entry = |(at, series): (usize, &Series)| {
            let key = Html::element("span", &[("class", format!("key f{}", at % COLOURS))], Html::new());
            Html::element("span", &[("class", "entry".to_owned())], key.and(Html::text(&series.name)))
        };
        let named = self.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
        let entries: Html = named.map(entry).collect();
        Html::element("div", &[("class", "legend".to_owned())], entries)
    }

    /// The chart for those who do not see it: the last point of each line, the number of dots.
    fn words(&self, finite: &[Vec<[f64; 2]>]) -> String {
        let mut words = format!("{}: {} over {}", self.title, self.y.label, self.x.label);
        for (series, points) in self.series.iter().zip(finite).filter(|(series, _)| !series.name.is_empty()) {
            let _ = match (series.mark, points.last()) {
                (_, None) => write!(words, "; {}: no points", series.name),
                (Mark::Dots, _) => write!(words, "; {}: {} points", series.name, points.len()),
                (_, Some([x, y])) => write!(words, "; {} ends at {} at {}", series.name, label(*y), label(*x)),
            };
        }
        words
    }
}

/// Charts as an SVG file of their own, two in a row; as wide as they are where there is no other width.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::page::{Axis, Chart, Mark, Series, charts_to_svg};
///
/// let loss = Series { name: "training".to_owned(), points: vec![[1.0, 0.9], [2.0, 0.4]], mark: Mark::Line };
/// let chart = Chart { title: "Loss".to_owned(), x: Axis::new("epoch"), y: Axis::new("loss"), series: vec![loss] };
/// assert!(charts_to_svg(&[chart]).starts_with("<svg xmlns="));
/// ```
pub fn charts_to_svg(charts: &[Chart]) -> String {
    let (columns, rows) = (charts.len().clamp(1, 2), charts.len().div_ceil(2).max(1));
    let (width, height) = (WIDTH * columns as f64, HEIGHT * rows as f64);
    let words: Vec<String> = charts.iter().map(|chart| escaped(&chart.words(&chart.finite()))).collect();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n<style>\n{ALONE}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n",
        words.join(". ")
    );
    for (at, chart) in charts.iter().enumerate() {
        let (left, top) = (WIDTH * (at % 2) as f64, HEIGHT * (at / 2) as f64);
        let _ = writeln!(out, "<g transform=\"translate({left} {top})\">");
        chart.draw(&mut out);
        out.push_str(&chart.names());
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

fn finite(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    points.iter().copied().filter(|point| point.iter().all(|value| value.is_finite())).collect()
}

fn draw(out: &mut String, series: &Series, points: &[[f64; 2]], scales: (&Scale, &Scale), colour: usize) {
    let place = |[x, y]: &[f64; 2]| (scales.0.place(*x), scales.1.place(*y));
    match series.mark {
        Mark::Dots => dots(out, points.iter().map(place), colour),
        Mark::Line | Mark::Dashes => {
            let class = if series.mark == Mark::Dashes { "dashes".to_owned() } else { format!("line c{colour}") };
            let joined: Vec<String> = points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ = writeln!(out, "<polyline class=\"{class}\" points=\"{}\"/>", joined.join(" "));
            if series.mark == Mark::Line && points.len() <= FEW {
                dots(out, points.iter().map(place), colour);
            }
        }
    }
}

/// One path: a dot is a line without length, with round ends.
fn dots(out: &mut String, places: impl Iterator<Item = (f64, f64)>, colour: usize) {
    let dots: String = places.map(|(x, y)| format!("M{x:.1} {y:.1}h0")).collect();
    let _ = writeln!(out, "<path class=\"dots c{colour}\" d=\"{dots}\"/>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<[f64; 2]>) -> String {
        let series = vec![Series { name: "a & b".to_owned(), points, mark: Mark::Line }];
        let chart = Chart { title: "Loss".to_owned(), x: Axis::new("epoch"), y: Axis::new("loss"), series };
        chart.to_html().as_str().to_owned()
    }

    #[test]
    fn the_least_is_left_and_below_and_the_largest_right_and_above() {
        let html = chart(vec![[1.0, 0.0], [3.0, 2.0]]);
        assert!(html.contains(&format!("points=\"{LEFT:.1},{BOTTOM:.1} {RIGHT:.1},{TOP:.1}\"")), "{html}");
        assert!(html.contains("a &amp; b ends at 2 at 3"), "{html}");
    }

    #[test]
    fn a_file_has_all_charts_with_their_names_and_no_variables() {
        let series =
            |name: &str| Series { name: name.to_owned(), points: vec![[1.0, 2.0], [2.0, 1.0]], mark: Mark::Line };
        let chart = |title: &str| Chart {
            title: title.to_owned(),
            x: Axis::new("epoch"),
            y: Axis::new("loss"),
            series: vec![series("a < b"), series("c")],
        };
        let svg = charts_to_svg(&["one", "two", "three"].map(chart));
        assert!(svg.contains("viewBox=\"0 0 920 600\"") && svg.contains("translate(0 300)"), "{svg}");
        assert_eq!((svg.matches("<polyline").count(), svg.matches(">a &lt; b</tspan>").count()), (6, 3));
        assert!(!svg.contains("var(") && svg.matches("<svg").count() == 1 && svg.ends_with("</g>\n</svg>\n"));
        assert!(charts_to_svg(&[]).contains("viewBox=\"0 0 460 300\""));
    }

    #[test]
    fn what_is_not_finite_is_left_out_and_nothing_is_still_a_chart() {
        let html = chart(vec![[1.0, 0.0], [2.0, f64::NAN], [3.0, f64::INFINITY], [4.0, 1.0]]);
        assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        let html = chart(Vec::new());
        assert!(html.contains("no points") && !html.contains("NaN") && !html.contains("inf"), "{html}");
    }
}
