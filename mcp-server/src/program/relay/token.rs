//! `relay token`: a new token for a caller.

use rand::RngExt as _;

use super::super::{Result, say};

/// Prints 128 random bits, in hexadecimal.
pub(super) fn run() -> Result<()> {
    let bits: [u8; 16] = rand::rng().random();
    say(bits.iter().map(|byte| format!("{byte:02x}")).collect::<String>())?;
    Ok(())
}
