//! Measures a derived notification beside the same message written by hand and with askama:
//!
//! ```sh
//! cargo bench -p dingtalk-benches --bench rendering
//! ```
//!
//! There are two versions each by hand and with askama: one with obvious escaping, one tuned. Measurements
//! alternate between all of them, so that other load on the machine affects them all, and the best turn of
//! each counts. The position of a loop in the binary still changes each result by several percent from build
//! to build.
//!
//! With the name of one version as an argument, only renders that one, for tools that count instructions:
//!
//! ```sh
//! valgrind --tool=callgrind target/release/deps/rendering-… derive
//! ```

mod by_askama;
mod by_hand;
mod derived;
mod escape;

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use dingtalk_core::{Message, Notification as _, Url};

use crate::{
    derived::CpuAlert,
    escape::{Escaped, Tuned},
};

const TURNS: usize = 1500;
const MESSAGES_PER_TURN: u32 = 200;

/// One way to write the message.
struct Subject {
    name: &'static str,
    render: fn(&CpuAlert) -> Message,
}

const SUBJECTS: [Subject; 5] = [
    Subject { name: "derive", render: derived },
    Subject { name: "hand", render: |alert| by_hand::message(alert, Escaped) },
    Subject { name: "askama", render: by_askama::message },
    Subject { name: "hand-tuned", render: |alert| by_hand::message(alert, Tuned) },
    Subject { name: "askama-tuned", render: by_askama::tuned_message },
];

fn main() -> Result<(), Box<dyn Error>> {
    let alert = alert()?;
    let expected = derived(&alert);
    for subject in &SUBJECTS {
        assert_eq!((subject.render)(&alert), expected, "{} writes another message", subject.name);
    }
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    match SUBJECTS.iter().find(|subject| wanted.iter().any(|name| name == subject.name)) {
        Some(subject) => {
            turn(subject, &alert);
        }
        None => compare(&alert)?,
    }
    Ok(())
}

/// Plain words, words that look like Markdown, and Markdown.
fn alert() -> Result<CpuAlert, Box<dyn Error>> {
    let processes = [
        "nginx: worker process",
        "java -jar order_service.jar --port 8080",
        "/usr/bin/python3 -m __main__",
        "备份任务 *nightly* [full]",
        "postgres: checkpointer",
    ];
    Ok(CpuAlert {
        host: "web-3.example.com".to_owned(),
        percent: 97.25,
        cluster: "华东_prod_2".to_owned(),
        summary: "load < 4 expected, *still rising* since 10:05, see <b>runbook</b>".to_owned(),
        processes: processes.map(str::to_owned).to_vec(),
        runbook: Some(Url::new("https://example.com/runbooks/cpu?host=web-3")?),
    })
}

fn derived(alert: &CpuAlert) -> Message {
    alert.message().unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn turn(subject: &Subject, alert: &CpuAlert) -> Duration {
    let start = Instant::now();
    for _ in 0..MESSAGES_PER_TURN {
        black_box((subject.render)(black_box(alert)));
    }
    start.elapsed() / MESSAGES_PER_TURN
}

fn compare(alert: &CpuAlert) -> io::Result<()> {
    let mut best = [Duration::MAX; SUBJECTS.len()];
    for _ in 0..TURNS {
        for (subject, best) in SUBJECTS.iter().zip(&mut best) {
            *best = (*best).min(turn(subject, alert));
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{:<14}{:>7}{:>16}", "one message", "ns", "derive / this")?;
    for (subject, time) in SUBJECTS.iter().zip(best) {
        let (ours, time) = (best[0].as_secs_f64(), time.as_secs_f64());
        writeln!(out, "{:<14}{:>7.0}{:>16.2}", subject.name, time * 1e9, ours / time)?;
    }
    Ok(())
}
