//! A server in a process of its own, observed from outside: its memory and its CPU time.

use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};

use crate::Result;

/// The unit of CPU time in `/proc`: a hundredth of a second on every Linux that runs on an x86 or an ARM.
const TICK: Duration = Duration::from_millis(10);

/// Positions of user and system time in `/proc/<pid>/stat`, counted from the end of the program's name.
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

/// Killed when this value is dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Ok(Self(command.spawn()?))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024)
    }

    /// CPU time of all threads, in the program and in the kernel.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        let stat = self.read("stat")?;
        let (_, behind_name) = stat.rsplit_once(") ").ok_or("no name in stat")?;
        let fields: Vec<&str> = behind_name.split(' ').collect();
        let ticks = |at: usize| -> Result<u32> { Ok(fields.get(at).ok_or("stat is short")?.parse()?) };
        Ok(TICK * (ticks(USER_TIME)? + ticks(SYSTEM_TIME)?))
    }

    fn read(&self, file: &str) -> Result<String> {
        Ok(fs::read_to_string(format!("/proc/{}/{file}", self.0.id()))?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
