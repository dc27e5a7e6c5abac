//! Names that stand for people, so that phone numbers stay out of a model's context.

use std::collections::BTreeMap;

use dingtalk_config::Person;
use dingtalk_core::{Mobile, UserId, message::Mentions, tool::PersonKind};

use unicode_normalization::UnicodeNormalization as _;

use super::visible::is_invisible;
use crate::Error;

/// Returns the kind of the parameters that can mention a person.
pub(crate) fn kind_of(person: &Person) -> PersonKind {
    match person {
        Person::UserId(_) => PersonKind::Id,
        _ => PersonKind::Number,
    }
}

/// Maximum length of a name, in characters: every conversation reads all names.
const MAX_NAME: usize = 32;

/// The names that a call may give.
#[derive(Debug, Clone, Default)]
pub(crate) struct People(BTreeMap<String, Person>);

impl People {
    pub(crate) fn new(people: impl IntoIterator<Item = (String, Person)>) -> Result<Self, Error> {
        let mut named = BTreeMap::new();
        for (name, person) in people {
            let letters = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            let fits = (1..=MAX_NAME).contains(&name.chars().count())
                && name.chars().all(letters)
                && name.contains(char::is_alphabetic);
            if !fits {
                return Err(Error::setting(
                    format!(
                        "people: invalid name {name:?}; use letters, digits, `_`, `-` and `.`, at most {MAX_NAME}, with at least \
                         one letter"
                    ),
                    format!(
                        "people：名称 {name:?} 无效：只能用文字、数字、`_`、`-` 和 `.`，最多 {MAX_NAME} 个字符，至少含一个文字"
                    ),
                ));
            }
            let name = name.to_lowercase();
            if named.contains_key(&name) {
                return Err(Error::setting(
                    format!("people: the name `{name}` is declared twice; remove one"),
                    format!("people：`{name}` 出现了两次：请去掉一个"),
                ));
            }
            named.insert(name, person);
        }
        Ok(Self(named))
    }

    /// Returns the names, as definitions list them, never the numbers.
    pub(crate) fn names(&self) -> impl Iterator<Item = (String, PersonKind)> {
        self.0.iter().map(|(name, person)| (name.clone(), kind_of(person)))
    }

    /// Finds a person by a name, in any spelling that agents use.
    pub(crate) fn find(&self, text: &str) -> Option<(&str, &Person)> {
        let text = text.trim();
        let name = text.strip_prefix('@').unwrap_or(text).to_lowercase();
        self.0.get_key_value(&name).map(|(name, person)| (&**name, person))
    }

    /// Finds a name that this text resembles: a reader could take one for the other.
    pub(crate) fn resembling(&self, text: &str) -> Option<&str> {
        let text = fold(text);
        self.0.keys().find(|name| fold(name) == text).map(String::as_str)
    }
}

/// Reports whether a user id stands for everybody, in any spelling: DingTalk or its clients may read it so.
pub(crate) fn stands_for_everybody(id: &str) -> bool {
    matches!(&*fold(id), "all" | "everyone" | "everybody" | "所有人" | "全体成员" | "全员")
}

/// Returns the text as it looks: without case, width, separators and invisible characters.
fn fold(text: &str) -> String {
    let is_seen = |c: &char| {
        !is_invisible(*c) && !c.is_control() && !c.is_whitespace() && !matches!(c, '@' | '_' | '-' | '.')
    };
    text.nfkc().filter(is_seen).flat_map(char::to_lowercase).collect()
}

/// Numbers and ids that a call's answer must not show, each with the name to show instead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hidden(Vec<(String, String)>);

impl Hidden {
    /// Hides a person's number or id from now on.
    pub(crate) fn add(&mut self, name: &str, person: &Person) {
        self.0.push((person.as_str().to_owned(), name.to_owned()));
    }

    /// Returns whom a message mentions, for its answer: by name, or by a number whose middle is hidden.
    pub(crate) fn mentioned(&self, mentions: &Mentions) -> Vec<String> {
        let name = |id: &str| self.0.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
        let everybody = mentions.all.then(|| "everybody".to_owned());
        let numbers =
            mentions.mobiles.iter().map(Mobile::as_str).map(|id| name(id).unwrap_or_else(|| masked(id)));
        let ids =
            mentions.user_ids.iter().map(UserId::as_str).map(|id| name(id).unwrap_or_else(|| id.to_owned()));
        everybody.into_iter().chain(numbers).chain(ids).collect()
    }

