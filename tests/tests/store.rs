//! The stores of a queue do what their model does.

use dingtalk_tests::store_model::{MemoryHarness, check_store};

#[test]
fn the_store_in_memory() {
    check_store::<MemoryHarness>(256);
}
