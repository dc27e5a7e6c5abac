//! Choice of the waiting notifications that become a digest, and of its time.

use std::time::{Duration, SystemTime};

use crate::{
    Envelope, Message,
    delivery::{Confirmation, Urgency},
    queue::{
        DigestPolicy, Planned, Waiting,
        store::{Item, Merge},
    },
};

/// Minimum size of a digest: one of two is not easier to read than two messages.
const FEWEST: usize = 3;

/// Maximum number of items that are planned together, so that a step costs the same however many wait.
pub(super) const PLANNED: usize = 200;

/// Next step for the waiting items.
#[derive(Debug)]
pub(super) enum Plan<'i> {
    /// Send one unchanged: the first, or the first that is not held for another message.
    Send(&'i Item),
    /// Wait for more notifications.
    Wait(Duration),
    /// Wait for the next notification: all items are held for it.
    Hold(Duration),
    /// Merge items into digests.
    Merge(Vec<Merge>),
}

/// Notifications that may become a part of other messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merged {
    All,
    /// No digests are made: what is held is added to the next message, and nothing else is changed.
    Held,
}

/// Times on which a plan depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) now: SystemTime,
    /// Time of the lane's last delivery that was not urgent.
    pub(super) last_sent: Option<SystemTime>,
    /// Set if the plan must not wait for more notifications.
    pub(super) hurry: bool,
}

/// Plans the next step for the items, which are in the order of sending; `None` if there are none.
pub(super) fn plan<'i>(
    policy: &DigestPolicy,
    merged: Merged,
    items: &'i [Item],
    times: Times,
) -> Option<Plan<'i>> {
    let plan_ready = |items: &[&'i Item], first: &'i Item, times: Times| match merged {
        Merged::All => plan_ready(policy, items, first, times),
        Merged::Held => Plan::Send(first),
    };
    let held_for = |item: &Item| if times.hurry { None } else { held_for(item, times.now) };
    let (held, ready): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| held_for(item).is_some());
    let Some(&next) = ready.first() else {
        let shortest = items.iter().filter_map(held_for).min();
        return match shortest.filter(|_| items.len() < PLANNED) {
            Some(time) => Some(Plan::Hold(time)),
            None => Some(plan_ready(&held, held.first()?, times)),
        };
    };
    Some(match plan_ready(&ready, next, times) {
        plan if held.is_empty() => plan,
        Plan::Send(next) => {
            attach(policy, next, &held).map_or(Plan::Send(next), |merge| Plan::Merge(vec![merge]))
        }
        // They are merged in any case, so those that are held are merged with them.
        Plan::Merge(_) => {
            let all: Vec<&Item> = items.iter().collect();
            plan_ready(&all, next, Times { hurry: true, ..times })
        }
        other => other,
    })
}

/// Returns the time for which an item is still held for the next message.
pub(super) fn held_for(item: &Item, now: SystemTime) -> Option<Duration> {
    let left = item.envelope.held_until?.duration_since(now).ok()?;
    (may_be_merged(item) && !left.is_zero()).then_some(left)
}

/// Adds held items to the next message.
fn attach(policy: &DigestPolicy, next: &Item, held: &[&Item]) -> Option<Merge> {
    if !may_be_merged(next) {
        return None;
    }
    let like_next = |item: &&Item| item.envelope.robot == next.envelope.robot;
    let held: Vec<&Item> = held.iter().copied().filter(like_next).collect();
    let waiting: Vec<Waiting<'_>> = held.iter().map(|item| waiting(item)).collect();
    let (message, added) = policy.attach(&next.envelope.message, &waiting)?;
    let added = added.iter().filter_map(|&index| held.get(index).copied());
    Some(into_digest(message, &std::iter::once(next).chain(added).collect::<Vec<_>>()))
}

/// Plans the next step for items of which `first` is to be sent next.
fn plan_ready<'i>(policy: &DigestPolicy, items: &[&'i Item], first: &'i Item, times: Times) -> Plan<'i> {
    if !may_be_merged(first) {
        return Plan::Send(first);
    }
    let urgent = first.envelope.urgency == Urgency::Urgent;
    // A lane may serve several robots; a digest contains only messages for one of them.
    let like_first = |item: &&&Item| {
        item.envelope.robot == first.envelope.robot && item.envelope.urgency == first.envelope.urgency
    };
    let items: Vec<&Item> =
        items.iter().filter(|item| may_be_merged(item)).filter(like_first).copied().collect();
    let waiting: Vec<Waiting<'_>> = items.iter().map(|item| waiting(item)).collect();
    if !urgent && !times.hurry && items.len() < PLANNED {
        let ends = policy.due(&waiting, times.last_sent);
        let due_in = ends.and_then(|due| due.duration_since(times.now).ok()).unwrap_or_default();
        if !due_in.is_zero() {
            return Plan::Wait(due_in);
        }
    }
    let fewest = if urgent { FEWEST.max(policy.urgent_threshold.saturating_add(1)) } else { FEWEST };
    if items.len() < fewest || (!urgent && !times.hurry && is_first_of_a_burst(policy, first, times)) {
        return Plan::Send(first);
    }
    let merges: Vec<Merge> =
        policy.plan(&waiting).into_iter().filter_map(|planned| merge(planned, &items)).collect();
    if merges.is_empty() { Plan::Send(first) } else { Plan::Merge(merges) }
}

