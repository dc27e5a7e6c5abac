//! Digests of notifications that wait for one robot.

mod attach;
mod entry;
mod outline;
mod pages;
mod waiting;
pub(crate) mod words;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, SystemTime},
};

pub use self::waiting::Waiting;
use self::{
    entry::Entry,
    pages::{Group, Page, Room, Shared, everything, first_few, fits, push_block, with_rest},
    words::Words,
};
use super::{Language, MAX_BODY_BYTES, overflow::body_len};
use crate::{
    Message, Mobile, UserId,
    message::{FeedItem, MAX_MENTIONS, Mentions},
};

/// Property by which notifications are put under one heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum GroupBy {
    /// The group.
    #[default]
    Group,
    /// The group; without one, the title of a Markdown message or a link.
    GroupOrTitle,
    /// None: all notifications are in one list.
    Nothing,
}

/// Rules for merging notifications that wait for one robot into a few Markdown messages.
///
/// A robot may send 20 messages a minute, and an organisation's calls are limited per month, so a burst is sent as a
/// digest:
///
/// - **Urgent** notifications are first, each by itself; only if there are more than `urgent_threshold`, they are
///   merged too, among themselves. Action cards are not changed. Feed cards are joined.
/// - **A line** ([`Waiting::with_line`]) is shown instead of the message's text, if there is one.
/// - **Text** is escaped. A **link** becomes a list item. **Markdown** that consists only of a heading and a paragraph
///   becomes a list item, too; other Markdown is kept, with its headings two levels below the groups'. Markdown that
///   would affect the text after it (an unclosed fence or tag, definitions of links) is shown as text.
/// - **Groups** of two or more are shown below a heading with their count, in order of appearance; notifications keep
///   their order within a group. Those without a group, or alone in it, are last. Equal notifications in a group are
///   shown once: `3× Disk is full`.
/// - **Nothing is omitted silently.** A notification that does not fit into a message even alone is planned unchanged.
///   If there are more than `max_messages`, long notifications are shortened first, down to a fair share; then each
///   group shows its first few entries and the number of the others. The heading counts both:
///   `### 180 notifications, +20 more (1/3)`.
/// - **Mentions** of the notifications are united: each person is mentioned once per digest, in the first message that
///   concerns them: where an entry mentions them, or else at the end of the message. A message mentions at most 50
///   people, and a line gives the number of those who could not be mentioned.
///
/// ```
/// use std::time::SystemTime;
/// use dingtalk_core::{
///     Message,
///     queue::{DigestPolicy, Planned, Waiting},
/// };
///
/// let messages = [Message::text("CPU 97% on web-1"), Message::text("CPU 99% on web-2"), Message::text("Backup done")];
/// let now = SystemTime::now();
/// let waiting = [
///     Waiting::new(&messages[0], now).in_group(Some("cpu")),
///     Waiting::new(&messages[1], now).in_group(Some("cpu")),
///     Waiting::new(&messages[2], now),
/// ];
/// let plan = DigestPolicy::default().plan(&waiting);
/// let [Planned::Merged { message: Message::Markdown(digest), .. }] = &plan[..] else { panic!() };
/// assert_eq!(
///     digest.text,
///     "### 3 notifications\n\n#### cpu (2)\n\n- CPU 97% on web-1\n- CPU 99% on web-2\n\n#### Other (1)\n\n- Backup done"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DigestPolicy {
    /// Length of the look-back: a notification is sent at once if nothing was sent to the robot for so long, and
    /// otherwise waits for others, for at most as long. By default 5 seconds.
    pub window: Duration,
    /// Maximum number of entries in one message; equal notifications are one entry. By default 200.
    pub max_items: usize,
    /// Maximum number of merged messages in one plan, without cards; as many again for urgent ones. By default 3.
    pub max_messages: usize,
    /// Maximum number of urgent notifications that are sent each by itself; if more are waiting, all are merged. By
    /// default 5.
    pub urgent_threshold: usize,
    /// Property by which notifications are put under one heading.
    pub group_by: GroupBy,
    /// Language of the digest's own words.
    pub language: Language,
    /// Maximum size of a body, in bytes of JSON. By default 200 less than
    /// [`MAX_BODY_BYTES`](crate::delivery::MAX_BODY_BYTES), so that a robot can append its keyword.
    pub max_bytes: usize,
}

