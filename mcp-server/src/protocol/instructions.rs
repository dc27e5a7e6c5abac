//! Instructions on the server as a whole, which clients give to a model. Some clients show only these and the tools'
//! names until a tool is looked up, so they say when to use each tool.

use dingtalk_core::tool::ToolSet;

use crate::definition::STATUS_TOOL;

const GENERAL: &str = "Posts notifications to a DingTalk (钉钉) group through its custom robot. Each call posts one message \
     immediately; it cannot be recalled. Put related events into one message: all tools and callers share the robot's rate \
     limit. Do not repeat a call whose `status` is `unknown`.";

/// Maximum length; clients cut longer texts.
const MAX_BYTES: usize = 2_000;

pub(crate) fn instructions(tools: &ToolSet, has_queue: bool) -> String {
    let uses: String = tools
        .iter()
        .map(|tool| {
            let spec = tool.spec();
            let name = tools.served_name(spec.name);
            match spec.when {
                Some(when) => format!("\n- {name}: when {}", when.trim()),
                None => format!("\n- {name}: {}", spec.purpose.trim()),
            }
        })
        .collect();
    let status = tools.served_name(STATUS_TOOL);
    let queue = if has_queue {
        format!(
            "\n- {status}: when a call has returned status queued: the message is sent later, without further calls"
        )
    } else {
        String::new()
    };
    with_uses(&(uses + &queue))
}

/// Adds the list of uses if it fits: half a list would seem to be complete.
fn with_uses(uses: &str) -> String {
    if GENERAL.len() + uses.len() <= MAX_BYTES { GENERAL.to_owned() + uses } else { GENERAL.to_owned() }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::builtin_tools;

    #[test]
    fn they_say_when_to_use_each_tool() {
        let tools = ToolSet::new(builtin_tools()).unwrap();
        expect![[r"
            Posts notifications to a DingTalk (钉钉) group through its custom robot. Each call posts one message immediately; it cannot be recalled. Put related events into one message: all tools and callers share the robot's rate limit. Do not repeat a call whose `status` is `unknown`.
            - send_text_message: when formatting adds nothing, or text is forwarded or untrusted
            - send_markdown_message: when headings, lists or links help
            - send_link_message: when there is one page to open
            - send_action_card_message: when readers must choose between actions or pages
            - send_feed_card_message: when each page has a picture"]].assert_eq(&instructions(&tools, false));
        assert!(
            instructions(&tools.clone().prefixed("ops").unwrap(), false)
                .contains("- ops_send_text_message: when ")
        );
        let queued = instructions(&tools.prefixed("ops").unwrap(), true);
        assert!(
            queued.contains("\n- ops_get_message_status: when a call has returned status queued: "),
            "{queued}"
        );
    }

    #[test]
    fn a_list_that_is_too_long_is_left_out() {
        let room = MAX_BYTES - GENERAL.len();
        assert_eq!(with_uses(&"x".repeat(room)).len(), MAX_BYTES);
        assert_eq!(with_uses(&"x".repeat(room + 1)), GENERAL);
    }
}
