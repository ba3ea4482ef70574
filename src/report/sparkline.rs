//! A row of bars made of characters.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How a number changed, for where a chart is too much.
#[derive(Debug, Clone)]
pub struct Sparkline {
    /// What was counted.
    pub name: String,
    /// The numbers in their order.
    pub values: Vec<f64>,
    /// The same in words.
    pub note: String,
}

impl Sparkline {
    /// The values as bars from 0 to their maximum, neighbours averaged so that at most `width` bars remain.
    #[must_use]
    pub fn bars(&self, width: usize) -> String {
        let per_bar = self.values.len().div_ceil(width.max(1)).max(1);
        let means: Vec<f64> =
            self.values.chunks(per_bar).map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64).collect();
        let max = means.iter().copied().fold(0.0, f64::max);
        let bar = |value: &f64| if max > 0.0 { (value / max * 7.0).round() as usize } else { 0 };
        means.iter().map(|value| BARS[bar(value).min(7)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_with_the_values_and_fit_the_width() {
        let bars = |values: &[f64], width| {
            Sparkline { name: String::new(), values: values.into(), note: String::new() }.bars(width)
        };
        assert_eq!(bars(&[], 10), "");
        assert_eq!(bars(&[0.0, 0.0], 10), "▁▁");
        assert_eq!(bars(&[0.0, 3.5, 7.0], 10), "▁▅█");
        assert_eq!(bars(&[0.0, 2.0, 6.0, 8.0], 2), "▂█");
        assert_eq!(bars(&vec![1.0; 1_000_000], 60).chars().count(), 60);
    }
}