impl Default for DigestPolicy {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(5),
            max_items: 200,
            max_messages: 3,
            urgent_threshold: 5,
            group_by: GroupBy::Group,
            language: Language::En,
            max_bytes: MAX_BODY_BYTES - KEYWORD_ROOM,
        }
    }
}

/// The next message to send: one of the notifications, or several in one message. Indices refer to the slice that was
/// planned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Planned {
    /// A notification, unchanged.
    Single(usize),
    /// Several notifications in one message.
    Merged {
        /// Notifications that the message shows.
        indices: Vec<usize>,
        /// Notifications that the message only counts.
        left_out: Vec<usize>,
        /// Merged message. It needs an id of its own of at most 36 bytes, such as a ULID.
        message: Message,
    },
}

/// Longest id with which a digest is measured: a UUID, which is longer than a ULID.
const ID: &str = "00000000-0000-0000-0000-000000000000";

/// Room for the keyword that a robot appends, in bytes of JSON.
const KEYWORD_ROOM: usize = 200;

/// Minimum size to which a notification is shortened, in bytes of JSON.
const SHORTEST: usize = 300;

/// Maximum length of a group's name, in bytes; longer ones are cut.
const KEY_BYTES: usize = 80;

impl DigestPolicy {
    /// Returns the time at which to plan the waiting notifications. `None` if none are waiting.
    ///
    /// It is the time of the first one if one is urgent, if all messages are full, or if nothing was
    /// [sent](crate::queue::store::Claimed::last_sent) within the window before it; otherwise one window later.
    pub fn due(&self, waiting: &[Waiting<'_>], last_sent: Option<SystemTime>) -> Option<SystemTime> {
        let first = waiting.iter().map(|item| item.enqueued).min()?;
        let full = self.max_items.saturating_mul(self.max_messages);
        let at_once = waiting.len() >= full
            || waiting.iter().any(|item| item.urgent)
            || self.is_first_of_a_burst(first, last_sent);
        if at_once { Some(first) } else { first.checked_add(self.window).or(Some(first)) }
    }

    /// Reports whether nothing was sent within the window before a notification.
    pub(crate) fn is_first_of_a_burst(&self, enqueued: SystemTime, last_sent: Option<SystemTime>) -> bool {
        let quiet = |last: SystemTime| enqueued.duration_since(last).is_ok_and(|quiet| quiet >= self.window);
        last_sent.is_none_or(quiet)
    }

    /// Plans the waiting notifications, in the order in which to send them. The plan contains each notification exactly
    /// once.
    pub fn plan(&self, waiting: &[Waiting<'_>]) -> Vec<Planned> {
        let (urgent, others): (Vec<usize>, Vec<usize>) =
            (0..waiting.len()).partition(|&index| waiting[index].urgent);
        let mut mentioned = HashSet::new();
        let mut plan = if urgent.len() > self.urgent_threshold {
            self.plan_together(waiting, &urgent, &mut mentioned)
        } else {
            urgent.into_iter().map(Planned::Single).collect()
        };
        plan.extend(self.plan_together(waiting, &others, &mut mentioned));
        plan
    }

    /// Plans notifications of one urgency.
    fn plan_together(
        &self,
        waiting: &[Waiting<'_>],
        indices: &[usize],
        mentioned: &mut HashSet<String>,
    ) -> Vec<Planned> {
        let (mut feeds, mut texts) = (Vec::new(), Vec::new());
        // Each has the position of the first notification that it contains.
        let mut plan: Vec<(usize, Planned)> = Vec::new();
        for &index in indices {
            match waiting[index].message {
                Message::FeedCard(_) => feeds.push(index),
                Message::ActionCard(_) => plan.push((index, Planned::Single(index))),
                Message::Text(_) | Message::Markdown(_) | Message::Link(_) => texts.push(index),
            }
        }
        plan.extend(self.join_feeds(waiting, &feeds));
        plan.extend(self.merge(waiting, &texts, mentioned));
        plan.sort_by_key(|(first, _)| *first);
        plan.into_iter().map(|(_, planned)| planned).collect()
    }

    fn join_feeds(&self, waiting: &[Waiting<'_>], feeds: &[usize]) -> Vec<(usize, Planned)> {
        let mut joined: Vec<(Vec<usize>, Vec<FeedItem>)> = Vec::new();
        for &index in feeds {
            let Message::FeedCard(card) = waiting[index].message else { continue };
            if let Some((indices, items)) = joined.last_mut() {
                let longer = Message::feed_card(items.iter().chain(&card.items).cloned());
                if body_len(&longer, ID).is_ok_and(|len| len <= self.max_bytes) {
                    indices.push(index);
                    items.extend(card.items.iter().cloned());
                    continue;
                }
            }
            joined.push((vec![index], card.items.clone()));
        }
        let planned = |(indices, items): (Vec<usize>, Vec<FeedItem>)| match indices[..] {
            [index] => (index, Planned::Single(index)),
            _ => {
                let message = Message::feed_card(items);
                (indices[0], Planned::Merged { indices, left_out: Vec::new(), message })
            }
        };
        joined.into_iter().map(planned).collect()
    }

    fn merge(
        &self,
        waiting: &[Waiting<'_>],
        texts: &[usize],
        mentioned: &mut HashSet<String>,
    ) -> Vec<(usize, Planned)> {
        let single = |index: &usize| (*index, Planned::Single(*index));
        let words = Words(self.language);
        let Some(room) = self.room(waiting, texts, words).filter(|_| texts.len() > 1) else {
            return texts.iter().map(single).collect();
        };
        let entry = |index: &usize, bytes| (*index, Entry::new(&waiting[*index], bytes, words));

        let whole = texts.iter().map(|index| entry(index, usize::MAX));
        let (groups, alone) = self.groups(waiting, whole, room, words);
        let mut merged = everything(&groups, room, words)
            .filter(|pages| pages.len() + alone.len() <= self.max_messages)
            .map(|pages| (groups, alone, pages));
        if merged.is_none() {
            let share = room.bytes.saturating_mul(room.pages) / texts.len();
            let shortened = texts.iter().map(|index| entry(index, share.max(SHORTEST)));
            let (groups, alone) = self.groups(waiting, shortened, room, words);
            merged = first_few(&groups, room, words).map(|pages| (groups, alone, pages));
        }
        // A digest of one notification says no more than the notification itself.
        let Some((groups, alone, pages)) = merged.filter(|(_, alone, _)| alone.len() + 1 < texts.len())
        else {
            return texts.iter().map(single).collect();
        };
        let mut plan: Vec<(usize, Planned)> = alone.iter().map(single).collect();
        let first = pages.iter().flat_map(|page| page.shown(&groups)).min().unwrap_or(0);
        for (number, page) in pages.iter().enumerate() {
            let number = (number + 1, pages.len());
            let planned = write(waiting, &groups, page, number, mentioned, words);
            plan.push((first, planned));
        }
        plan
    }

    /// Puts entries into groups and joins equal ones. Entries that are too long for a message are returned separately.
    fn groups(
        &self,
        waiting: &[Waiting<'_>],
        entries: impl Iterator<Item = (usize, Option<Entry>)>,
        room: Room,
        words: Words,
    ) -> (Vec<Group>, Vec<usize>) {
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<Option<String>, usize> = HashMap::new();
        let mut same: HashMap<(usize, Entry), usize> = HashMap::new();
        let mut alone = Vec::new();
        for (index, entry) in entries {
            let key = self.key(&waiting[index]);
            let Some(entry) = entry.filter(|entry| fits(entry, key.as_ref(), room, words)) else {
                alone.push(index);
                continue;
            };
            let group = *known.entry(key.clone()).or_insert_with(|| {
                groups.push(Group { key, entries: Vec::new() });
                groups.len() - 1
            });
            let entries = &mut groups[group].entries;
            let at = *same.entry((group, entry.clone())).or_insert(entries.len());
            match entries.get_mut(at) {
                Some(shared) => shared.items.push(index),
                None => entries.push(Shared { entry, items: vec![index] }),
            }
        }
        (with_rest(groups), alone)
    }

    fn key(&self, item: &Waiting<'_>) -> Option<String> {
        let title = match item.message {
            Message::Markdown(markdown) => Some(markdown.title.as_str()),
            Message::Link(link) => Some(link.title.as_str()),
            Message::Text(_) | Message::ActionCard(_) | Message::FeedCard(_) => None,
        };
        let key = match self.group_by {
            GroupBy::Group => item.group,
            GroupBy::GroupOrTitle => item.group.or(title),
            GroupBy::Nothing => None,
        };
        let mut key: String = key?.split_whitespace().collect::<Vec<_>>().join(" ");
        key.retain(|c| !c.is_control());
        if let Some((end, _)) = key.char_indices().find(|(at, c)| at + c.len_utf8() > KEY_BYTES) {
            key.truncate(end);
            key.push('…');
        }
        (!key.is_empty()).then_some(key)
    }

    /// Returns the room for entries, after the headings and mentions that any message of the digest may need.
    fn room(&self, waiting: &[Waiting<'_>], texts: &[usize], words: Words) -> Option<Room> {
        let all = texts.len();
        let pages = self.max_messages.clamp(1, 99);
        let mut title = title(all, all, (pages, 99), words);
        let mut text = format!("### {title}");
        title.push_str(&pages::widest_names(KEY_BYTES));
        push_block(&mut text, &words.more_people(all));
        push_block(&mut text, " ");
        let mentions = union(waiting, texts);
        let mut widest = Mentions { all: mentions.all, ..Mentions::default() };
        let mut mobiles = mentions.mobiles;
        mobiles.sort_by_key(|mobile| std::cmp::Reverse(mobile.as_str().len()));
        mobiles.truncate(MAX_MENTIONS);
        let mut user_ids = mentions.user_ids;
        user_ids.sort_by_key(|id| std::cmp::Reverse(id.as_str().len()));
        user_ids.truncate(MAX_MENTIONS);
        widest.mobiles = mobiles;
        widest.user_ids = user_ids;
        let taken = body_len(&Message::markdown(title, text).with_mentions(widest), ID).ok()?;
        let bytes = self.max_bytes.checked_sub(taken)?;
        Some(Room { bytes, entries: self.max_items.max(1), pages })
    }
}

/// Returns a title such as `180 notifications, +20 more (1/3)`.
fn title(shown: usize, left_out: usize, (number, of): (usize, usize), words: Words) -> String {
    let mut title = words.notifications(shown);
    if left_out > 0 {
        title.push_str(", ");
        title.push_str(&words.more(left_out));
    }
    if of > 1 {
        title.push_str(&format!(" ({number}/{of})"));
    }
    title
}

fn write(
    waiting: &[Waiting<'_>],
    groups: &[Group],
    page: &Page,
    number: (usize, usize),
    mentioned: &mut HashSet<String>,
    words: Words,
) -> Planned {
    let (indices, left_out) = (page.shown(groups), page.left_out(groups));
    let heading = title(indices.len(), left_out.len(), number, words);
    let mut text = format!("### {heading}");
    push_block(&mut text, &page.write(groups, words));

    let mut asked: Vec<usize> = indices.iter().chain(&left_out).copied().collect();
    asked.sort_unstable();
    let all = union(waiting, &asked);
    let mut mentions = all.clone();
    mentions.mobiles.retain(|mobile| mentioned.insert(format!("mobile {mobile}")));
    mentions.user_ids.retain(|id| mentioned.insert(format!("user {id}")));
    mentions.all &= mentioned.insert("all".to_owned());
    let too_many = mentions.people().saturating_sub(MAX_MENTIONS);
    mentions.mobiles.truncate(MAX_MENTIONS);
    mentions.user_ids.truncate(MAX_MENTIONS - mentions.mobiles.len());
    all.mention_once(&mentions, &mut text);
    if too_many > 0 {
        push_block(&mut text, &words.more_people(too_many));
    }
    let message = Message::markdown(heading + &page.names(groups), text).with_mentions(mentions);
    Planned::Merged { indices, left_out, message }
}

/// Returns all mentions of these notifications, in order.
fn union(waiting: &[Waiting<'_>], indices: &[usize]) -> Mentions {
    let mut mentions = Mentions::default();
    let (mut mobiles, mut user_ids) = (HashSet::new(), HashSet::new());
    for asked in indices.iter().filter_map(|&index| waiting[index].message.mentions()) {
        let new = |mobile: &&Mobile| mobiles.insert(mobile.as_str().to_owned());
        mentions.mobiles.extend(asked.mobiles.iter().filter(new).cloned());
        let new = |id: &&UserId| user_ids.insert(id.as_str().to_owned());
        mentions.user_ids.extend(asked.user_ids.iter().filter(new).cloned());
        mentions.all |= asked.all;
    }
    mentions
}
