//! Choice of the waiting notifications that become a digest, and of its time.

use std::time::{Duration, SystemTime};

use crate::{
    Envelope, Message,
    delivery::Urgency,
    queue::{
        DigestPolicy, Planned, Waiting,
        store::{Item, Merge},
    },
};

/// Minimum size of a digest: one of two is not easier to read than two messages.
const FEWEST: usize = 3;

/// Next step for the waiting items.
#[derive(Debug)]
pub(super) enum Plan {
    /// Send the first one unchanged.
    First,
    /// Wait for more notifications.
    Wait(Duration),
    /// Merge items into digests.
    Merge(Vec<Merge>),
}

/// Plans the next step for the items, which are in the order of sending. With `hurry`, does not wait for more of them.
pub(super) fn plan(policy: &DigestPolicy, items: &[Item], now: SystemTime, hurry: bool) -> Plan {
    let Some(first) = items.first().filter(|item| may_be_merged(item)) else { return Plan::First };
    // A lane may serve several robots; a digest contains only messages for one of them.
    let same_robot = |item: &&Item| item.envelope.robot == first.envelope.robot;
    let items: Vec<&Item> = items.iter().filter(|item| may_be_merged(item)).filter(same_robot).collect();
    let waiting: Vec<Waiting<'_>> = items.iter().map(|item| waiting(item)).collect();
    let due_in = policy.due(&waiting).and_then(|due| due.duration_since(now).ok()).unwrap_or_default();
    if !due_in.is_zero() && !hurry {
        return Plan::Wait(due_in);
    }
    if items.len() < FEWEST {
        return Plan::First;
    }
    let merges: Vec<Merge> =
        policy.plan(&waiting).into_iter().filter_map(|planned| merge(planned, &items)).collect();
    if merges.is_empty() { Plan::First } else { Plan::Merge(merges) }
}

/// Reports whether an item may be part of a digest. One that may have arrived can only be repeated unchanged, and the
/// members of a refused digest are sent alone.
fn may_be_merged(item: &Item) -> bool {
    item.members.is_empty()
        && item.envelope.urgency == Urgency::Normal
        && !item.may_have_arrived
        && !item.alone
        && !matches!(item.envelope.message, Message::ActionCard(_))
}

fn waiting(item: &Item) -> Waiting<'_> {
    Waiting::new(&item.envelope.message, item.enqueued).in_group(item.envelope.group.as_deref())
}

fn merge(planned: Planned, items: &[&Item]) -> Option<Merge> {
    let Planned::Merged { indices, left_out, message } = planned else { return None };
    let members: Vec<&Item> =
        indices.iter().chain(&left_out).filter_map(|&index| items.get(index).copied()).collect();
    let mut digest = Envelope::new(message);
    digest.robot = members.first().and_then(|item| item.envelope.robot.clone());
    // The digest is of use for as long as one of its members is.
    let expiries: Option<Vec<SystemTime>> = members.iter().map(|item| item.envelope.expires_at).collect();
    digest.expires_at = expiries.and_then(|expiries| expiries.into_iter().max());
    Some(Merge::new(digest, members.iter().map(|item| item.envelope.id.clone()).collect()))
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

    fn item(id: &str, enqueued: u64) -> Item {
        let envelope = Envelope::new(Message::text(format!("This is {id}"))).with_id(id);
        Item::new(envelope, at(enqueued), 1)
    }

    /// Returns the members of each digest.
    fn members(plan: Plan) -> Vec<Vec<String>> {
        let Plan::Merge(merges) = plan else { panic!("{plan:?} merges nothing") };
        merges.into_iter().map(|merge| merge.members).collect()
    }

    #[test]
    fn the_first_waits_for_others_but_not_in_a_hurry() {
        let policy = DigestPolicy::default();
        let items = [item("a", 10), item("b", 11), item("c", 12)];
        let Plan::Wait(wait) = plan(&policy, &items, at(13), false) else { panic!("the window is 5 s") };
        assert_eq!(wait, Duration::from_secs(2));
        assert_eq!(members(plan(&policy, &items, at(13), true)), [["a", "b", "c"]]);
        assert_eq!(members(plan(&policy, &items, at(15), false)), [["a", "b", "c"]]);
        assert!(matches!(plan(&policy, &items[..2], at(15), false), Plan::First), "two are sent one by one");
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
            assert_eq!(members(plan(&policy, &items, at(9), false)), [["a", "b", "c"]], "change {index}");
            if index < 4 {
                items.rotate_right(1);
                assert!(matches!(plan(&policy, &items, at(0), false), Plan::First), "change {index} waits");
            }
        }
        let mut items = [item("a", 0), item("b", 0), item("c", 0), item("d", 0)];
        items[3].envelope.message = card;
        assert_eq!(members(plan(&policy, &items, at(9), false)), [["a", "b", "c"]]);
    }

    #[test]
    fn a_digest_expires_with_the_last_of_its_members() {
        let policy = DigestPolicy::default();
        let mut items = [item("a", 0), item("b", 0), item("c", 0)];
        let expiry = |items: &[Item]| match plan(&policy, items, at(9), false) {
            Plan::Merge(merges) => merges[0].digest.expires_at,
            other => panic!("{other:?}"),
        };
        (items[0].envelope.expires_at, items[1].envelope.expires_at) = (Some(at(60)), Some(at(90)));
        assert_eq!(expiry(&items), None);
        items[2].envelope.expires_at = Some(at(70));
        assert_eq!(expiry(&items), Some(at(90)));
    }
}
