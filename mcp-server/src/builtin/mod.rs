//! The built-in tools, one for each type of message that a custom robot accepts. Their names do not change: people
//! store them in allow-lists.

mod card;
mod feed_card;
mod text;

use dingtalk_core::{tool::ToolType, tools};

pub use self::{
    card::{ActionCardMessage, LinkMessage},
    feed_card::{FeedCardMessage, Story},
    text::{MarkdownMessage, TextMessage},
};

/// Maximum length of a body's text, in bytes: about as much as the parts of a split message hold. Where the robots send
/// one message, the limit is that of one message.
const BODY_BYTES: usize = 300_000;

/// Maximum length of a title or a headline, in characters. DingTalk documents no limit and shows fewer.
const TITLE_LENGTH: usize = 200;

/// Returns the built-in tools, in the order in which they are served.
pub fn builtin_tools() -> impl IntoIterator<Item = ToolType> {
    tools![TextMessage, MarkdownMessage, LinkMessage, ActionCardMessage, FeedCardMessage]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dingtalk_core::tool::ToolSet;

    use super::*;
    use crate::definition::{Definition, Deployment};

    /// Costs to every conversation of every client, in bytes of JSON.
    const MODEL_READS: usize = 7_500;
    const WHOLE_LIST: usize = 9_500;
    const OUTPUT_SCHEMA: usize = 400;

    fn definitions() -> Vec<Definition> {
        let deployment = Deployment::new()
            .rate_per_minute(Some(20))
            .repeat_window(Some(Duration::from_secs(60)))
            .max_mentions(Some(10));
        deployment.definitions(&ToolSet::new(builtin_tools()).unwrap())
    }

    #[test]
    fn the_list_is_small() {
        let definitions = definitions();
        let json = |part: fn(&Definition) -> String| definitions.iter().map(part).map(|text| text.len());
        let read: usize = json(|definition| {
            let input = serde_json::to_string(&definition.input_schema).unwrap();
            format!("{}{}{input}", definition.name, definition.description)
        })
        .sum();
        let list: usize = json(|definition| serde_json::to_string(definition).unwrap()).sum();
        let output = json(|definition| serde_json::to_string(&definition.output_schema).unwrap()).max();
        assert!(read <= MODEL_READS, "a model reads {read} bytes");
        assert!(list <= WHOLE_LIST, "the list has {list} bytes");
        assert!(output.unwrap() <= OUTPUT_SCHEMA, "an output schema has {output:?} bytes");
        // The figures in docs/tool-quality.md.
        expect_test::expect!["6329 9481 Some(389)"].assert_eq(&format!("{read} {list} {output:?}"));
    }

    #[test]
    fn descriptions_are_short_and_name_each_other() {
        let definitions = definitions();
        for definition in &definitions {
            let length = definition.description.chars().count();
            assert!((120..=440).contains(&length), "{} has {length} characters", definition.name);
            let others = definitions.iter().filter(|other| other.name != definition.name);
            let named = others.filter(|other| definition.description.contains(&*other.name)).count();
            assert!(named > 0, "{} names no other tool", definition.name);
        }
    }

    #[test]
    fn a_model_reads_names_in_place_of_numbers() {
        use dingtalk_core::tool::PersonKind;

        let people = [("oncall".to_owned(), PersonKind::Number), ("dba".to_owned(), PersonKind::Id)];
        let set = ToolSet::new(builtin_tools()).unwrap();
        let definition = &Deployment::new().people(people).max_mentions(Some(3)).definitions(&set)[0];
        let parameter = |name: &str| &definition.input_schema["properties"][name];
        let words = parameter("atMobiles")["description"].as_str().unwrap();
        assert!(words.contains("Known names: oncall.") && words.ends_with("At most 3 items."), "{words}");
        assert_eq!(parameter("atMobiles")["maxItems"], 3);
        assert!(parameter("atUserIds")["description"].as_str().unwrap().contains("Known names: dba."));
    }
}
