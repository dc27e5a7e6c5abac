//! Allocations of signing.
#![cfg(feature = "robot")]

use allocation_counter::measure;
use dingtalk_core::delivery::Signer;

#[test]
fn a_signature_is_made_without_a_heap_and_its_query_with_one_allocation() {
    let signer = Signer::new("SEC0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    let mut signature = None;
    assert_eq!(measure(|| signature = Some(signer.sign(1_700_000_000_000))).count_total, 0);
    let mut query = None;
    assert_eq!(measure(|| query = signature.map(|signature| signature.to_query())).count_total, 1);
    assert!(query.is_some());
}
