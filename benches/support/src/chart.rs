//! A bar chart of a record as SVG, written by hand: rectangles and words need no library.

use std::fmt::Write;

use crate::record::{Measured, Record};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 150.0; // room for the names of products
const RIGHT: f64 = 70.0; // and for the number behind a bar
const TOP: f64 = 74.0;
const BAR: f64 = 9.0;
const GAP: f64 = 11.0; // between products
/// Ours first; the others are told apart by eyes that see no red or green, too (P. Tol, "bright" scheme).
const COLOURS: [&str; 8] = ["#4477aa", "#ccbb44", "#ee6677", "#66ccee", "#aa3377", "#bbbbbb", "#228833", "#222222"];

/// Bars of GFLOP/s for the summary's products: ours and every rival's, with the measured peak as a line across each.
pub fn chart(record: &Record) -> String {
    let cases = record.summary();
    let rivals = &record.header.rivals;
    let most = cases.iter().map(|case| case.peak).fold(1.0, f64::max);
    let x = |gflops: f64| LEFT + gflops / most * (WIDTH - LEFT - RIGHT);
    let product_height = (1 + rivals.len()) as f64 * BAR + GAP;
    let height = TOP + cases.len() as f64 * product_height + 34.0;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let header = &record.header;
    let title = format!("GFLOP/s by product, {} of {}", threads(header.threads), header.cpu);
    text(&mut svg, (10.0, 20.0), "start", "font-size=\"14\" font-weight=\"bold\"", &title);
    let subtitle = format!(
        "{}, {}; black mark: the measured peak of multiply-adds in registers",
        header.kernels.join(" and "),
        header.date.split('T').next().unwrap_or_default()
    );
    text(&mut svg, (10.0, 37.0), "start", "fill=\"#555555\"", &subtitle);
    let mut at = 10.0;
    for (index, name) in std::iter::once("chainrule").chain(rivals.iter().map(|rival| rival.name.as_str())).enumerate()
    {
        rectangle(&mut svg, (at, 47.0), (10.0, 10.0), COLOURS[index % COLOURS.len()]);
        text(&mut svg, (at + 14.0, 56.0), "start", "", name);
        at += 34.0 + 7.0 * name.len() as f64;
    }

    let bottom = height - 30.0;
    let step = grid_step(most);
    for tick in (0..).map(|i| f64::from(i) * step).take_while(|tick| *tick <= most) {
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.1}\" y1=\"{TOP}\" x2=\"{0:.1}\" y2=\"{bottom:.1}\" stroke=\"#e4e4e4\"/>",
            x(tick)
        );
        text(&mut svg, (x(tick), bottom + 16.0), "middle", "fill=\"#555555\"", &format!("{tick:.0}"));
    }
    for (index, case) in cases.iter().enumerate() {
        product(&mut svg, record, case, TOP + index as f64 * product_height, &x);
    }
    svg + "</svg>\n"
}

fn product(svg: &mut String, record: &Record, case: &Measured, y: f64, x: &impl Fn(f64) -> f64) {
    let names = record.header.rivals.iter().map(|rival| &rival.name);
    let rivals = names.map(|name| case.rivals.iter().find(|timing| timing.name == *name));
    let height = (1 + record.header.rivals.len()) as f64 * BAR;
    text(svg, (LEFT - 8.0, y + height / 2.0 + 4.0), "end", "", &case.case);
    for (index, timing) in std::iter::once(Some(&case.ours)).chain(rivals).enumerate() {
        let Some(timing) = timing else { continue };
        let top = y + index as f64 * BAR;
        let colour = COLOURS[index % COLOURS.len()];
        rectangle(svg, (LEFT, top), (x(timing.gflops) - LEFT, BAR - 1.0), colour);
        if index == 0 {
            let words = format!("{:.0}", timing.gflops);
            // Beside the bar, or behind the mark of the peak where that stands in the way.
            let (beside, mark) = (x(timing.gflops) + 4.0, x(case.peak));
            let at = if (beside - 4.0..beside + 20.0).contains(&mark) { mark + 5.0 } else { beside };
            text(svg, (at, top + 8.0), "start", "font-size=\"9\"", &words);
        }
    }
    rectangle(svg, (x(case.peak) - 1.0, y), (2.0, height - 1.0), "#222222");
}

fn threads(count: usize) -> String {
    if count == 1 { "one thread".to_owned() } else { format!("{count} threads") }
}

/// 1, 2 or 5 times a power of ten, for 4 to 10 lines.
fn grid_step(most: f64) -> f64 {
    let power = 10f64.powf((most / 4.0).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|factor| factor * power).find(|step| most / step >= 4.0).unwrap_or(power)
}

fn rectangle(svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, style: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample;

    #[test]
    fn there_is_a_bar_for_everyone_on_every_product() {
        let record = sample();
        let svg = chart(&record);
        let bars = record.cases.len() * (1 + record.header.rivals.len());
        let legend = 1 + record.header.rivals.len();
        let marks = record.cases.len();
        assert_eq!(svg.matches("<rect").count(), 1 + legend + bars + marks);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn a_number_keeps_clear_of_the_mark_of_the_peak() {
        let mut record = sample();
        record.cases.truncate(1);
        let edge = |svg: &str, element: &str, attribute: &str| -> f64 {
            let line = svg.lines().rfind(|line| line.contains(element)).unwrap();
            line.split(attribute).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        for share in [0.2, 0.97, 0.999] {
            record.cases[0].ours.gflops = record.cases[0].peak * share;
            let svg = chart(&record);
            let (number, mark) = (edge(&svg, "font-size=\"9\"", "x=\""), edge(&svg, "#222222", "x=\""));
            assert!(number > mark + 2.0 || number + 16.0 < mark, "{share}: {number} beside {mark}");
        }
    }

    #[test]
    fn the_grid_has_round_steps() {
        assert_eq!(grid_step(250.0), 50.0);
        assert_eq!(grid_step(100.0), 20.0);
        assert_eq!(grid_step(45.0), 10.0);
    }
}