/// Reports whether an item is new, and nothing was sent shortly before it: it is sent at once, and those after it are
/// merged.
fn is_first_of_a_burst(policy: &DigestPolicy, first: &Item, times: Times) -> bool {
    let is_new = times.now.duration_since(first.enqueued).is_ok_and(|age| age < policy.window);
    is_new && policy.is_first_of_a_burst(first.enqueued, times.last_sent)
}

/// Reports whether an item may be part of a digest. One that may have arrived can only be repeated unchanged, and the
/// members of a refused digest are sent alone.
fn may_be_merged(item: &Item) -> bool {
    item.members.is_empty()
        && !item.may_have_arrived
        && !item.alone
        && !matches!(item.envelope.message, Message::ActionCard(_))
}

fn waiting(item: &Item) -> Waiting<'_> {
    let Envelope { message, group, digest_line, urgency, .. } = &item.envelope;
    Waiting::new(message, item.enqueued)
        .in_group(group.as_deref())
        .with_line(digest_line.as_deref())
        .urgent(*urgency == Urgency::Urgent)
}

fn merge(planned: Planned, items: &[&Item]) -> Option<Merge> {
    let Planned::Merged { indices, left_out, message } = planned else { return None };
    let members: Vec<&Item> =
        indices.iter().chain(&left_out).filter_map(|&index| items.get(index).copied()).collect();
    Some(into_digest(message, &members))
}

