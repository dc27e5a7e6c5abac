//! `relay token`: a new token for a caller.

use rand::RngExt as _;

use super::super::{Result, say};

/// Prints 128 random bits, in hexadecimal.
pub(super) fn run() -> Result<()> {
    say(format!("{:032x}", rand::rng().random::<u128>()))?;
    Ok(())
}
