//! The lowest point of a function of two variables, without derivatives.

/// Evaluations after which the search ends wherever it is.
const EVALUATIONS: usize = 200;
/// Extent of the simplex, in each variable, that counts as a point.
const SETTLED: f64 = 1e-5;
/// Extent of the first simplex.
const REACH: f64 = 0.2;

type PlanePoint = [f64; 2];

/// The lowest point near `start`, by Nelder's and Mead's simplex (1965, The Computer Journal 7:308). Values that are
/// no numbers count as high.
pub(super) fn lowest(function: impl Fn(PlanePoint) -> f64, start: PlanePoint) -> PlanePoint {
    let height = |at: PlanePoint| Some(function(at)).filter(|value| !value.is_nan()).unwrap_or(f64::INFINITY);
    let corner = |at: PlanePoint| (height(at), at);
    let mut simplex =
        [corner(start), corner([start[0] + REACH, start[1]]), corner([start[0], start[1] + REACH])];
    for _ in 0..EVALUATIONS {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        let [best, middle, worst] = simplex;
        let extent =
            |axis: usize| (worst.1[axis] - best.1[axis]).abs() + (middle.1[axis] - best.1[axis]).abs();
        if extent(0) < SETTLED && extent(1) < SETTLED {
            break;
        }
        // A point on the line from the worst corner through the middle of the others.
        let beyond = |factor: f64| {
            corner([0, 1].map(|axis| {
                let centre = best.1[axis].midpoint(middle.1[axis]);
                centre + factor * (centre - worst.1[axis])
            }))
        };
        let reflected = beyond(1.0);
        let candidate = if reflected.0 < best.0 {
            let expanded = beyond(2.0);
            if expanded.0 < reflected.0 { expanded } else { reflected }
        } else if reflected.0 < middle.0 {
            reflected
        } else {
            let contracted = if reflected.0 < worst.0 { beyond(0.5) } else { beyond(-0.5) };
            if contracted.0 >= worst.0.min(reflected.0) {
                for shrunk in &mut simplex[1..] {
                    *shrunk = corner([0, 1].map(|axis| shrunk.1[axis].midpoint(best.1[axis])));
                }
                continue;
            }
            contracted
        };
        simplex[2] = candidate;
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    simplex[0].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        let valley = |[x, y]: PlanePoint| (1.0 - x).powi(2) + 5.0 * (y - x * x).powi(2);
        let [x, y] = lowest(valley, [-0.5, 0.8]);
        assert!((x - 1.0).abs() < 1e-3 && (y - 1.0).abs() < 1e-3, "{x} {y}");
    }

    #[test]
    fn places_without_a_value_are_avoided() {
        let [x, _] = lowest(|[x, y]| x - x.ln() + y * y, [0.1, 0.3]);
        assert!((x - 1.0).abs() < 1e-3, "{x}");
    }
}
