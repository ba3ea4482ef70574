//! Non-linear least squares in three parameters, some of which may be held.
//!
//! Levenberg's and Marquardt's method on the normal equations, damped in proportion to their diagonal
//! (Marquardt 1963, SIAM J. Appl. Math. 11:431). Three parameters need no general solver.

/// Three parameters, or a direction among them.
pub(super) type Vector = [f64; 3];
type Matrix = [Vector; 3];

/// A measured value at a place, and how much it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Requests in flight, N.
    pub n: f64,
    /// Completions per second, X.
    pub x_per_s: f64,
    /// Weight of its squared residual: 1 for equal noise, 1/s² for a value with standard error s.
    pub weight: f64,
}

impl Point {
    /// A point that counts as much as any other.
    #[must_use]
    pub fn new(n: f64, x_per_s: f64) -> Self {
        Self { n, x_per_s, weight: 1.0 }
    }

    /// A point whose noise is a fixed share of its value, as counts over equal numbers of requests have.
    #[must_use]
    pub fn relative(n: f64, x_per_s: f64) -> Self {
        Self { n, x_per_s, weight: x_per_s.powi(-2) }
    }
}

/// A model's value at N and its derivatives by the parameters; None where it is not defined.
pub(super) type ModelFunction = fn(&Vector, f64) -> Option<(f64, Vector)>;

/// Where the weighted sum of squares is smallest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Minimum {
    pub at: Vector,
    pub squares: f64,
    /// (JᵀWJ)⁻¹: times the residual variance, the covariance. Zero for held parameters.
    pub inverse: Matrix,
}

/// Rounds after which the search ends wherever it is; fits of the scalability law take about ten.
const ROUNDS: usize = 200;
/// Damping at which no step helps any more: the minimum is reached.
const LARGEST_DAMPING: f64 = 1e12;
const SMALLEST_DAMPING: f64 = 1e-15;
/// Relative gain below which the sum of squares has settled.
const SETTLED: f64 = 1e-14;

/// Minimises Σ w(x − model(n))² from `start` over the parameters that are `free`; None when the points do not
/// determine them or the model is not defined at the start.
pub(super) fn minimise(
    points: &[Point],
    model: ModelFunction,
    start: Vector,
    free: [bool; 3],
) -> Option<Minimum> {
    let mut at = start;
    let mut squares = sum_of_squares(points, model, &at)?;
    let mut damping = 1e-3;
    for _ in 0..ROUNDS {
        let (normal, slope) = equations(points, model, &at, free)?;
        let mut damped = normal;
        (0..3).for_each(|i| damped[i][i] *= 1.0 + damping);
        let step = solve(&damped, &slope)?;
        let next = [at[0] + step[0], at[1] + step[1], at[2] + step[2]];
        match sum_of_squares(points, model, &next) {
            Some(less) if less <= squares => {
                let settled = squares - less <= SETTLED * squares;
                (at, squares) = (next, less);
                damping = (damping / 10.0).max(SMALLEST_DAMPING);
                if settled {
                    break;
                }
            }
            _ if damping > LARGEST_DAMPING => break,
            _ => damping *= 10.0,
        }
    }
    let (normal, _) = equations(points, model, &at, free)?;
    let mut inverse = [[0.0; 3]; 3];
    for i in (0..3).filter(|&i| free[i]) {
        let mut unit = [0.0; 3];
        unit[i] = 1.0;
        inverse[i] = solve(&normal, &unit)?;
    }
    Some(Minimum { at, squares, inverse })
}

/// Weighted sum of squared residuals; None where the model is not defined at a point.
fn sum_of_squares(points: &[Point], model: ModelFunction, at: &Vector) -> Option<f64> {
    let sum = points.iter().try_fold(0.0, |sum, point| {
        let (value, _) = model(at, point.n)?;
        Some(sum + point.weight * (point.x_per_s - value).powi(2))
    })?;
    sum.is_finite().then_some(sum)
}

