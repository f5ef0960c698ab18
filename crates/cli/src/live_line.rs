//! The line of a run on a terminal: how far it is, its losses so far, how long it will take. As wide as there is room for.

use std::time::Duration;

use crate::output::brief;

/// What the line is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveLine<'a> {
    /// From 1.
    pub(crate) epoch: usize,
    pub(crate) epochs: usize,
    /// Of all steps: 0 to 1.
    pub(crate) share: f64,
    /// What the losses are called.
    pub(crate) name: &'a str,
    /// One an epoch.
    pub(crate) losses: &'a [f64],
    pub(crate) rows_per_second: f64,
    /// Not before the speed is known.
    pub(crate) remaining: Option<Duration>,
}

/// A terminal whose width is not known.
pub(crate) const USUAL_WIDTH: usize = 80;
/// A bar of fewer cells says little.
const BAR: usize = 8;
const WIDEST_BAR: usize = 32;
/// Cells of the sparkline, at most.
const SPARKS: usize = 16;
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl LiveLine<'_> {
    /// The line, never of more than `width` characters: what matters less is left out first.
    pub(crate) fn compose(&self, width: usize) -> String {
        let epoch = format!("epoch {}/{}", self.epoch, self.epochs);
        let percent = format!("{:>3.0} %", 100.0 * self.share);
        let loss = self.losses.last().map(|loss| format!("{} {}", self.name, brief(*loss)));
        let remaining = self.remaining.map(|time| format!("{} left", duration(time)));
        let rate = (self.rows_per_second > 0.0).then(|| rate(self.rows_per_second));
        // As wide from the start, so that the rest keeps its place.
        let sparks = format!("{:<cells$}", self.sparkline(), cells = self.epochs.min(SPARKS));

        // In the order of what they are worth; where they stand follows.
        let mut room = Room(width.saturating_sub(epoch.chars().count()));
        let remaining = room.taken_by(remaining, "  ");
        let loss = room.taken_by(loss, "  ");
        let sparks = room.taken_by(loss.is_some().then_some(sparks), " ");
        let percent = room.taken_by(Some(percent), " ");
        let has_bar = percent.is_some() && room.taken_by(Some(bar(self.share, BAR)), " ").is_some();
        let rate = room.taken_by(rate, "  ");
        let bar = has_bar.then(|| bar(self.share, (BAR + room.0).min(WIDEST_BAR)));

        let parts = [(" ", bar), (" ", percent), ("  ", loss), (" ", sparks), ("  ", rate), ("  ", remaining)];
        let rest = parts.into_iter().filter_map(|(gap, text)| text.map(|text| gap.to_owned() + &text));
        let line = epoch + &rest.collect::<String>();
        line.chars().take(width).collect()
    }

    /// The losses as levels, of their logarithms where all are above 0: the mean of as many epochs a cell as there are too many.
    fn sparkline(&self) -> String {
        let cells: Vec<f64> = self.losses.chunks(self.losses.len().div_ceil(SPARKS).max(1)).map(mean).collect();
        let finite = || cells.iter().copied().filter(|loss| loss.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let place = |loss: f64| if low > 0.0 { loss.ln() } else { loss };
        let span = place(high) - place(low);
        let level = |loss: f64| match loss {
            _ if !loss.is_finite() => '!',
            _ if span > 0.0 => LEVELS[((place(loss) - place(low)) / span * (LEVELS.len() - 1) as f64).round() as usize],
            _ => LEVELS[0],
        };
        cells.iter().map(|loss| level(*loss)).collect()
    }
}

/// The characters that are left.
struct Room(usize);

