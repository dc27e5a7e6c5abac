//! Any text as the source of a type with `#[dingtalk(…)]`.

#![no_main]

use dingtalk_fuzz::expand_all;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| expand_all(source));
