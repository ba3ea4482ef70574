//! A row of bars made of characters.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The values as bars from 0 to their maximum, neighbours averaged so that at most `width` bars remain.
#[must_use]
pub(super) fn sparkline(values: &[f64], width: usize) -> String {
    let per_bar = values.len().div_ceil(width.max(1)).max(1);
    let means: Vec<f64> =
        values.chunks(per_bar).map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64).collect();
    let max = means.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| if max > 0.0 { (value / max * 7.0).round() as usize } else { 0 };
    means.iter().map(|value| BARS[bar(value).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_with_the_values_and_fit_the_width() {
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&[0.0, 0.0], 10), "▁▁");
        assert_eq!(sparkline(&[0.0, 3.5, 7.0], 10), "▁▅█");
        assert_eq!(sparkline(&[0.0, 2.0, 6.0, 8.0], 2), "▂█");
        assert_eq!(sparkline(&vec![1.0; 1_000_000], 60).chars().count(), 60);
    }
}
