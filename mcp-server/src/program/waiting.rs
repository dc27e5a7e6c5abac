//! Waiting for a free slot: how long at most, and what a person sees of it.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::words::words;

/// Waits that are not worth a line.
const UNNOTICED: Duration = Duration::from_millis(700);

/// Longest wait that can be asked for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Parses a duration such as `90s`, `2m` or `1h30m`; a number alone is one of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        words(
            "expected a duration of at most 24 hours, for example 90s, 2m or 1h30m",
            "应为时长，例如 90s、2m 或 1h30m，最长 24 小时",
        )
        .to_owned()
    };
    let (mut total, mut rest, mut last) = (0_u64, text.trim(), u64::MAX);
    if let Ok(seconds) = rest.parse::<u64>() {
        (total, rest) = (seconds, "");
    } else if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number = rest[..digits].parse::<u64>().map_err(|_| wrong())?;
        let seconds = match rest.as_bytes()[digits] {
            b'h' => 3600,
            b'm' => 60,
            b's' => 1,
            _ => return Err(wrong()),
        };
        // Each unit once, the largest first.
        if seconds >= last {
            return Err(wrong());
        }
        last = seconds;
        total = number.checked_mul(seconds).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = &rest[digits + 1..];
    }
    Some(Duration::from_secs(total)).filter(|total| *total <= LONGEST).ok_or_else(wrong)
}

/// Shows on stderr that a message waits, and for how long, until it is dropped. Only on a terminal: a log would get a
/// line for each second.
pub(super) async fn show(forecast: Duration, is_waiting: impl Fn() -> bool) {
    if !io::stderr().is_terminal() {
        return;
    }
    let end = Instant::now() + forecast;
    sleep(UNNOTICED).await;
    let _line = Line;
    while is_waiting() {
        let left = end.saturating_duration_since(Instant::now());
        // A closed stderr is no reason to fail.
        let _ = write!(io::stderr(), "\r{}\x1b[K", waiting(left));
        sleep(Duration::from_secs(1)).await;
    }
}

fn waiting(left: Duration) -> String {
    // Rounded up, so that it does not say zero.
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    if seconds == 0 {
        return words("waiting for a free slot (Ctrl-C cancels)", "正在等待名额（按 Ctrl-C 取消）")
            .to_owned();
    }
    words(
        format!("waiting for a free slot: about {seconds} s (Ctrl-C cancels)"),
        format!("正在等待名额：约 {seconds} 秒（按 Ctrl-C 取消）"),
    )
}

/// The line on the terminal, which is removed at the end.
struct Line;

impl Drop for Line {
    fn drop(&mut self) {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_with_units() {
        for (text, seconds) in
            [("0", 0), ("90", 90), ("90s", 90), ("2m", 120), ("1h30m", 5400), ("1m30s", 90), ("24h", 86_400)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "m", "2 m", "2min", "-1", "1.5m", "30s2m", "2m2m", "25h", "99999999999999999999h", "2分"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