impl Room {
    /// The text, if there is room for it and what stands before it.
    fn taken_by(&mut self, text: Option<String>, gap: &str) -> Option<String> {
        let text = text?;
        self.0 = self.0.checked_sub(text.chars().count() + gap.len())?;
        Some(text)
    }
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

fn bar(share: f64, cells: usize) -> String {
    let done = ((share * cells as f64) as usize).min(cells);
    let head = if done < cells { ">" } else { "" };
    format!("[{}{head}{}]", "=".repeat(done), " ".repeat(cells - done - head.len()))
}

/// Rows per second, with few digits.
fn rate(rows: f64) -> String {
    match rows {
        r if r >= 1e6 => format!("{:.2} M rows/s", r / 1e6),
        r if r >= 1e3 => format!("{:.1} k rows/s", r / 1e3),
        r => format!("{r:.0} rows/s"),
    }
}

fn duration(time: Duration) -> String {
    match time.as_secs() {
        s @ ..60 => format!("{s} s"),
        s @ ..3600 => format!("{} min {:02} s", s / 60, s % 60),
        s => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOSSES: [f64; 6] = [2.0, 1.6, 1.2, 0.8, 0.9, 0.6];

    fn line(losses: &[f64]) -> LiveLine<'_> {
        let remaining = Some(Duration::from_secs(75));
        let (name, rows_per_second) = ("val loss", 12_345.0);
        LiveLine { epoch: 6, epochs: 12, share: 0.5, name, losses, rows_per_second, remaining }
    }

    #[test]
    fn a_line_has_what_there_is_room_for() {
        let live = line(&LOSSES);
        assert_eq!(live.compose(40), "epoch 6/12  50 %  1 min 15 s left");
        assert_eq!(live.compose(46), "epoch 6/12  val loss 0.60000  1 min 15 s left");
        let first = " 50 %  val loss 0.60000 █▇▅▃▃▁      ";
        assert_eq!(live.compose(80), format!("epoch 6/12 [======>      ] {first}  1 min 15 s left"));
        let all = format!("{first}  12.3 k rows/s  1 min 15 s left");
        assert_eq!(live.compose(200), format!("epoch 6/12 [{}>{}] {all}", "=".repeat(16), " ".repeat(15)));
        let start = LiveLine { epoch: 1, share: 0.0, losses: &[], rows_per_second: 0.0, remaining: None, ..live };
        assert_eq!(start.compose(40), format!("epoch 1/12 [>{}]   0 %", " ".repeat(20)));
    }

    #[test]
    fn a_line_is_never_wider_than_the_terminal() {
        let many: Vec<f64> = (0..1000).map(|epoch| 1e6 / f64::from(epoch + 1)).collect();
        for losses in [&[][..], &LOSSES, &many, &[1e-9; 300], &[f64::NAN, 1.0]] {
            for width in 0..250 {
                let live = LiveLine { epoch: losses.len(), epochs: 1_000_000, ..line(losses) };
                let composed = live.compose(width);
                assert!(composed.chars().count() <= width, "{width}: {composed}");
                assert!(!composed.contains('\u{1b}'));
                assert!(width < 80 || composed.contains("1 min 15 s left"), "{width}: {composed}");
            }
        }
    }

    #[test]
    fn sparks_fall_with_the_loss() {
        assert_eq!(line(&LOSSES).sparkline(), "█▇▅▃▃▁");
        assert_eq!(line(&[4.0, 2.0, 0.0]).sparkline(), "█▅▁");
        assert_eq!(line(&[0.5; 3]).sparkline(), "▁▁▁");
        assert_eq!(line(&[1000.0, 100.0, 10.0, 1.0]).sparkline(), "█▆▃▁");
        assert_eq!(line(&[1.0, f64::NAN, 2.0]).sparkline(), "▁!█");
        let long: Vec<f64> = (0..240).map(f64::from).collect();
        assert_eq!(line(&long).sparkline().chars().count(), SPARKS);
        assert_eq!(line(&[]).sparkline(), "");
    }

    #[test]
    fn times_and_rates_have_few_digits() {
        let times = [0, 59, 75, 3599, 7260].map(|s| duration(Duration::from_secs(s)));
        assert_eq!(times, ["0 s", "59 s", "1 min 15 s", "59 min 59 s", "2 h 01 min"]);
        assert_eq!(
            [0.0, 999.4, 12_345.0, 2.5e6].map(rate),
            ["0 rows/s", "999 rows/s", "12.3 k rows/s", "2.50 M rows/s"]
        );
    }

    #[test]
    fn a_bar_is_full_at_the_end() {
        assert_eq!(bar(0.0, 4), "[>   ]");
        assert_eq!(bar(0.5, 4), "[==> ]");
        assert_eq!(bar(1.0, 4), "[====]");
    }
}