/// Replaces items by a message that tells of all of them.
fn into_digest(message: Message, members: &[&Item]) -> Merge {
    let mut digest = Envelope::new(message);
    digest.urgency = members.first().map_or_else(Urgency::default, |item| item.envelope.urgency);
    digest.robot = members.first().and_then(|item| item.envelope.robot.clone());
    let confirmations = members.iter().map(|item| {
        let Envelope { message, confirmation, .. } = &item.envelope;
        (confirmation.as_ref(), message.mentions().is_some_and(|mentions| mentions.all))
    });
    digest.confirmation = Confirmation::join(confirmations);
    // The digest is of use for as long as one of its members is.
    let expiries: Option<Vec<SystemTime>> = members.iter().map(|item| item.envelope.expires_at).collect();
    digest.expires_at = expiries.and_then(|expiries| expiries.into_iter().max());
    Merge::new(digest, members.iter().map(|item| item.envelope.id.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Url,
        message::{Button, Buttons},
    };

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Times at which another message was sent at second 9.
    fn times(now: u64, hurry: bool) -> Times {
        Times { now: at(now), last_sent: Some(at(9)), hurry }
    }

    fn item(id: &str, enqueued: u64) -> Item {
        let envelope = Envelope::new(Message::text(format!("This is {id}"))).with_id(id);
        Item::new(envelope, at(enqueued), 1)
    }

    fn planned<'i>(policy: &DigestPolicy, merged: Merged, items: &'i [Item], times: Times) -> Plan<'i> {
        plan(policy, merged, items, times).unwrap()
    }

    /// Returns the members of each digest.
    fn members(plan: Plan<'_>) -> Vec<Vec<String>> {
        let Plan::Merge(merges) = plan else { panic!("{plan:?} merges nothing") };
        merges.into_iter().map(|merge| merge.members).collect()
    }

    #[test]
    fn the_first_waits_for_others_but_not_in_a_hurry() {
        let policy = DigestPolicy::default();
        let items = [item("a", 10), item("b", 11), item("c", 12)];
        let Plan::Wait(wait) = planned(&policy, Merged::All, &items, times(13, false)) else {
            panic!("the window is 5 s")
        };
        assert_eq!(wait, Duration::from_secs(2));
        assert_eq!(members(planned(&policy, Merged::All, &items, times(13, true))), [["a", "b", "c"]]);
        assert_eq!(members(planned(&policy, Merged::All, &items, times(15, false))), [["a", "b", "c"]]);
        assert!(
            matches!(planned(&policy, Merged::All, &items[..2], times(15, false)), Plan::Send(_)),
            "two are sent one by one"
        );
    }

    #[test]
    fn the_first_of_a_burst_is_sent_at_once() {
        let policy = DigestPolicy::default();
        let items = [item("a", 20), item("b", 20), item("c", 20)];
        for (last_sent, now, first) in [(None, 20, true), (Some(15), 21, true), (Some(16), 20, false)] {
            let times = Times { now: at(now), last_sent: last_sent.map(at), hurry: false };
            let plan = planned(&policy, Merged::All, &items, times);
            assert_eq!(matches!(plan, Plan::Send(_)), first, "{last_sent:?}: {plan:?}");
        }
        // It could not be sent, and others have come.
        assert_eq!(members(planned(&policy, Merged::All, &items, times(25, false))), [["a", "b", "c"]]);
        let full: Vec<Item> = (0..PLANNED).map(|n| item(&n.to_string(), 10)).collect();
        assert_eq!(
            members(planned(&policy, Merged::All, &full, times(10, false)))[0].len(),
            PLANNED,
            "no more are planned"
        );
    }

    #[test]
    fn urgent_ones_are_merged_among_themselves_and_only_if_they_are_many() {
        let policy = DigestPolicy::default();
        let most = policy.urgent_threshold;
        let mut items: Vec<Item> = (0..=most).map(|n| item(&n.to_string(), 10)).collect();
        for item in &mut items {
            item.envelope.urgency = Urgency::Urgent;
        }
        items.push(item("normal", 10));
        let Plan::Merge(merges) = planned(&policy, Merged::All, &items, times(10, false)) else {
            panic!("they are many")
        };
        assert_eq!(merges[0].members.len(), most + 1);
        assert_eq!((merges.len(), merges[0].digest.urgency), (1, Urgency::Urgent));
        assert!(
            matches!(planned(&policy, Merged::All, &items[1..], times(10, true)), Plan::Send(_)),
            "few are sent one by one"
        );
    }

    #[test]
    fn a_digest_shows_the_line_of_a_notification() {
        let mut items = [item("a", 0), item("b", 0), item("c", 0)];
        items[1].envelope.digest_line = Some("web-3 *down*\nnow".to_owned());
        items[2].envelope.digest_line = Some(" ".to_owned());
        let Plan::Merge(merges) = planned(&DigestPolicy::default(), Merged::All, &items, times(9, false))
        else {
            panic!()
        };
        let Message::Markdown(digest) = &merges[0].digest.message else { panic!("{merges:?}") };
        let list = "- This is a\n- web-3 \\*down\\* now\n- This is c";
        assert!(digest.text.ends_with(list), "{}", digest.text);
    }

    #[test]
    fn items_that_must_stay_unchanged_are_not_merged() {
        let policy = DigestPolicy::default();
        let url = Url::new("https://example.com").unwrap();
        let card = Message::action_card("Card", "Text", Buttons::Single(Button::new("Open", url)));
        let changes: [fn(&mut Item); 5] = [
            |item| item.envelope.urgency = Urgency::Urgent,
            |item| item.may_have_arrived = true,
            |item| item.alone = true,
            |item| item.members = vec!["x".to_owned()],
            |item| item.envelope.robot = Some("other".to_owned()),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut items = [item("a", 0), item("b", 0), item("c", 0), item("d", 0)];
            change(&mut items[3]);
            assert_eq!(
                members(planned(&policy, Merged::All, &items, times(9, false))),
                [["a", "b", "c"]],
                "change {index}"
            );
            if index < 4 {
                items.rotate_right(1);
                assert!(
                    matches!(planned(&policy, Merged::All, &items, times(0, false)), Plan::Send(_)),
                    "change {index} waits"
                );
            }
        }
        let mut items = [item("a", 0), item("b", 0), item("c", 0), item("d", 0)];
        items[3].envelope.message = card;
        assert_eq!(members(planned(&policy, Merged::All, &items, times(9, false))), [["a", "b", "c"]]);
    }

    fn held(id: &str, until: u64) -> Item {
        let mut item = item(id, 1);
        item.envelope.held_until = Some(at(until));
        item
    }

    #[test]
    fn what_is_held_waits_for_the_next_message_and_is_added_to_it() {
        let policy = DigestPolicy::default();
        let waiting = [held("a", 300), held("b", 200)];
        let Plan::Hold(time) = planned(&policy, Merged::All, &waiting, times(50, false)) else {
            panic!("there is no other")
        };
        assert_eq!(time, Duration::from_secs(150));
        let with_next = [held("a", 300), item("c", 20), held("b", 200)];
        assert_eq!(members(planned(&policy, Merged::All, &with_next, times(50, false))), [["c", "a", "b"]]);
        let Plan::Merge(merges) = planned(&policy, Merged::All, &with_next, times(50, false)) else {
            panic!()
        };
        assert_eq!(merges[0].digest.message, Message::text("This is c\n\nThis is a\nThis is b"));
        // Those of another robot are not.
        let mut other = with_next.clone();
        other[0].envelope.robot = Some("other".to_owned());
        assert_eq!(members(planned(&policy, Merged::All, &other, times(50, false))), [["c", "b"]]);
    }

    #[test]
    fn what_is_held_is_added_where_no_digests_are_made_too() {
        let policy = DigestPolicy::default();
        let items = [held("a", 300), item("c", 20), item("d", 20), item("e", 20)];
        assert_eq!(members(planned(&policy, Merged::Held, &items, times(50, false))), [["c", "a"]]);
        assert!(matches!(planned(&policy, Merged::Held, &items[1..], times(50, false)), Plan::Send(_)));
        assert!(matches!(planned(&policy, Merged::Held, &items[..1], times(50, false)), Plan::Hold(_)));
        // The first whose time is over takes the others with it.
        assert_eq!(
            members(planned(&policy, Merged::Held, &[held("a", 40), held("b", 300)], times(50, false))),
            [["a", "b"]]
        );
    }

    #[test]
    fn what_was_held_long_enough_is_a_message_like_any_other() {
        let policy = DigestPolicy::default();
        let due = [held("a", 200), held("b", 200)];
        assert!(matches!(planned(&policy, Merged::All, &due, times(200, false)), Plan::Send(_)));
        assert!(
            matches!(planned(&policy, Merged::All, &due, times(50, true)), Plan::Send(_)),
            "the queue ends"
        );
        let one = [held("a", 200), held("b", 300)];
        assert_eq!(members(planned(&policy, Merged::All, &one, times(200, false))), [["a", "b"]]);
    }

    #[test]
    fn a_message_that_cannot_take_lines_is_sent_before_what_is_held() {
        let policy = DigestPolicy::default();
        let mut items = [held("a", 300), item("card", 20)];
        let url = Url::new("https://example.com").unwrap();
        items[1].envelope.message =
            Message::action_card("Card", "Text", Buttons::Single(Button::new("Open", url)));
        assert!(
            matches!(planned(&policy, Merged::All, &items, times(50, false)), Plan::Send(item) if item.envelope.id == "card")
        );
        items[1].envelope.urgency = Urgency::Urgent;
        assert!(
            matches!(planned(&policy, Merged::All, &items, times(50, false)), Plan::Send(item) if item.envelope.id == "card")
        );
    }

    #[test]
    fn what_is_held_is_part_of_a_digest_of_others() {
        let policy = DigestPolicy::default();
        let items = [held("a", 300), item("b", 10), item("c", 10), item("d", 10)];
        assert_eq!(members(planned(&policy, Merged::All, &items, times(15, false))), [["a", "b", "c", "d"]]);
        let Plan::Wait(time) = planned(&policy, Merged::All, &items, times(12, false)) else {
            panic!("the window is 5 s")
        };
        assert_eq!(time, Duration::from_secs(3));
        // Urgent ones are merged among themselves.
        let mut urgent: Vec<Item> = (0..=policy.urgent_threshold).map(|n| item(&n.to_string(), 10)).collect();
        for item in &mut urgent {
            item.envelope.urgency = Urgency::Urgent;
        }
        urgent.push(held("a", 300));
        assert_eq!(
            members(planned(&policy, Merged::All, &urgent, times(12, false)))[0].len(),
            urgent.len() - 1
        );
    }

    #[test]
    fn a_digest_expires_with_the_last_of_its_members() {
        let policy = DigestPolicy::default();
        let mut items = [item("a", 0), item("b", 0), item("c", 0)];
        let expiry = |items: &[Item]| match planned(&policy, Merged::All, items, times(9, false)) {
            Plan::Merge(merges) => merges[0].digest.expires_at,
            other => panic!("{other:?}"),
        };
        (items[0].envelope.expires_at, items[1].envelope.expires_at) = (Some(at(60)), Some(at(90)));
        assert_eq!(expiry(&items), None);
        items[2].envelope.expires_at = Some(at(70));
        assert_eq!(expiry(&items), Some(at(90)));
    }
}
