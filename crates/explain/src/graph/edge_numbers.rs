//! Where the numbers of edges stand: beside their line, on no line, on no neuron and on no other number. A number for which
//! there is no such place is left out.

/// A line with a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) from: (f64, f64),
    pub(crate) to: (f64, f64),
    /// The number's width and height; a line without a number has no width.
    pub(crate) size: (f64, f64),
}

/// Left, top, right, bottom.
pub(crate) type Area = [f64; 4];

/// From a number to its own line: half of the widest line, and air.
const BESIDE: f64 = 3.0;
/// From a number to whatever else there is: more, so that the nearest line is its own.
const CLEAR: f64 = 4.0;
/// Places along a line that are tried, the middle first.
const TRIED: usize = 13;

/// The middle of each number, or `None` where there is no room; the first edges choose first. `taken` is where neurons are.
pub(crate) fn places(edges: &[Edge], taken: &[Area]) -> Vec<Option<(f64, f64)>> {
    let mut taken = taken.to_vec();
    let place = |(at, edge): (usize, &Edge)| {
        if edge.size.0 == 0.0 {
            return None;
        }
        let free = |middle: &(f64, f64)| {
            let area = grown(around(*middle, edge.size), CLEAR);
            let others = edges.iter().enumerate().filter(|(other, _)| *other != at);
            let is_on_a_line = others.map(|(_, other)| other).any(|other| crosses(other.from, other.to, area));
            !is_on_a_line && !taken.iter().any(|other| meet(*other, area))
        };
        // Where the other lines are far first, as near the many ends of lines that lead to one neuron.
        let away = |middle: &(f64, f64)| {
            let others = edges.iter().enumerate().filter(|(other, _)| *other != at);
            others.map(|(_, other)| distance(*middle, other)).fold(f64::INFINITY, f64::min)
        };
        let mut candidates = candidates(edge);
        candidates.sort_by(|a, b| away(b).total_cmp(&away(a)));
        let found = candidates.into_iter().find(free)?;
        taken.push(around(found, edge.size));
        Some(found)
    };
    edges.iter().enumerate().map(place).collect()
}

/// Above the line and below it, from its middle to its ends.
fn candidates(edge: &Edge) -> Vec<(f64, f64)> {
    let ((x0, y0), (x1, y1), (w, h)) = (edge.from, edge.to, edge.size);
    let slope = (y1 - y0) / (x1 - x0);
    // So far from the line that no corner touches it.
    let lift = slope.abs() * w / 2.0 + h / 2.0 + BESIDE * slope.hypot(1.0);
    let share = |step: usize| {
        let away = step.div_ceil(2) as f64 / (TRIED + 1) as f64;
        if step.is_multiple_of(2) { 0.5 + away } else { 0.5 - away }
    };
    let at = |step: usize| (x0 + share(step) * (x1 - x0), y0 + share(step) * (y1 - y0));
    // Beyond an end of its line, a number would seem to be of another.
    let is_beside = |(x, _): &(f64, f64)| x - w / 2.0 >= x0.min(x1) && x + w / 2.0 <= x0.max(x1);
    (0..TRIED).map(at).filter(is_beside).flat_map(|(x, y)| [(x, y - lift), (x, y + lift)]).collect()
}

/// From a point to the nearest of a line.
fn distance((x, y): (f64, f64), line: &Edge) -> f64 {
    let ((x0, y0), (x1, y1)) = (line.from, line.to);
    let (dx, dy) = (x1 - x0, y1 - y0);
    let share = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - x0 - share * dx).hypot(y - y0 - share * dy)
}

fn around((x, y): (f64, f64), (w, h): (f64, f64)) -> Area {
    [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0]
}

fn grown([left, top, right, bottom]: Area, by: f64) -> Area {
    [left - by, top - by, right + by, bottom + by]
}

pub(crate) fn meet(a: Area, b: Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Whether a line touches an area: the part of the line that is inside of every side is not empty (Liang and Barsky, 1984).
pub(crate) fn crosses(from: (f64, f64), to: (f64, f64), area: Area) -> bool {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enters, mut leaves) = (0.0f64, 1.0f64);
    for (step, room) in
        [(-dx, from.0 - area[0]), (dx, area[2] - from.0), (-dy, from.1 - area[1]), (dy, area[3] - from.1)]
    {
        if step == 0.0 && room < 0.0 {
            return false;
        }
        match step {
            ..0.0 => enters = enters.max(room / step),
            0.0 => {}
            _ => leaves = leaves.min(room / step),
        }
    }
    enters <= leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: (f64, f64), to: (f64, f64)) -> Edge {
        Edge { from, to, size: (34.0, 10.0) }
    }

    #[test]
    fn a_line_crosses_an_area_or_passes_it() {
        let area = [10.0, 10.0, 20.0, 20.0];
        assert!(crosses((0.0, 0.0), (30.0, 30.0), area) && crosses((15.0, 0.0), (15.0, 12.0), area));
        assert!(crosses((0.0, 12.0), (30.0, 12.0), area) && crosses((12.0, 12.0), (13.0, 13.0), area));
        assert!(!crosses((0.0, 0.0), (9.0, 9.0), area) && !crosses((0.0, 22.0), (30.0, 22.0), area));
        assert!(!crosses((0.0, 15.0), (15.0, 22.6), area) && crosses((0.0, 15.0), (15.0, 22.4), area));
    }

    #[test]
    fn numbers_stand_beside_their_lines_and_on_nothing() {
        // Four neurons that lead to one, and two that lead to two.
        let fan: Vec<Edge> = (0..4).map(|i| edge((0.0, 47.0 * f64::from(i)), (150.0, 70.0))).collect();
        let cross: Vec<Edge> =
            (0..4).map(|i| edge((0.0, f64::from(i / 2) * 47.0), (130.0, f64::from(i % 2) * 47.0))).collect();
        for (edges, least) in [(fan, 4), (cross, 2)] {
            let found = places(&edges, &[[-20.0, -20.0, 20.0, 200.0]]);
            assert!(found.iter().flatten().count() >= least, "{found:?}");
            let areas: Vec<Area> =
                found.iter().zip(&edges).filter_map(|(at, edge)| Some(around((*at)?, edge.size))).collect();
            for (i, area) in areas.iter().enumerate() {
                assert!(edges.iter().all(|edge| !crosses(edge.from, edge.to, grown(*area, 2.0))), "{area:?}");
                assert!(areas[i + 1..].iter().all(|other| !meet(*area, *other)) && area[0] >= 20.0);
            }
            // Its own line is the nearest.
            for (at, found) in found.iter().enumerate() {
                let Some(found) = found else { continue };
                let near = |edge: &Edge| {
                    (0..40)
                        .find(|by| crosses(edge.from, edge.to, grown(around(*found, edge.size), 0.25 * f64::from(*by))))
                };
                let own = near(&edges[at]).unwrap();
                let mut others = edges.iter().enumerate().filter(|(other, _)| *other != at);
                assert!(others.all(|(_, edge)| near(edge).is_none_or(|other| other > own)), "{at}: {own}");
            }
        }
    }

    #[test]
    fn without_room_there_is_no_number() {
        let two = [edge((0.0, 0.0), (60.0, 0.0)), edge((0.0, 4.0), (60.0, 4.0))];
        assert_eq!(places(&two, &[[0.0, -30.0, 60.0, 30.0]]), [None, None]);
    }
}
