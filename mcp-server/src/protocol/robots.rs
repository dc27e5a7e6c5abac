//! The robots that a call chooses from.

use crate::definition::Deployment;

/// Their names.
pub(super) fn names(deployment: &Deployment) -> Vec<String> {
    deployment.robots.iter().map(|(name, _)| name.clone()).collect()
}