    pub(crate) fn hide(&self, text: &mut String) {
        for (id, name) in &self.0 {
            if text.contains(id) {
                *text = replace_whole(text, id, &format!("<{name}>"));
            }
        }
    }
}

/// Hides the middle of a number.
fn masked(number: &str) -> String {
    let count = number.chars().count();
    let shown = (count * 3 / 11, count * 4 / 11);
    let is_hidden = |index: usize| index >= shown.0 && index < count - shown.1;
    number.chars().enumerate().map(|(index, c)| if is_hidden(index) { '*' } else { c }).collect()
}

/// Replaces an id, except as part of a longer one.
fn replace_whole(text: &str, id: &str, name: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(id) {
        let end = at + id.len();
        let ends_outside = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        if ends_outside(text[..at].chars().next_back()) && ends_outside(text[end..].chars().next()) {
            replaced.push_str(&text[done..at]);
            replaced.push_str(name);
            done = end;
        }
    }
    replaced.push_str(&text[done..]);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        let oncall = Person::Mobile(Mobile::new("13800000000").unwrap());
        let dba = Person::UserId(UserId::new("manager01").unwrap());
        People::new([("OnCall".to_owned(), oncall), ("dba".to_owned(), dba)]).unwrap()
    }

    #[test]
    fn names_are_found_in_any_spelling() {
        let people = people();
        for written in ["oncall", "OnCall", " @ONCALL "] {
            assert_eq!(
                people.find(written).map(|(name, person)| (name, person.as_str())),
                Some(("oncall", "13800000000"))
            );
        }
        for other in ["13800000000", "on call", ""] {
            assert_eq!(people.find(other), None, "{other:?}");
        }
    }

    #[test]
    fn numbers_of_named_people_are_hidden() {
        let (people, mut hidden) = (people(), Hidden::default());
        let (name, person) = people.find("oncall").unwrap();
        hidden.add(name, person);
        let mut text = "@13800000000 @13900000000".to_owned();
        hidden.hide(&mut text);
        assert_eq!(text, "@<oncall> @13900000000");
        let mut longer = "13800000000, 113800000000 13800000000".to_owned();
        hidden.hide(&mut longer);
        assert_eq!(longer, "<oncall>, 113800000000 <oncall>");
    }

    #[test]
    fn an_answer_names_people_or_hides_their_numbers() {
        let (people, mut hidden) = (people(), Hidden::default());
        for name in ["oncall", "dba"] {
            let (name, person) = people.find(name).unwrap();
            hidden.add(name, person);
        }
        let mobile = |number: &str| Mobile::new(number).unwrap();
        let mut mentions =
            Mentions::mobiles([mobile("13800000000"), mobile("13912345678"), mobile("+852-12345678")]);
        mentions
            .merge(Mentions::user_ids([UserId::new("manager01").unwrap(), UserId::new("zhang").unwrap()]));
        mentions.all = true;
        let expected = ["everybody", "oncall", "139****5678", "+85******5678", "dba", "zhang"];
        assert_eq!(hidden.mentioned(&mentions), expected);
        assert!(hidden.mentioned(&Mentions::default()).is_empty());
    }

    #[test]
    fn ids_that_look_like_names_are_found() {
        let people = people();
        for text in ["on-call", "on.call", "ｏｎｃａｌｌ", "on\u{200b}call", "ONCALL\u{feff}"] {
            assert_eq!(people.resembling(text), Some("oncall"), "{text:?}");
        }
        for other in ["oncall2", "manager01", "", "13800000000"] {
            assert_eq!(people.resembling(other), None, "{other:?}");
        }
    }

    #[test]
    fn everybody_has_many_spellings() {
        for id in
            ["all", "ALL", "@all", "ａｌｌ", "a\u{200b}ll", "所有人", "@所有人", "所\u{feff}有人", "everyone"]
        {
            assert!(stands_for_everybody(id), "{id:?}");
        }
        for id in ["allen", "small", "manager01", "", "所有"] {
            assert!(!stands_for_everybody(id), "{id:?}");
        }
    }

    #[test]
    fn ambiguous_names_are_refused() {
        let mobile = || Person::Mobile(Mobile::new("13800000000").unwrap());
        for name in ["", "13800000000", "on call", "a\nb", &"x".repeat(33)] {
            assert!(People::new([(name.to_owned(), mobile())]).is_err(), "{name:?}");
        }
        assert!(People::new([("a".to_owned(), mobile()), ("A".to_owned(), mobile())]).is_err());
        assert!(People::new([("值班".to_owned(), mobile())]).is_ok());
    }
}