/// JᵀWJ and JᵀW·residuals, with the rows of held parameters made those of the unit matrix and zero.
fn equations(
    points: &[Point],
    model: ModelFunction,
    at: &Vector,
    free: [bool; 3],
) -> Option<(Matrix, Vector)> {
    let mut normal = [[0.0; 3]; 3];
    let mut slope = [0.0; 3];
    for point in points {
        let (value, mut gradient) = model(at, point.n)?;
        (0..3).filter(|&i| !free[i]).for_each(|i| gradient[i] = 0.0);
        for i in 0..3 {
            slope[i] += point.weight * gradient[i] * (point.x_per_s - value);
            (0..3).for_each(|j| normal[i][j] += point.weight * gradient[i] * gradient[j]);
        }
    }
    (0..3).filter(|&i| !free[i]).for_each(|i| normal[i][i] = 1.0);
    Some((normal, slope))
}

/// Solves a symmetric positive definite system by Gaussian elimination, which is stable for such systems
/// without pivoting whatever their scale; None when it is singular to working precision.
pub(super) fn solve(matrix: &Matrix, right: &Vector) -> Option<Vector> {
    let (mut rows, mut x) = (*matrix, *right);
    for pivot in 0..3 {
        // What is left of the diagonal says how much of the parameter is not explained by those before it.
        if rows[pivot][pivot].is_nan() || rows[pivot][pivot] <= 1e-13 * matrix[pivot][pivot].abs() {
            return None;
        }
        for row in pivot + 1..3 {
            let factor = rows[row][pivot] / rows[pivot][pivot];
            (pivot..3).for_each(|column| rows[row][column] -= factor * rows[pivot][column]);
            x[row] -= factor * x[pivot];
        }
    }
    for row in (0..3).rev() {
        let known: f64 = (row + 1..3).map(|column| rows[row][column] * x[column]).sum();
        x[row] = (x[row] - known) / rows[row][row];
    }
    Some(x)
}

/// Number of different concurrencies.
pub(super) fn distinct(points: &[Point]) -> usize {
    let mut ns: Vec<f64> = points.iter().map(|point| point.n).collect();
    ns.sort_unstable_by(f64::total_cmp);
    ns.dedup();
    ns.len()
}

/// The c that makes c·shape(n) closest to the throughputs.
pub(super) fn slope(points: &[Point], shape: impl Fn(f64) -> f64) -> Option<f64> {
    let (product, square) = points.iter().fold((0.0, 0.0), |(product, square), point| {
        let shape = shape(point.n);
        (product + point.weight * shape * point.x_per_s, square + point.weight * shape * shape)
    });
    (square > 0.0).then_some(product / square)
}

/// Weighted sum of squared residuals of a model.
pub(super) fn squares(points: &[Point], x_per_s: impl Fn(f64) -> f64) -> f64 {
    points.iter().map(|point| point.weight * (point.x_per_s - x_per_s(point.n)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a·exp(−b·n) + c.
    #[expect(clippy::unnecessary_wraps, reason = "a model may be undefined; this one never is")]
    fn decay(at: &Vector, n: f64) -> Option<(f64, Vector)> {
        let fall = (-at[1] * n).exp();
        Some((at[0] * fall + at[2], [fall, -at[0] * n * fall, 1.0]))
    }

    fn points() -> Vec<Point> {
        (0..12).map(|i| Point::new(f64::from(i), decay(&[5.0, 0.3, 2.0], f64::from(i)).unwrap().0)).collect()
    }

    #[test]
    fn exact_points_give_their_parameters_back() {
        let seen = minimise(&points(), decay, [1.0, 1.0, 0.0], [true; 3]).unwrap();
        for (found, true_value) in seen.at.iter().zip([5.0, 0.3, 2.0]) {
            assert!((found / true_value - 1.0).abs() < 1e-7, "{:?}", seen.at);
        }
    }

    #[test]
    fn a_held_parameter_stays_and_has_no_variance() {
        let seen = minimise(&points(), decay, [1.0, 0.25, 0.0], [true, false, true]).unwrap();
        assert_eq!((seen.at[1], seen.inverse[1]), (0.25, [0.0; 3]));
        assert!(seen.squares > 1e-3 && seen.inverse[0][0] > 0.0);
    }

    #[test]
    fn points_that_do_not_determine_the_parameters_are_refused() {
        assert_eq!(minimise(&[Point::new(1.0, 3.0); 5], decay, [1.0, 1.0, 0.0], [true; 3]), None);
    }
}
