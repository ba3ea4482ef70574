//! The colours of charts and what they turn into on a dark page.
//!
//! Series use the colours of Okabe and Ito (*Color Universal Design*, 2008), which colour-blind readers can tell
//! apart. A drawing names the colours for light paper; a dark page overrides them with [`dark_css`].

use std::fmt::Write as _;

/// A colour on light paper and on a dark page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Red, green and blue on light paper.
    pub light: [u8; 3],
    /// Red, green and blue on a dark page.
    pub dark: [u8; 3],
}

const fn colour(light: u32, dark: u32) -> Colour {
    const fn parts(rgb: u32) -> [u8; 3] {
        let [_, red, green, blue] = rgb.to_be_bytes();
        [red, green, blue]
    }
    Colour { light: parts(light), dark: parts(dark) }
}

/// Background.
pub const CARD: Colour = colour(0xFF_FF_FF, 0x16_1B_22);
/// Titles and names.
pub const INK: Colour = colour(0x1A_1F_24, 0xE6_ED_F3);
/// Axis labels and notes.
pub const MUTED: Colour = colour(0x57_60_6A, 0x9D_A7_B3);
/// Grid lines.
pub const GRID: Colour = colour(0xE3_E6_E9, 0x2B_31_39);
/// Axes and borders.
pub const FRAME: Colour = colour(0x8C_95_9F, 0x6E_76_81);
/// First series.
pub const BLUE: Colour = colour(0x00_72_B2, 0x56_B4_E9);
/// Second series, and what went wrong.
pub const VERMILION: Colour = colour(0xD5_5E_00, 0xFF_8F_3F);
/// Third series.
pub const GREEN: Colour = colour(0x00_9E_73, 0x2F_C9_9E);
/// Fourth series.
pub const ORANGE: Colour = colour(0xC9_8A_00, 0xE6_9F_00);
/// Fifth series.
pub const PURPLE: Colour = colour(0xB0_5A_8A, 0xCC_79_A7);

/// Levels of a sweep, from the first to the last.
const LEVELS: [Colour; 8] = [
    colour(0x6B_B1_DE, 0x35_61_8A),
    colour(0x4F_9F_D2, 0x3F_76_A6),
    colour(0x3A_8B_C2, 0x4A_8B_C0),
    colour(0x28_77_AF, 0x5B_9F_D3),
    colour(0x1A_63_99, 0x74_B3_E0),
    colour(0x10_4F_80, 0x92_C6_EA),
    colour(0x0A_3C_65, 0xB1_D8_F2),
    colour(0x06_29_48, 0xD2_E9_F9),
];

/// The shade of level `index` of `count`.
#[must_use]
pub fn level(index: usize, count: usize) -> Colour {
    let last = LEVELS.len() - 1;
    match count {
        0 | 1 => BLUE,
        _ => LEVELS[(index * last / (count - 1)).min(last)],
    }
}

/// Style rules that turn the colours of a drawing inside `scope` into those for a dark page.
#[must_use]
pub fn dark_css(scope: &str) -> String {
    let named = [CARD, INK, MUTED, GRID, FRAME, BLUE, VERMILION, GREEN, ORANGE, PURPLE];
    let mut css = String::new();
    for Colour { light, dark } in named.into_iter().chain(LEVELS) {
        let (light, dark) = (hex(light), hex(dark));
        for property in ["fill", "stroke"] {
            // Writing to a string cannot fail.
            let _ = writeln!(css, "{scope} [{property}=\"{light}\"] {{ {property}: {dark} }}");
        }
    }
    css
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_spread_over_all_shades_and_stay_in_range() {
        assert_eq!((level(0, 1), level(0, 3), level(2, 3)), (BLUE, LEVELS[0], LEVELS[7]));
        assert_eq!(level(99, 100), LEVELS[7]);
        assert!((0..8).map(|index| level(index, 8)).eq(LEVELS));
    }
}
