//! Instructions of one operation, counted by callgrind: identical on every run, regardless of other load on
//! the machine.
//!
//! This program runs itself under `valgrind` twice, with few and with many operations, and takes the
//! difference. The robot runs outside valgrind.

use std::{
    env,
    hint::black_box,
    io::{self, Write as _},
    net::SocketAddr,
    process::{Command, Stdio},
};

use crate::{
    Result, hmac,
    subject::{Subject, TIMESTAMP_MS, prepared_key, signed_bytes, signer},
};

/// The argument that precedes the operation.
pub(crate) const MODE: &str = "--carry-out";

const FEW: u32 = 100;
const MANY: u32 = 600;

/// Carries out one operation the given number of times: `[name, times, robot]`.
pub(crate) fn carry_out(arguments: &[String]) -> Result<()> {
    let [name, times, robot, ..] = arguments else {
        return Err("expected a name, a number and an address".into());
    };
    let (times, robot): (u32, SocketAddr) = (times.parse()?, robot.parse()?);
    let subject = match &**name {
        "hmac" => {
            let (key, bytes) = (prepared_key(), signed_bytes());
            repeat(times, || hmac(&key, black_box(&bytes)));
            return Ok(());
        }
        "sign" => {
            let signer = signer();
            repeat(times, || signer.sign(black_box(TIMESTAMP_MS)));
            return Ok(());
        }
        "bare" => Subject::bare(robot)?,
        "unpaced" => Subject::unpaced(robot)?,
        "paced" => Subject::paced(robot)?,
        _ => return Err("there is no such operation".into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(subject.send_all(times, 1))
}

fn repeat<R>(times: u32, mut operation: impl FnMut() -> R) {
    for _ in 0..times {
        black_box(operation());
    }
}

pub(crate) fn measure(robot: SocketAddr) -> Result<()> {
    let mut out = io::stdout().lock();
    let mut counts = Vec::new();
    for name in ["hmac", "sign", "bare", "unpaced", "paced"] {
        let (Some(few), Some(many)) = (count(name, FEW, robot)?, count(name, MANY, robot)?) else {
            writeln!(out, "instructions: not counted, there is no valgrind here")?;
            return Ok(());
        };
        counts.push(many.saturating_sub(few) / u64::from(MANY - FEW));
    }
    let [hmac, sign, bare, unpaced, paced] = counts[..] else { return Err("five counts expected".into()) };
    writeln!(out, "instructions of one operation")?;
    for (name, count) in [
        ("bare HMAC", hmac),
        ("Signer::sign", sign),
        ("bare reqwest", bare),
        ("Robot without pace", unpaced),
        ("Robot with pace", paced),
    ] {
        writeln!(out, "  {name:<24}{count:>9}")?;
    }
    Ok(())
}

/// Instructions of the whole process; `None` without valgrind.
fn count(name: &str, times: u32, robot: SocketAddr) -> Result<Option<u64>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([MODE, name, &times.to_string(), &robot.to_string()])
        .stdout(Stdio::null())
        .output();
    let output = match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        output => output?,
    };
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = words.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    match count {
        Some(count) if output.status.success() => Ok(Some(count)),
        _ => Err(format!("callgrind failed: {words}").into()),
    }
}
