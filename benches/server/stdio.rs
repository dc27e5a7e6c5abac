//! A client over a server's stdin and stdout.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::{Result, process::Process};

pub(crate) struct Pipes {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    line: String,
}

pub(crate) fn start(command: &mut Command) -> Result<(Process, Pipes)> {
    let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let stdin = process.child().stdin.take().ok_or("no stdin")?;
    let stdout = BufReader::new(process.child().stdout.take().ok_or("no stdout")?);
    Ok((process, Pipes { stdin, stdout, line: String::new() }))
}

impl Pipes {
    pub(crate) fn write(&mut self, message: &Value) -> Result<()> {
        self.stdin.write_all(format!("{message}\n").as_bytes())?;
        Ok(())
    }

    /// Reads the next message, which is an answer: these servers send nothing else.
    pub(crate) fn read(&mut self) -> Result<Value> {
        self.line.clear();
        if self.stdout.read_line(&mut self.line)? == 0 {
            return Err("the server ended".into());
        }
        Ok(serde_json::from_str(&self.line)?)
    }

    pub(crate) fn request(&mut self, message: &Value) -> Result<Value> {
        self.write(message)?;
        self.read()
    }

    /// Makes requests, `concurrent` of them at a time, and passes their answers to `check`.
    pub(crate) fn request_all(
        &mut self,
        concurrent: usize,
        requests: impl IntoIterator<Item = Value>,
        check: impl Fn(&Value) -> Result<()>,
    ) -> Result<()> {
        let mut requests = requests.into_iter();
        let mut open = 0;
        for request in requests.by_ref().take(concurrent) {
            self.write(&request)?;
            open += 1;
        }
        while open > 0 {
            check(&self.read()?)?;
            match requests.next() {
                Some(request) => self.write(&request)?,
                None => open -= 1,
            }
        }
        Ok(())
    }
}
