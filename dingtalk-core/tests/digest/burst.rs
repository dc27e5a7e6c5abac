//! A realistic burst: one outage, 500 notifications from many programs.

use std::time::{Duration, SystemTime};

use dingtalk_core::{
    Message, Mobile, Url,
    message::Mentions,
    queue::{DigestPolicy, Planned, Waiting},
};
use expect_test::expect_file;

use crate::body_len;

fn on_call() -> Mentions {
    Mentions::mobiles([Mobile::new("13800000000").unwrap()])
}

fn url(path: &str) -> Url {
    Url::new(format!("https://ops.example.com/{path}")).unwrap()
}

/// The text of the n-th program, and its group.
fn notification(n: usize) -> (Option<&'static str>, Message) {
    let host = format!("web-{}", n * 7 % 40);
    match n % 10 {
        0 | 1 => (Some("CPU"), Message::text(format!("CPU {}% on {host}", 90 + n % 10))),
        2 => (
            Some("Disk"),
            Message::text(format!("/var on {host} is {}% full", 80 + n % 20)).with_mentions(on_call()),
        ),
        3 => (
            Some("Latency"),
            Message::markdown(
                format!("Latency on {host}"),
                format!("### Latency on {host}\n\np99 is **{} ms**, the limit is 300 ms", 310 + n % 90),
            ),
        ),
        4 => (Some("订单服务"), Message::text(format!("订单 {} 支付超时，请处理", 20_260_000 + n))),
        5 => (Some("Healthcheck"), Message::text("GET /health failed: connection refused")),
        6 => (
            Some("Restart"),
            Message::markdown("Restart", format!("`{host}` restarted _{}_ times", 1 + n % 4)),
        ),
        7 if n % 100 == 7 => (
            Some("Deploy"),
            Message::markdown(
                format!("Deploy {n} rolled back"),
                format!(
                    "## Deploy {n} rolled back\n\n- [Log](https://ops.example.com/deploy/{n})\n- Started by zhang_san\n\n### Reason\n\n> health checks failed on {host}"
                ),
            ),
        ),
        7 => (Some("Deploy"), Message::text(format!("Deploy {n} to {host} finished"))),
        8 => (
            None,
            Message::link(
                format!("Ticket {n} opened"),
                format!("{host} is slow"),
                url(&format!("ticket/{n}")),
            ),
        ),
        _ if n == 309 => {
            (None, Message::text("cron: backup.sh\nexit status 1\nrsync: connection unexpectedly closed"))
        }
        _ => (Some("Queue"), Message::text(format!("queue orders-{} has {} jobs waiting", n % 7, n * 3))),
    }
}

#[test]
fn a_burst_of_500_is_readable_in_three_messages() {
    let notifications: Vec<_> = (0..500).map(notification).collect();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let waiting: Vec<Waiting<'_>> = notifications
        .iter()
        .enumerate()
        .map(|(n, (group, message))| {
            Waiting::new(message, start + Duration::from_millis(n as u64 * 20)).in_group(*group)
        })
        .collect();
    let plan = DigestPolicy::default().plan(&waiting);
    assert!(plan.len() <= 3, "{} messages", plan.len());

    let mut golden = String::new();
    let mut shown = 0;
    for planned in &plan {
        let Planned::Merged { indices, left_out, message: message @ Message::Markdown(digest) } = planned
        else {
            panic!("{planned:?} is not merged");
        };
        assert!(left_out.is_empty(), "{left_out:?}");
        assert!(body_len(message) <= 20_000);
        shown += indices.len();
        let mentions: Vec<&str> = digest.mentions.mobiles.iter().map(Mobile::as_str).collect();
        golden.push_str(&format!(
            "<!-- title: {}; mentions: {mentions:?}; {} bytes -->\n\n{}\n\n",
            digest.title,
            body_len(message),
            digest.text
        ));
    }
    assert_eq!(shown, 500);
    expect_file!["../golden/digest_500.md"].assert_eq(golden.trim_end_matches('\n').to_owned().as_str());
}
