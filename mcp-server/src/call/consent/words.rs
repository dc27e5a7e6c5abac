//! The fixed words of a question, in the language of the person.

use dingtalk_core::{Message, delivery::Language};

use crate::call::policy::Question;

/// The words of one language.
#[derive(Clone, Copy)]
pub(super) struct Words(pub(super) Language);

impl Words {
    fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        if self.0 == Language::Zh { chinese } else { english }
    }

    fn format(self, english: impl FnOnce() -> String, chinese: impl FnOnce() -> String) -> String {
        if self.0 == Language::Zh { chinese() } else { english() }
    }

    /// The question itself.
    pub(super) fn question(self, question: Question, robot: Option<&str>) -> String {
        let group = match robot {
            Some(robot) => {
                self.format(|| format!("the group of `{robot}`"), || format!(" `{robot}` 所在的群"))
            }
            None => self.pick("the DingTalk (钉钉) group", "钉钉群").to_owned(),
        };
        let asked = match question {
            Question::AtAll => self.format(
                || format!("Notify everybody in {group} with this message (@all)?"),
                || format!("要用这条消息 @所有人，通知{group}里的每个人吗？"),
            ),
            Question::Send => self.format(
                || format!("Send this message to {group}?"),
                || format!("要把这条消息发送到{group}吗？"),
            ),
        };
        let rest = self.pick(" It cannot be recalled.", "发送后无法撤回。同意请选 yes，不同意请选 no。");
        format!("{asked}{rest}")
    }

    /// The sentence that sums the message up.
    pub(super) fn summary(self, message: &Message, hosts: usize) -> String {
        let kind = match message {
            Message::Text(_) => self.pick("A text message", "一条文本消息"),
            Message::Markdown(_) => self.pick("A Markdown message", "一条 Markdown 消息"),
            Message::Link(_) => self.pick("A link", "一条链接消息"),
            Message::ActionCard(_) => self.pick("An action card", "一张带按钮的卡片"),
            Message::FeedCard(_) => self.pick("A feed card", "一张多条链接的卡片"),
            _ => self.pick("A message", "一条消息"),
        };
        // A card mentions those whose user ids its text names.
        let by_text = matches!(message, Message::ActionCard(card) if card.text.contains(['@', '＠']))
            .then(|| self.pick("anyone named after an @ in its text", "正文里写在 @ 后面的人"));
        let mentioned = match (self.mentioned(message), by_text) {
            (Some(mentioned), Some(by_text)) => self
                .format(|| format!("{mentioned} and {by_text}"), || format!("@ {mentioned}，以及{by_text}")),
            (Some(mentioned), None) => self.format(|| mentioned.clone(), || format!("@ {mentioned}")),
            (None, Some(by_text)) => self.format(|| by_text.to_owned(), || format!("@ {by_text}")),
            (None, None) => self.pick("nobody", "不 @ 任何人").to_owned(),
        };
        let linked = match hosts {
            0 => self.pick("without links", "不含链接").to_owned(),
            hosts => {
                let number = grouped(hosts);
                self.format(
                    || format!("with links to {number} host{}", if hosts == 1 { "" } else { "s" }),
                    || format!("含有指向 {number} 个主机的链接"),
                )
            }
        };
        self.format(
            || format!("{kind} that mentions {mentioned}, {linked}."),
            || format!("{kind}，{mentioned}，{linked}。"),
        )
    }

    /// Those whom the message itself mentions; `None` if there is nobody.
    fn mentioned(self, message: &Message) -> Option<String> {
        let mentions = message.mentions();
        let everybody = mentions.is_some_and(|mentions| mentions.all);
        let people = mentions.map_or(0, dingtalk_core::message::Mentions::people);
        let everybody = everybody.then(|| self.pick("everybody", "所有人").to_owned());
        let people = (people > 0).then(|| {
            let number = grouped(people);
            self.format(
                || format!("{number} {}", if people == 1 { "person" } else { "people" }),
                || format!("{number} 个人"),
            )
        });
        let mentioned: Vec<String> = everybody.into_iter().chain(people).collect();
        (!mentioned.is_empty()).then(|| mentioned.join(self.pick(" and ", "和 ")))
    }

    /// The name of a part, before its content.
    pub(super) fn part(self, part: Part) -> &'static str {
        match part {
            Part::Links => self.pick("Links to: ", "链接指向："),
            Part::Title => self.pick("Title: ", "标题："),
            Part::Opens => self.pick("Opens: ", "打开："),
            Part::Button => self.pick("Button: ", "按钮："),
            Part::Item => self.pick("Item: ", "条目："),
            Part::Text => self.pick("Text:", "正文："),
        }
    }

    /// The number of entries that are left out.
    pub(super) fn more(self, number: usize) -> String {
        let number = grouped(number);
        self.format(|| format!("… {number} more"), || format!("… 另有 {number} 项"))
    }

    /// The number of characters that are left out.
    pub(super) fn more_characters(self, number: usize) -> String {
        let number = grouped(number);
        self.format(|| format!("… {number} more characters …"), || format!("… 另有 {number} 个字符 …"))
    }
}

/// A part of a message.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Links,
    Title,
    Opens,
    Button,
    Item,
    Text,
}

/// Writes a number with a comma after every third digit from the right.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        let shown: Vec<String> = [0, 999, 1_000, 18_700, 1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1,000", "18,700", "1,234,567"]);
    }
}
