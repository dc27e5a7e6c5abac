//! Random histories of two workers that share a window.

use dingtalk_tests::window_model::{InFile, InMemory, check_workers};

#[test]
fn in_memory() {
    check_workers::<InMemory>(256);
}

#[test]
fn in_a_file() {
    check_workers::<InFile>(48);
}
