//! Examples of digests.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::time::SystemTime;

use dingtalk_core::{
    Message, Mobile, Url, UserId,
    delivery::Language,
    message::{Button, Buttons, FeedItem, Mentions},
    queue::{DigestPolicy, GroupBy, Planned, Waiting},
};
use expect_test::{Expect, expect};

use crate::body_len;

fn url(path: &str) -> Url {
    Url::new(format!("https://example.com/{path}")).unwrap()
}

fn plan(policy: &DigestPolicy, messages: &[(Option<&str>, Message)]) -> Vec<Planned> {
    let waiting: Vec<Waiting<'_>> = messages
        .iter()
        .map(|(group, message)| Waiting::new(message, SystemTime::UNIX_EPOCH).in_group(*group))
        .collect();
    policy.plan(&waiting)
}

fn check(policy: &DigestPolicy, messages: &[(Option<&str>, Message)], expected: &Expect) {
    let mut text = String::new();
    for planned in plan(policy, messages) {
        match planned {
            Planned::Single(index) => text.push_str(&format!("[{index}]\n")),
            Planned::Merged { message: Message::Markdown(digest), .. } => {
                text.push_str(&format!("[{}]\n{}\n", digest.title, digest.text));
            }
            planned => text.push_str(&format!("{planned:#?}\n")),
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn each_kind_of_message() {
    let people = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
    let messages = [
        (None, Message::text("CPU *97%* on web_3\n# not a heading").with_mentions(people.clone())),
        (None, Message::link("Release [1.4]", "What is _new_", url("notes(1)"))),
        (None, Message::markdown("Backup", "**done** in 412 s")),
        (None, Message::markdown("Disk", "## Disk full\n\n/var is 95% full").with_mentions(people)),
        (None, Message::markdown("Deploy", "Started by:\n\n1. zhang\n2. li\n\n# Log\n\n`ok`")),
        (None, Message::markdown("Broken", "```\nnever closed")),
        (None, Message::markdown("Links", "[a]\n\n[a]: https://example.com")),
        (None, Message::text("the end")),
    ];
    check(
        &DigestPolicy::default(),
        &messages,
        &expect![[r#"
            [8 notifications]
            ### 8 notifications

            - CPU \*97%\* on web_3  
              \# not a heading
            - [Release \[1.4\]](https://example.com/notes%281%29): What is \_new\_
            - Backup: **done** in 412 s
            - Disk full  
              /var is 95% full

            ##### Deploy

            Started by:

            1. zhang
            2. li

            ###### Log

            `ok`

            ———

            - Broken: \`\`\`  
              never closed
            - Links: [a\]  
              &nbsp;  
              [a\]: https://example.com
            - the end

            @13800000000
        "#]],
    );
}

#[test]
fn each_person_is_mentioned_once_and_only_where_it_notifies() {
    let people = |ids: &[&str]| Mentions::user_ids(ids.iter().map(|id| UserId::new(id).unwrap()));
    let mut policy = DigestPolicy::default();
    policy.max_items = 2;
    let messages = [
        (None, Message::text("@ops: disk is full").with_mentions(people(&["ops"]))),
        (None, Message::markdown("CPU", "请**@ops** 和 @_x_ 处理").with_mentions(people(&["ops", "_x_"]))),
        (None, Message::text("@ops, look again").with_mentions(people(&["ops", "_x_", "dba"]))),
        (None, Message::text("ask x@ops").with_mentions(people(&["ops", "_x_"]))),
    ];
    check(
        &policy,
        &messages,
        &expect![[r#"
        [2 notifications (1/2)]
        ### 2 notifications (1/2)

        - @ops: disk is full
        - CPU: 请**ops** 和 @_x_ 处理
        [2 notifications (2/2)]
        ### 2 notifications (2/2)

        - ops, look again
        - ask x@ops

        @dba
    "#]],
    );
}

#[test]
fn noisy_groups_leave_room_for_others() {
    let mut policy = DigestPolicy::default();
    policy.max_items = 5;
    policy.max_messages = 1;
    let mut messages: Vec<(Option<&str>, Message)> =
        (0..20).map(|n| (Some("cpu"), Message::text(format!("CPU {n}%")))).collect();
    messages.extend((0..3).map(|n| (Some("disk"), Message::text(format!("Disk {n}")))));
    messages.push((Some("alone"), Message::text("Backup done")));
    check(
        &policy,
        &messages,
        &expect![[r#"
        [5 notifications, +19 more: cpu, disk]
        ### 5 notifications, +19 more

        #### cpu (20)

        - CPU 0%
        - CPU 1%
        - +18 more

        #### disk (3)

        - Disk 0
        - Disk 1
        - +1 more

        #### Other (1)

        - Backup done
    "#]],
    );
}

#[test]
fn more_groups_than_there_is_room_for() {
    let mut policy = DigestPolicy::default();
    policy.max_items = 3;
    policy.max_messages = 1;
    policy.language = Language::Zh;
    let names: Vec<String> = (0..6).map(|n| format!("group {n}")).collect();
    let messages: Vec<(Option<&str>, Message)> =
        (0..12).map(|n| (Some(names[n % 6].as_str()), Message::text(format!("告警 {n}")))).collect();
    check(
        &policy,
        &messages,
        &expect![[r#"
        [3 条通知, +9 条未显示: group 0, group 1, group 2]
        ### 3 条通知, +9 条未显示

        #### group 0 (2)

        - 告警 0
        - +1 条未显示

        #### group 1 (2)

        - 告警 1
        - +1 条未显示

        #### group 2 (2)

        - 告警 2
        - +1 条未显示

        +6 条未显示，属于另外 3 个分组
    "#]],
    );
}

#[test]
fn long_notifications_share_the_room() {
    let mut policy = DigestPolicy::default();
    policy.max_bytes = 2_500;
    policy.max_messages = 1;
    let messages = [
        (None, Message::text("word ".repeat(400))),
        (None, Message::markdown("Report", "### Report\n\n".to_owned() + &"- an item\n".repeat(200))),
        (None, Message::markdown("Log", format!("[{}](https://example.com)", "word ".repeat(300)))),
        (None, Message::text("short")),
    ];
    check(
        &policy,
        &messages,
        &expect![[r#"
            [4 notifications]
            ### 4 notifications

            - word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word … (+1595 characters)

            ##### Report

            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item
            - an item

            … (+1637 characters)

            ———

            - Log: [word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word](https://example.com) … (+1137 characters)
            - short
        "#]],
    );
}

/// It exceeds the limit of a message by itself: the sender decides between the options of `Overflow`.
#[test]
fn a_notification_that_is_too_long_is_sent_alone() {
    let messages = [
        (None, Message::text("first")),
        (None, Message::text("word ".repeat(5_000))),
        (None, Message::text("second")),
    ];
    check(
        &DigestPolicy::default(),
        &messages,
        &expect![[r#"
        [2 notifications]
        ### 2 notifications

        - first
        - second
        [1]
    "#]],
    );
}

#[test]
fn a_digest_of_one_is_the_notification_itself() {
    let long = || Message::text("word ".repeat(5_000));
    let planned = plan(&DigestPolicy::default(), &[(None, long()), (None, Message::text("short"))]);
    assert_eq!(planned, [Planned::Single(0), Planned::Single(1)]);
    let planned = plan(&DigestPolicy::default(), &[(None, long()), (None, long())]);
    assert_eq!(planned, [Planned::Single(0), Planned::Single(1)]);
}

#[test]
fn titles_can_be_groups() {
    let mut policy = DigestPolicy::default();
    policy.group_by = GroupBy::GroupOrTitle;
    let messages = [
        (None, Message::markdown("CPU", "web-1: 97%")),
        (None, Message::markdown("Disk", "web-1: 95%")),
        (None, Message::markdown("CPU", "web-2: 99%")),
        (Some("Disk"), Message::text("web-2: 91%")),
    ];
    check(
        &policy,
        &messages,
        &expect![[r#"
        [4 notifications: CPU, Disk]
        ### 4 notifications

        #### CPU (2)

        - CPU: web-1: 97%
        - CPU: web-2: 99%

        #### Disk (2)

        - Disk: web-1: 95%
        - web-2: 91%
    "#]],
    );
}

#[test]
fn cards_keep_their_form() {
    let card =
        || Message::action_card("Deploy?", "text", Buttons::Single(Button::new("Open", url("deploy"))));
    let feed =
        |n: usize| Message::feed_card([FeedItem::new(format!("News {n}"), url("news"), url("picture"))]);
    let messages = [
        (None, feed(1)),
        (None, card()),
        (None, Message::text("one")),
        (None, feed(2)),
        (None, Message::text("two")),
        (None, card()),
    ];
    let planned = plan(&DigestPolicy::default(), &messages);
    let [
        Planned::Merged { indices, message, .. },
        Planned::Single(1),
        Planned::Merged { indices: texts, .. },
        Planned::Single(5),
    ] = &planned[..]
    else {
        panic!("{planned:#?}");
    };
    assert_eq!((&indices[..], &texts[..]), (&[0, 3][..], &[2, 4][..]));
    let Message::FeedCard(card) = message else { panic!("{message:?}") };
    assert_eq!(card.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["News 1", "News 2"]);
}

#[test]
fn a_single_notification_is_unchanged() {
    let messages = [(Some("cpu"), Message::text("CPU 97%"))];
    assert_eq!(plan(&DigestPolicy::default(), &messages), [Planned::Single(0)]);
    assert_eq!(plan(&DigestPolicy::default(), &[]), []);
}

/// All are different, so that none stands for others.
#[test]
fn five_hundred_different_notifications_fit_into_three_messages() {
    let messages: Vec<(Option<&str>, Message)> = (0..500)
        .map(|n| {
            (None, Message::text(format!("Order {n}: payment timed out after {n} ms, please look at it")))
        })
        .collect();
    let planned = plan(&DigestPolicy::default(), &messages);
    assert_eq!(planned.len(), 3);
    for planned in planned {
        let Planned::Merged { left_out, message, .. } = planned else { panic!("{planned:?}") };
        assert!(left_out.is_empty() && body_len(&message) <= 20_000);
    }
}
