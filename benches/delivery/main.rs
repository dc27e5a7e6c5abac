//! Measures delivery beside its bare parts, in one run:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench delivery
//! ```
//!
//! - signing beside an HMAC with the same prepared key over the same bytes;
//! - a robot without pace beside a bare reqwest POST of the same body, to a server on loopback;
//! - the instructions of a send, with and without pace, if `valgrind` is installed.
//!
//! Measurements alternate between the two, so that other load on the machine affects both.

mod instructions;
mod subject;

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{self, Write as _},
    net::SocketAddr,
    time::{Duration, Instant},
};

use dingtalk_benches::robot;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::subject::{SECRET, Subject, TIMESTAMP_MS, prepared_key, signed_bytes, signer};

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const SIGNATURES: u32 = 1000;
const SIGNING_TURNS: usize = 1001;

const SENDS: u32 = 200;
const SENDING_TURNS: usize = 101;
const CONCURRENT: [usize; 2] = [1, 32];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == instructions::MODE) {
        return instructions::carry_out(&arguments[at + 1..]);
    }
    let robot = robot::start()?;
    signing()?;
    sending(robot)?;
    instructions::measure(robot)
}

fn signing() -> Result<()> {
    let (signer, key, mut bytes) = (signer(), prepared_key(), signed_bytes());
    let last_digit = bytes.iter().position(|byte| *byte == b'\n').ok_or("a line break")? - 1;
    let (mut bare, mut ours, mut query) = (Vec::new(), Vec::new(), Vec::new());
    // Each signed time depends on the signature before it: a program waits for one before it needs the next.
    let mut last = 0;
    for _ in 0..SIGNING_TURNS {
        bare.push(time(SIGNATURES, || {
            bytes[last_digit] = b'0' + last % 8;
            last = hmac(&key, &bytes)[0];
        }));
        ours.push(time(SIGNATURES, || {
            last = signer.sign(TIMESTAMP_MS + u64::from(last % 8)).as_bytes()[0];
        }));
        query.push(time(SIGNATURES, || {
            let signature = signer.sign(TIMESTAMP_MS + u64::from(last % 8)).to_query();
            last = signature.as_bytes()[0];
        }));
    }
    black_box(last);
    let mut out = io::stdout().lock();
    writeln!(out, "signing, medians of {SIGNING_TURNS} turns of {SIGNATURES}, {} bytes", bytes.len())?;
    for (name, times) in [("bare HMAC", &bare), ("Signer::sign", &ours), ("and for the URL", &query)] {
        writeln!(out, "  {name:<24}{:>9.1} ns{:>8.2} x the time", median(times), ratio(times, &bare))?;
    }
    Ok(())
}

pub(crate) fn hmac(key: &Hmac<Sha256>, bytes: &[u8]) -> [u8; 32] {
    let mut hmac = key.clone();
    hmac.update(bytes);
    hmac.finalize().into_bytes().into()
}

fn sending(robot: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for concurrent in CONCURRENT {
        let subjects = [Subject::bare(robot)?, Subject::unpaced(robot)?, Subject::paced(robot)?];
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for subject in &subjects {
            runtime.block_on(subject.send_all(SENDS, concurrent))?;
        }
        for _ in 0..SENDING_TURNS {
            for (subject, times) in subjects.iter().zip(&mut times) {
                let start = Instant::now();
                runtime.block_on(subject.send_all(SENDS, concurrent))?;
                times.push(per_operation(start.elapsed(), SENDS));
            }
        }
        let [bare, unpaced, paced] = times;
        let mut out = io::stdout().lock();
        writeln!(out, "sending, {concurrent} concurrent, medians of {SENDING_TURNS} turns of {SENDS}")?;
        for (name, times) in
            [("bare reqwest", &bare), ("Robot without pace", &unpaced), ("Robot with pace", &paced)]
        {
            let time = median(times);
            let (throughput, ratio) = (1e9 / time, ratio(&bare, times));
            writeln!(
                out,
                "  {name:<24}{:>9.1} us{throughput:>10.0}/s{ratio:>8.2} x the throughput",
                time / 1e3
            )?;
        }
    }
    Ok(())
}

/// Duration of one operation, in nanoseconds.
fn time<R>(operations: u32, mut operation: impl FnMut() -> R) -> f64 {
    let start = Instant::now();
    for _ in 0..operations {
        black_box(operation());
    }
    per_operation(start.elapsed(), operations)
}

fn per_operation(elapsed: Duration, operations: u32) -> f64 {
    elapsed.as_secs_f64() * 1e9 / f64::from(operations)
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Median of the ratios of single turns, in each of which the machine was the same.
fn ratio(of: &[f64], to: &[f64]) -> f64 {
    median(&of.iter().zip(to).map(|(of, to)| of / to).collect::<Vec<_>>())
}

/// The secret is as long as DingTalk's.
const _: () = assert!(SECRET.len() == 67);
