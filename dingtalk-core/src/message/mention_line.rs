//! A last line that only mentions people.

use std::collections::HashSet;

use super::{AT_ALL_TEXT, Mentions, Mobile, UserId};

/// Returns the body without a last line that consists only of the `@…` of mentioned people, as
/// [`Message::with_mentions`](crate::Message::with_mentions) appends it. A body that consists only of that line is
/// returned unchanged.
pub(crate) fn without_mention_line<'a>(body: &'a str, mentions: &Mentions) -> &'a str {
    let trimmed = body.trim_ascii_end();
    let Some((before, line)) = trimmed.rsplit_once('\n') else { return body };
    let mobiles = mentions.mobiles.iter().map(Mobile::as_str);
    let user_ids = mentions.user_ids.iter().map(UserId::as_str);
    let all = mentions.all.then(|| &AT_ALL_TEXT[1..]);
    let ids: HashSet<&str> = mobiles.chain(user_ids).chain(all).collect();
    let mentions_somebody = |word: &str| word.strip_prefix('@').is_some_and(|id| ids.contains(id));
    if !before.trim_ascii().is_empty() && line.split(' ').all(mentions_somebody) {
        before.trim_ascii_end()
    } else {
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_of_mentions_goes() {
        let mut mentions = Mentions::user_ids([UserId::new("a").unwrap(), UserId::new("b").unwrap()]);
        mentions.all = true;
        for (body, without) in [
            ("text\n\n@a @b @all", "text"),
            ("text\n@b", "text"),
            ("text\n@a, @b", "text\n@a, @b"),
            ("text\n@c", "text\n@c"),
            ("@a", "@a"),
            ("\n@a", "\n@a"),
            ("text @a", "text @a"),
        ] {
            assert_eq!(without_mention_line(body, &mentions), without, "{body:?}");
        }
    }
}
