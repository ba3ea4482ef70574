//! Halving an interval until the place is known at which something begins to hold.

/// The first number above `low`, which fails, up to `high`, which holds.
pub(super) fn first(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

/// A place between `low`, which fails, and `high`, which holds, that holds, after so many halvings.
pub(super) fn place(mut low: f64, mut high: f64, halvings: usize, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..halvings {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_holds_is_found() {
        assert_eq!(first(0, 100, |n| n >= 37), 37);
        assert_eq!(first(0, 1, |_| true), 1);
        assert!((place(0.0, 4.0, 50, |x| x * x >= 2.0) - 2f64.sqrt()).abs() < 1e-12);
    }
}
