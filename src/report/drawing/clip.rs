//! Lines cut off where they leave the plot.

use super::canvas::PixelPosition;

/// What lies so little outside is inside: rounding puts the ends of axes there.
const TOLERANCE_PX: f64 = 0.5;

/// A plot in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Plot {
    /// Whether a place lies in the plot.
    pub(super) fn shows(&self, (x, y): PixelPosition) -> bool {
        let [across, down] = self.sides();
        across.0 <= x && x <= across.1 && down.0 <= y && y <= down.1
    }

    /// The pieces of a line through all places that lie in the plot.
    pub(super) fn pieces(&self, places: &[PixelPosition]) -> Vec<Vec<PixelPosition>> {
        let mut pieces: Vec<Vec<PixelPosition>> = Vec::new();
        for pair in places.windows(2) {
            let Some([from, to]) = self.part(pair[0], pair[1]) else { continue };
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&from) => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
        }
        pieces
    }

    /// The part of a straight line that lies in the plot (Liang and Barsky 1984).
    fn part(&self, from: PixelPosition, to: PixelPosition) -> Option<[PixelPosition; 2]> {
        let along = |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        let [across, down] = self.sides();
        let (mut enters, mut leaves) = (0.0, 1.0);
        for (start, end, (low, high)) in [(from.0, to.0, across), (from.1, to.1, down)] {
            if !(start.is_finite() && end.is_finite())
                || f64::max(start, end) < low
                || f64::min(start, end) > high
            {
                return None;
            }
            if start != end {
                let crossings = [low, high].map(|side| (side - start) / (end - start));
                enters = f64::max(enters, crossings[0].min(crossings[1]));
                leaves = f64::min(leaves, crossings[0].max(crossings[1]));
            }
        }
        let last = if leaves == 1.0 { to } else { along(leaves) };
        (enters <= leaves).then(|| [along(enters), last])
    }

    fn sides(&self) -> [(f64, f64); 2] {
        [(self.left, self.right), (self.top, self.bottom)]
            .map(|(low, high)| (low - TOLERANCE_PX, high + TOLERANCE_PX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLOT: Plot = Plot { left: 0.0, right: 100.0, top: 0.0, bottom: 50.0 };

    #[test]
    fn a_line_ends_where_it_leaves_the_plot_and_begins_again_where_it_returns() {
        let inside = [(0.0, 50.0), (10.0, 20.0), (100.0, 0.0)];
        assert_eq!(PLOT.pieces(&inside), [inside.to_vec()]);
        let pieces = PLOT.pieces(&[(0.0, 40.0), (10.0, 60.5), (30.0, 60.5), (40.0, 40.0)]);
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        let crossing = pieces[0][1];
        assert!((crossing.1 - 50.5).abs() < 1e-9 && (crossing.0 - 10.0 * 10.5 / 20.5).abs() < 1e-9);
        assert!((pieces[1][0].1 - 50.5).abs() < 1e-9);
        assert!(PLOT.pieces(&[(0.0, 60.0), (100.0, 60.0)]).is_empty());
        assert!(PLOT.pieces(&[(0.0, f64::INFINITY), (100.0, 10.0)]).is_empty());
    }

    #[test]
    fn a_place_on_the_edge_is_shown() {
        assert!(PLOT.shows((100.0, 50.0 + 1e-9)) && !PLOT.shows((100.0, 51.0)) && !PLOT.shows((-9.0, 9.0)));
    }
}
