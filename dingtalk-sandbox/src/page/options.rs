//! Options of a page, all in its address: language, theme, client, pictures and filters. So a page can be shared, works
//! without a script, and keeps its options over a reload.

use crate::{
    log::Entry,
    render::{Client, Element, Language, Look},
};

/// Keys of the query, in the order in which a link has them.
const KEYS: [&str; 8] = ["lang", "theme", "client", "pictures", "robot", "type", "verdict", "q"];

/// Options of a page.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) language: Language,
    pub(super) theme: &'static str,
    pub(super) client: Client,
    pub(super) pictures: bool,
    pub(super) filter: Filter,
    /// Options of the query, for links to the same page with one option changed.
    given: Vec<(&'static str, String)>,
}

/// Entries that a page shows. An empty text leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) robot: String,
    pub(super) kind: String,
    pub(super) verdict: String,
    pub(super) text: String,
}

impl Options {
    /// Reads the options of a query. The language is that of the header `Accept-Language`, unless the query has one.
    pub(super) fn read(query: &str, accept_language: &str) -> Self {
        let mut given: Vec<(&'static str, String)> = Vec::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(known) = KEYS.iter().find(|known| **known == key)
                && !value.is_empty()
                && !given.iter().any(|(given, _)| given == known)
            {
                given.push((known, value.into_owned()));
            }
        }
        let get =
            |key: &str| given.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| value.as_str());
        let asked = accept_language.split(',').next().unwrap_or_default().trim();
        let language = match get("lang") {
            "zh" => Language::Chinese,
            "en" => Language::English,
            _ if asked.get(..2).is_some_and(|it| it.eq_ignore_ascii_case("zh")) => Language::Chinese,
            _ => Language::English,
        };
        let theme = match get("theme") {
            "light" => "light",
            "dark" => "dark",
            _ => "auto",
        };
        let filter = Filter {
            robot: get("robot").to_owned(),
            kind: get("type").to_owned(),
            verdict: get("verdict").to_owned(),
            text: get("q").trim().to_lowercase(),
        };
        let client = if get("client") == "phone" { Client::Phone } else { Client::Desktop };
        let pictures = get("pictures") == "1";
        Self { language, theme, client, pictures, filter, given }
    }

    pub(super) fn say(&self, texts: [&'static str; 2]) -> &'static str {
        self.language.say(texts)
    }

    pub(super) fn look(&self, client: Client) -> Look {
        let mut look = Look::new(client, self.language);
        look.pictures = self.pictures;
        look
    }

    /// Reports whether the filter shows an entry, whose article this is.
    pub(super) fn shows(&self, entry: &Entry, article: &Element) -> bool {
        let Filter { robot, kind, verdict, text } = &self.filter;
        (robot.is_empty() || entry.robot.as_ref() == Some(robot))
            && (kind.is_empty() || super::entry::kind(entry) == *kind)
            && (verdict.is_empty() || super::entry::verdict(entry).0 == verdict)
            && (text.is_empty() || article.text_of("drawn").to_lowercase().contains(text.as_str()))
    }

    /// Returns a link to `path` with these options, one of them changed.
    pub(super) fn link_with(&self, path: &str, key: &'static str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for known in KEYS {
            let given = self.given.iter().find(|(given, _)| *given == known).map(|(_, value)| value.as_str());
            let value = if known == key { Some(value) } else { given };
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                query.append_pair(known, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Returns a link to another page with the options that are no filters.
    pub(super) fn link(&self, path: &str) -> String {
        let mut plain = self.clone();
        plain.given.retain(|(key, _)| KEYS[..4].contains(key));
        plain.link_with(path, "", "")
    }

    /// Returns the options that a form must repeat: those that it has no field for.
    pub(super) fn hidden(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.given
            .iter()
            .filter(|(key, _)| KEYS[..4].contains(key))
            .map(|(key, value)| (*key, value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_wins_over_the_browser() {
        let language = |query, accepted| Options::read(query, accepted).language;
        assert_eq!(language("", "zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(language("", "en-US,zh;q=0.9"), Language::English);
        assert_eq!(language("lang=en", "zh-CN"), Language::English);
        assert_eq!(language("lang=zh", ""), Language::Chinese);
    }

    #[test]
    fn links_keep_the_other_options() {
        let options = Options::read("q=a%20b&client=phone&unknown=x&lang=zh", "");
        assert_eq!(options.link_with("/", "theme", "dark"), "/?lang=zh&theme=dark&client=phone&q=a+b");
        assert_eq!(options.link_with("/", "client", ""), "/?lang=zh&q=a+b");
        assert_eq!(options.link("/view/3"), "/view/3?lang=zh&client=phone");
        assert_eq!(Options::read("", "").link("/sure"), "/sure");
    }
}
