//! The robots that a call chooses from.

use crate::definition::Deployment;

/// Returns their names.
pub(super) fn names(deployment: &Deployment) -> Vec<String> {
    deployment.robots.iter().map(|(name, _)| name.clone()).collect()
}
