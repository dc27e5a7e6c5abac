//! Lines on their way to stderr. A client may never read stderr: nothing but the queue's own thread waits for it.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Maximum size of the waiting lines of one kind, in bytes. Further ones are dropped.
const MAX_BYTES: usize = 256 * 1024;

/// Stack of the thread, which only writes.
const STACK: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Calls and failures, which have space of their own: an operator needs them most.
    Important,
    Other,
}

/// Writes lines in order, with a thread that starts with the first one. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified of a line that was added, and of one that was written.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    important: Waiting,
    other: Waiting,
    /// Number of lines so far.
    added: u64,
    /// Number of lines that were dropped since the last one that told of it.
    dropped: u64,
    is_writing: bool,
    has_thread: bool,
}

#[derive(Default)]
struct Waiting {
    /// Lines, each with its number.
    lines: VecDeque<(u64, Vec<u8>)>,
    bytes: usize,
}

impl Queue {
    /// Adds a line that ends with a line feed, without waiting. If its kind has no space, it is dropped.
    pub(super) fn add(&self, kind: Kind, line: Vec<u8>, open: impl FnOnce() -> Box<dyn Write + Send>) {
        let mut state = self.lock();
        let number = state.added;
        let waiting = match kind {
            Kind::Important => &mut state.important,
            Kind::Other => &mut state.other,
        };
        if waiting.bytes + line.len() > MAX_BYTES {
            state.dropped += 1;
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back((number, line));
        state.added += 1;
        if !state.has_thread {
            let (queue, output) = (self.clone(), open());
            let thread = thread::Builder::new().name("log".to_owned()).stack_size(STACK);
            state.has_thread = thread.spawn(move || queue.write_to(output)).is_ok();
        }
        self.0.changed.notify_all();
    }

    /// Waits until all lines are written, at most for this time, and reports whether they are.
    pub(super) fn flush(&self, at_most: Duration) -> bool {
        let wait = self.0.changed.wait_timeout_while(self.lock(), at_most, |state| !state.is_idle());
        let (state, _) = wait.unwrap_or_else(PoisonError::into_inner);
        state.is_idle()
    }

    /// Writes lines, for ever.
    fn write_to(&self, mut output: Box<dyn Write + Send>) {
        loop {
            let wait = self.0.changed.wait_while(self.lock(), |state| state.is_empty());
            let mut state = wait.unwrap_or_else(PoisonError::into_inner);
            let Some(line) = state.take() else { continue };
            state.is_writing = true;
            drop(state);
            // A closed stderr is no reason to fail.
            let _ = output.write_all(&line).and_then(|()| output.flush());
            self.lock().is_writing = false;
            self.0.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.important.lines.is_empty() && self.other.lines.is_empty()
    }

    fn is_idle(&self) -> bool {
        self.is_empty() && !self.is_writing
    }

    /// Takes the oldest line, which tells how many were dropped.
    fn take(&mut self) -> Option<Vec<u8>> {
        let number = |waiting: &Waiting| waiting.lines.front().map_or(u64::MAX, |(number, _)| *number);
        let oldest =
            if number(&self.important) < number(&self.other) { &mut self.important } else { &mut self.other };
        let (_, mut line) = oldest.lines.pop_front()?;
        oldest.bytes -= line.len();
        if self.dropped > 0 {
            tell(&mut line, self.dropped);
            self.dropped = 0;
        }
        Some(line)
    }
}

/// Adds the number of dropped lines to a line of text or JSON.
fn tell(line: &mut Vec<u8>, dropped: u64) {
    while line.pop_if(|byte| *byte == b'\n').is_some() {}
    let told = match line.pop_if(|byte| *byte == b'}') {
        Some(_) => format!(",\"dropped_lines\":{dropped}}}\n"),
        None => format!(" dropped_lines={dropped}\n"),
    };
    line.extend_from_slice(told.as_bytes());
}

/// Opens stderr without its lock, which a blocked write would hold.
pub(super) fn stderr() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;

        if let Ok(descriptor) = io::stderr().as_fd().try_clone_to_owned() {
            return Box::new(std::fs::File::from(descriptor));
        }
    }
    Box::new(io::stderr())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Hands each line over, and blocks until it is taken.
    struct Pipe(SyncSender<String>);

    impl Write for Pipe {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8_lossy(line).into_owned()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn queue() -> (Queue, impl Fn(&Queue, Kind, &str), Receiver<String>) {
        let (sender, receiver) = sync_channel(0);
        let add = move |queue: &Queue, kind, line: &str| {
            let sender = sender.clone();
            queue.add(kind, line.as_bytes().to_vec(), || Box::new(Pipe(sender)));
        };
        (Queue::default(), add, receiver)
    }

    #[test]
    fn lines_are_written_in_their_order() {
        let (queue, add, written) = queue();
        for line in 0..10 {
            add(&queue, if line % 3 == 0 { Kind::Important } else { Kind::Other }, &format!("{line}\n"));
        }
        let lines: Vec<String> = written.iter().take(10).collect();
        assert_eq!(lines.concat(), "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        assert!(queue.flush(Duration::from_secs(10)));
    }

    #[test]
    fn a_blocked_reader_costs_lines_and_the_important_ones_last() {
        let (queue, add, written) = queue();
        let long = format!("{}\n", "x".repeat(MAX_BYTES / 4));
        for _ in 0..10 {
            add(&queue, Kind::Other, &long);
        }
        add(&queue, Kind::Important, "{\"tool\":\"a\"}\n");
        assert!(!queue.flush(Duration::from_millis(1)), "nobody has read anything");
        let mut lines: Vec<String> = Vec::new();
        while !lines.last().is_some_and(|line| line.starts_with('{')) {
            lines.push(written.recv().unwrap());
        }
        // One may be in the thread's hands.
        let kept = lines.iter().filter(|line| line.starts_with('x')).count();
        assert!((3..=4).contains(&kept), "{kept}");
        let told: u64 = lines
            .iter()
            .filter_map(|line| line.split_once("dropped_lines"))
            .filter_map(|(_, rest)| rest.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().ok())
            .sum();
        assert_eq!(told, 10 - kept as u64);
        assert!(queue.flush(Duration::from_secs(10)));
    }

    #[test]
    fn dropped_lines_are_told_in_text_and_in_json() {
        for (line, expected) in [
            ("{\"tool\":\"a\"}\n", "{\"tool\":\"a\",\"dropped_lines\":3}\n"),
            ("WARN rmcp: x\n", "WARN rmcp: x dropped_lines=3\n"),
        ] {
            let mut line = line.as_bytes().to_vec();
            tell(&mut line, 3);
            assert_eq!(String::from_utf8(line).unwrap(), expected);
        }
    }
}
