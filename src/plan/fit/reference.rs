//! The model that comes with the program, for when nobody names a run.

use std::io::Read;

use flate2::read::GzDecoder;

use super::{FittedModel, model_file};

/// Fitted ahead of time to the shipped sweep on the embedded service; `scripts/reference` writes it.
const FITTED: &[u8] = include_bytes!("reference.json.gz");

/// The model of the rehearsed sweep that comes with the program.
///
/// # Errors
/// Never, as a test shows.
pub fn reference() -> Result<FittedModel, String> {
    let mut text = String::new();
    GzDecoder::new(FITTED).read_to_string(&mut text).map_err(|error| error.to_string())?;
    model_file::parse(&text, "the rehearsed sweep that comes with the program")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_rehearsed_sweep_with_all_that_a_plan_needs() {
        let model = reference().unwrap();
        assert!(model.basis.rehearsal && model.basis.measured_n_max >= Some(4000.0));
        assert!(model.resampled.len() >= 400 && model.findings.is_some() && model.slowest.is_some());
        assert!(model.profile.copy.is_contended());
    }
}
