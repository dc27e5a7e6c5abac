//! The stores of a queue behave like their model.

use dingtalk_tests::store_model::{MemoryHarness, check_store};

#[test]
fn the_store_in_memory() {
    check_store::<MemoryHarness>(256);
}
