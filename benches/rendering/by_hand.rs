//! The same message with `write!` into strings of the right size.

use std::fmt::{self, Display, Write as _};

use dingtalk_core::Message;

use crate::derived::CpuAlert;

/// More than the message needs, so that no string grows.
const TITLE_BYTES: usize = 64;
const TEXT_BYTES: usize = 1024;

/// `escaped` escapes the values.
pub(crate) fn message<'a, E: Display>(alert: &'a CpuAlert, escaped: impl Fn(&'a str) -> E) -> Message {
    let mut title = String::with_capacity(TITLE_BYTES);
    let mut text = String::with_capacity(TEXT_BYTES);
    // Writing to a string cannot fail.
    let _ = write_title(&mut title, alert);
    let _ = write_text(&mut text, alert, escaped);
    Message::markdown(title, text)
}

fn write_title(out: &mut String, alert: &CpuAlert) -> fmt::Result {
    write!(out, "CPU {:.0}% on {}", alert.percent, alert.host)
}

fn write_text<'a, E: Display>(
    out: &mut String,
    alert: &'a CpuAlert,
    escaped: impl Fn(&'a str) -> E,
) -> fmt::Result {
    let CpuAlert { host, percent, cluster, summary, processes, runbook } = alert;
    write!(out, "### CPU {percent:.1}% on {}\n\n", escaped(host))?;
    write!(out, "Cluster **{}**: {}", escaped(cluster), escaped(summary))?;
    if !processes.is_empty() {
        out.push('\n');
    }
    for process in processes {
        write!(out, "\n- {}", escaped(process))?;
    }
    if let Some(runbook) = runbook {
        write!(out, "\n\n[Runbook]({runbook})")?;
    }
    out.push_str("\n\nNobody is called before 08:00.");
    Ok(())
}
