use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    time::Instant,
};

use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{nested}\n{gaps}\n{array} {slice} {rows}\n{twice} {labels} {names} {file} {begun} {pair}"))]
struct Report {
    nested: Option<Vec<String>>,
    gaps: Vec<Option<u32>>,
    array: [u8; 3],
    slice: &'static [u8],
    rows: Vec<Vec<String>>,
    twice: Option<Option<String>>,
    labels: HashMap<String, String>,
    names: BTreeSet<String>,
    file: PathBuf,
    begun: Instant,
    pair: (String, u32),
}

fn main() {}
