//! How much reserved concurrency, and how fast to publish.
use super::{Cannot, Wish};
use crate::plan::ground::Ground;
use crate::plan::recommendation::{BindingLimit, LambdaPlan};
pub(super) fn plan(_ground: &Ground, _wish: &Wish) -> Result<LambdaPlan, Box<Cannot>> {
    todo!()
}
pub(super) fn limits(_ground: &Ground, _plan: &LambdaPlan) -> Vec<BindingLimit> {
    Vec::new()
}
