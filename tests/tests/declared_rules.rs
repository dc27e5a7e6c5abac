//! Every rule of the derive that applies to a configuration file rejects it there too, in the same words:
//! each case of `ui` has a counterpart here, or a reason for its absence.
//!
//! `tests/golden/declared_rules.txt` holds the findings of each case.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use dingtalk_config::Config;
use dingtalk_core::delivery::Language;
use dingtalk_notify::{Server, builtin_tools};
use expect_test::expect_file;

/// Keys that a case does not set.
const PURPOSE: &str = "purpose = \"Warn the people on call that a host does not answer any more.\"";
const HOST: &str = "{ name = \"host\", type = \"text\", length = \"..=64\", description = \"As in the inventory, for example `web-3`.\" }";

/// A case of `ui`, and the keys of a notification with the same violation. `HOST` stands for a valid field.
const CASES: &[(&str, &str)] = &[
    ("a_tool_twice_in_a_set", "instead = 'send_text_message'\nname = 'send_text_message'\ntext = 'down'"),
    (
        "at_all_on_a_string",
        "text = '{host}'\nfields = [HOST, { name = 'everybody', type = 'text', at_all = true, length = '..=3', description = 'Who looks.' }]",
    ),
    (
        "at_on_a_string",
        "text = '{host}'\nfields = [HOST, { name = 'people', type = 'text', list = true, max_items = 3, at = true, length = '..=3', description = 'Who looks.' }]",
    ),
    ("attribute_in_wrong_place", "length = '..=3'\ntext = '{host}'\nfields = [HOST]"),
    ("attribute_in_wrong_place", "markdown = { title = 'x', line = '- {}' }\nfields = [HOST]"),
    ("attribute_without_value", "text = { title = 'x' }\nfields = [HOST]"),
    (
        "attribute_without_value",
        "text = '{host}'\nfields = [{ name = 'host', type = 'text', length = 3, description = 'As in the inventory.' }]",
    ),
    (
        "bad_parameter_name",
        "text = '{host name}'\nfields = [{ name = 'host name', type = 'integer', description = 'As in the inventory.' }]",
    ),
    ("bad_tool_name", "name = 'SendHostDown'\ntext = '{host} is down'\nfields = [HOST]"),
    ("bad_tool_name", "[notifications.'Host-Down']\npurpose = 'Warn the people on call.'\ntext = 'down'"),
    ("card_without_button", "action_card = { title = '{host}', text = '{host}' }\nfields = [HOST]"),
    (
        "card_without_button",
        "action_card = { title = '{host}', text = '{host}', buttons = [{ label = 'Open' }, { url = 'https://e.com' }] }\nfields = [HOST]",
    ),
    ("card_without_button", "link = { title = '{host}', text = '{host}' }\nfields = [HOST]"),
    (
        "choice_of_equal_values",
        "text = '{level}'\nfields = [{ name = 'level', type = 'choice', values = ['low', 'low', ' '], description = 'How bad it is.' }]",
    ),
    (
        "choice_of_equal_values",
        "text = '{level}'\nfields = [{ name = 'level', type = 'choice', values = [{ value = 'low', txt = '低' }, 3], description = 'How bad it is.' }]",
    ),
    (
        "choice_that_is_no_plain_enum",
        "text = '{level}{host}'\nfields = [{ name = 'level', type = 'choice', description = 'How bad it is.' }, { name = 'host', type = 'text', length = '..=3', values = ['a'], description = 'As in the inventory.' }]",
    ),
    (
        "choice_that_is_no_plain_enum",
        "text = '{level}'\nfields = [{ name = 'level', type = 'choice', values = [], description = 'How bad it is.' }]",
    ),
    (
        "code",
        "markdown = { title = 'alert', text = '{host} is down: run `systemctl restart`' }\nfields = [HOST]",
    ),
    (
        "code_block",
        "markdown = { title = 'alert', text = \"\"\"\n```\nping {host}\n```\n\"\"\" }\nfields = [HOST]",
    ),
    (
        "constraint_on_wrong_type",
        "text = '{level}'\nfields = [{ name = 'level', type = 'choice', values = ['low'], length = '..=3', description = 'How bad it is.' }]",
    ),
    (
        "constraint_that_says_nothing",
        "text = '{took} {name} {count} {each}'\nfields = [{ name = 'took', type = 'duration', length = '..=64', description = 'So far.' }, { name = 'name', type = 'text', range = '..=64', unbounded = true, description = 'As in the inventory.' }, { name = 'count', type = 'integer', bytes = '..=64', description = 'Of the failures.' }, { name = 'each', type = 'duration', list = true, join = ', ', max_items = 3, length = '..=64', description = 'Of the last steps.' }]",
    ),
    (
        "key_of_another_name",
        "text = '{owner}'\nthrottle = '1 per 10m by {owner}'\nfields = [{ name = 'owner', type = 'text', optional = true, length = '..=40', or = 'nobody', description = 'Who looks after it.' }]",
    ),
    ("control_character", "text = \"{host} is down\\u0007\"\nfields = [HOST]"),
    (
        "default_of_an_option",
        "text = \"{host}\\n{note}\\n{notes}\\n{urgent}\"\nfields = [HOST, { name = 'note', type = 'text', optional = true, length = '..=3', line = '{}', default = 'no', description = 'What is known.' }, { name = 'notes', type = 'text', list = true, max_items = 2, length = '..=3', line = '{}', default = ['no'], description = 'What else is known.' }, { name = 'urgent', type = 'flag', line = 'Look now!', default = true, description = 'Somebody must look.' }]",
    ),
    (
        "default_of_another_type",
        "text = '{host}'\nfields = [{ name = 'host', type = 'text', length = '..=3', default = 5, description = 'As in the inventory.' }]",
    ),
    (
        "default_of_another_type",
        "text = '{count} {page}'\nfields = [{ name = 'count', type = 'integer', default = 1.5, description = 'How many there are.' }, { name = 'page', type = 'url', default = 'ftp://x', example = 'javascript:x', description = 'What to do about it.' }]",
    ),
    (
        "default_of_another_type",
        "text = '{count}'\nfields = [{ name = 'count', type = 'integer', default = [1], description = 'How many there are.' }]",
    ),
    (
        "default_that_breaks_its_rule",
        "text = '{host} {percent} {unit}'\nfields = [{ name = 'host', type = 'text', length = '..=8', default = 'the gateway', description = 'As in the inventory.' }, { name = 'percent', type = 'integer', range = '0..=100', default = 120, description = 'How full it is.' }, { name = 'unit', type = 'text', bytes = '2..=4', default = '%', description = 'What it is measured in.' }]",
    ),
    (
        "description_that_repeats_the_name",
        "[notifications.cpu_alert]\npurpose = 'Send a CPU alert.'\ntext = '{host_name}'\nfields = [{ name = 'host_name', type = 'text', length = '..=3', description = 'The name of the host.' }]",
    ),
    (
        "emphasis_beside_slot",
        "markdown = { title = 'alert', text = 'CPU on**{host}**is high' }\nfields = [HOST]",
    ),
    (
        "emphasis_that_does_not_pair",
        "markdown = { title = 'alert', text = '**{host}* is down' }\nfields = [HOST]",
    ),
    (
        "empty_line",
        "text = '{note}'\nfields = [{ name = 'note', type = 'text', optional = true, length = '..=3', line = '', description = 'What is known.' }]",
    ),
    ("empty_message", "text = ''"),
    ("empty_message", "markdown = { title = ' ', text = '{host} is down' }\nfields = [HOST]"),
    ("empty_message", "markdown = { title = 'alert' }"),
    (
        "empty_range",
        "text = '{host} {a} {b}'\nfields = [{ name = 'host', type = 'text', length = '64..=1', description = 'As in the inventory.' }, { name = 'a', type = 'number', range = '1_000..=0.5', description = 'The load.' }, { name = 'b', type = 'integer', range = '-1..=-5', description = 'The delay.' }]",
    ),
    (
        "example_of_another_shape",
        "text = \"{region}\\n{hosts}\"\nfields = [{ name = 'hosts', type = 'text', list = true, line = '- {}', example = 'web-3', length = '..=8', max_items = 2, description = 'As in the inventory.' }, { name = 'region', type = 'text', example = ['eu'], length = '..=8', description = 'Where it stands.' }]",
    ),
    (
        "example_that_breaks_its_rule",
        "text = \"{host} {percent}\\n{hops}\"\nfields = [{ name = 'host', type = 'text', length = '..=8', example = 'gateway.example.com', description = 'As in the inventory.' }, { name = 'percent', type = 'integer', range = '0..=100', example = -1, description = 'How full it is.' }, { name = 'hops', type = 'text', list = true, line = '- {}', length = '..=8', max_items = 2, example = ['a', 'b', 'c'], description = 'The way to it.' }, { name = 'owner', type = 'mobile', at = true, example = 13800000000, description = 'Who looks after it.' }]",
    ),
    (
        "example_that_is_no_literal",
        "text = '{host}'\nfields = [{ name = 'host', type = 'text', length = '..=8', example = 1979-05-27, description = 'As in the inventory.' }]",
    ),
    ("feed_card_of_another_type", "feed_card = { items = 'news' }"),
    ("field_of_a_field", "text = '{host.name} is down'\nfields = [HOST]"),
    (
        "field_that_nothing_shows",
        "text = '{host} is down'\nfields = [HOST, { name = 'note', type = 'text', length = '..=3', description = 'What is known.' }]",
    ),
    (
        "field_without_line_or_text",
        "markdown = { title = 'down' }\nfields = [{ name = 'reason', type = 'text', length = '..=3', description = 'What is known.' }, { name = 'host', type = 'text', line = '- {}', length = '..=3', description = 'As in the inventory.' }]",
    ),
    ("fixed_text_that_is_too_long", "text = 'LONG'"),
    (
        "flag_line_with_slot",
        "text = '{urgent}'\nfields = [{ name = 'urgent', type = 'flag', line = 'urgent: {}', description = 'Somebody must look.' }]",
    ),
    (
        "format_alone_beside_a_line",
        "text = \"loads {loads:.1}\\n{loads:.1}\"\nfields = [{ name = 'loads', type = 'number', list = true, max_items = 3, line = '- {}', join = ', ', description = 'As in the inventory.' }]",
    ),
    (
        "format_beside_a_line",
        "text = '{loads:.1}'\nfields = [{ name = 'loads', type = 'number', list = true, max_items = 3, line = '{}', description = 'Of the last minutes.' }]",
    ),
    (
        "format_of_a_flag",
        "text = '{host} is down, {urgent:.1}'\nfields = [HOST, { name = 'urgent', type = 'flag', then = 'urgent', else = 'routine', description = 'As in the inventory.' }]",
    ),
    (
        "format_of_another_type",
        "text = \"{host:x}\\n{loads}\"\nfields = [HOST, { name = 'loads', type = 'number', list = true, max_items = 3, line = '- {:b}', description = 'Of the last minutes.' }]",
    ),
    ("fragment_that_is_no_piece_of_a_line", "fragment = '{host}'\nfields = [HOST]"),
    ("html", "markdown = { title = 'alert', text = '<b>{host}</b> is down' }\nfields = [HOST]"),
    (
        "indented_line",
        "markdown = { title = 'alert', text = \"\"\"\n{host} is down\n    look\n\"\"\" }\nfields = [HOST]",
    ),
    ("instead_that_is_itself", "instead = 'host_down'\ntext = '{host} is down'\nfields = [HOST]"),
    ("instead_that_is_no_tool", "instead = 'host_up'\ntext = '{host} is down'\nfields = [HOST]"),
    (
        "instead_that_is_not_in_the_set",
        "when = 'a host is down'\ninstead = 'send_disk_full'\ntext = '{host} is down'\nfields = [HOST]",
    ),
    ("item_on_a_notification", "item = { title = 'x' }"),
    (
        "key_of_a_sentence_on_another_type",
        "text = '{host} {owner} {urgent} {hosts} {silenced} {level} {people}'\nfields = [{ name = 'host', type = 'text', length = '..=9', join = ', ', description = 'As in the inventory.' }, { name = 'owner', type = 'text', length = '..=9', optional = true, join = ', ', then = 'somebody', else = 'nobody', description = 'As in the inventory.' }, { name = 'urgent', type = 'flag', join = ', ', then = 'urgent', description = 'As in the inventory.' }, { name = 'hosts', type = 'text', length = '..=9', list = true, max_items = 3, then = 'several', join = ', ', description = 'As in the inventory.' }, { name = 'silenced', type = 'flag', else = 'not silenced', description = 'As in the inventory.' }, { name = 'level', type = 'integer', then = 'high', else = 'low', description = 'As in the inventory.' }, { name = 'people', type = 'mobile', list = true, at = true, join = ', ', else = 'nobody', description = 'As in the inventory.' }]",
    ),
    (
        "key_of_a_sentence_without_effect",
        "link = { title = '{sentence}', text = \"{hosts}\\n{urgent}\", url = '{page}' }\nfields = [{ name = 'hosts', type = 'text', length = '..=9', list = true, max_items = 3, line = '- {}', join = ', ', description = 'As in the inventory.' }, { name = 'urgent', type = 'flag', line = 'urgent', then = 'urgent', description = 'As in the inventory.' }, { name = 'page', type = 'url', optional = true, else = 'no page', description = 'As in the inventory.' }, { name = 'sentence', type = 'text', length = '..=9', list = true, max_items = 3, line = '- {}', join = ', ', description = 'As in the inventory.' }]",
    ),
    (
        "keyword_that_no_template_says",
        "keyword = '监控'\nmarkdown = { title = '{host} is down', text = '{host}' }\nfields = [HOST]",
    ),
    ("keyword_that_no_template_says", "keyword = ''\ntext = '{host}'\nfields = [HOST]"),
    (
        "keyword_that_no_template_says",
        "keyword = 'Note'\nmarkdown = { title = '{host}', text = \"{host}\\n{note}\" }\nfields = [HOST, { name = 'note', type = 'text', optional = true, length = '..=3', line = 'Note: {}', description = 'What is known.' }]",
    ),
    (
        "length_of_a_number",
        "text = '{host} {count} {page} {on}'\nfields = [{ name = 'host', type = 'text', range = '..=64', unbounded = true, description = 'As in the inventory.' }, { name = 'count', type = 'integer', length = '..=3', description = 'How many there are.' }, { name = 'page', type = 'url', bytes = '..=500', description = 'What to do about it.' }, { name = 'on', type = 'flag', range = '0..=1', description = 'It is switched on.' }]",
    ),
    (
        "length_that_is_no_whole_number",
        "text = '{host} {note}'\nfields = [{ name = 'host', type = 'text', length = '..=1.5', description = 'As in the inventory.' }, { name = 'note', type = 'text', length = '-1..', description = 'What is known.' }]",
    ),
    (
        "length_that_is_no_whole_number",
        "text = '{count}'\nfields = [{ name = 'count', type = 'integer', range = '0.5..=2', description = 'How many there are.' }]",
    ),
    (
        "limit_beside_unbounded",
        "text = \"{host} {minutes}\\n{notes}\"\nfields = [{ name = 'host', type = 'text', length = '..=64', unbounded = true, description = 'As in the inventory.' }, { name = 'minutes', type = 'integer', unbounded = true, description = 'Since it is down.' }, { name = 'notes', type = 'text', list = true, line = '- {}', length = '..=40', max_items = 3, unbounded = true, description = 'What is known.' }, { name = 'people', type = 'mobile', list = true, at = true, unbounded = true, description = 'Who looks.' }]",
    ),
    ("line_break_in_title", "markdown = { title = \"{host}\\nis down\", text = '{host}' }\nfields = [HOST]"),
    (
        "line_inside_text",
        "text = 'down: {hosts}, look'\nfields = [{ name = 'hosts', type = 'text', list = true, line = '- {}', length = '..=40', max_items = 3, description = 'As in the inventory.' }]",
    ),
    (
        "line_of_two_lines",
        "text = '{hosts}'\nfields = [{ name = 'hosts', type = 'text', list = true, line = \"- {}\\n- and\", length = '..=40', max_items = 3, description = 'As in the inventory.' }]",
    ),
    (
        "line_on_a_mention",
        "text = '{host}'\nfields = [HOST, { name = 'people', type = 'mobile', list = true, at = true, line = '- {}', description = 'Who looks.' }]",
    ),
    (
        "line_with_a_name",
        "text = '{hosts}'\nfields = [{ name = 'hosts', type = 'text', list = true, line = '- {hosts}', length = '..=40', max_items = 3, description = 'As in the inventory.' }]",
    ),
    (
        "line_with_two_slots",
        "text = '{hosts}'\nfields = [{ name = 'hosts', type = 'text', list = true, line = '- {} is {}', length = '..=40', max_items = 3, description = 'As in the inventory.' }]",
    ),
    (
        "line_without_slot",
        "text = '{note}'\nfields = [{ name = 'note', type = 'text', optional = true, line = 'there is a note', length = '..=40', description = 'What is known.' }]",
    ),
    (
        "link_inside_a_link",
        "markdown = { title = 'Runbook', text = '[see [the page](https://example.com) first]({runbook})' }\nfields = [{ name = 'runbook', type = 'url', description = 'What to do about it.' }]",
    ),
    (
        "link_target_that_is_no_url",
        "markdown = { title = 'Runbook', text = '[page]({host})' }\nfields = [HOST]",
    ),
    (
        "link_that_dingtalk_does_not_open",
        "link = { title = '{host}', text = '{host}', url = 'javascript:alert(1)', picture = 'example.com/logo.png' }\nfields = [HOST]",
    ),
    (
        "link_to_several_values",
        "markdown = { title = 'down', text = '[runbook]({page}), [graphs]({graphs}), [page]({paged})' }\nfields = [{ name = 'page', type = 'url', optional = true, else = 'none', description = 'As in the inventory.' }, { name = 'graphs', type = 'url', list = true, max_items = 3, join = ', ', description = 'As in the inventory.' }, { name = 'paged', type = 'flag', then = 'https://e.com', description = 'As in the inventory.' }]",
    ),
    (
        "literal_that_is_no_value_of_a_choice",
        "text = \"{a}\\n{b}\\n{c}\"\nfields = [{ name = 'a', type = 'choice', values = ['low', 'high', 'critical'], example = 'hihg', description = 'How bad it is.' }, { name = 'b', type = 'choice', list = true, max_items = 3, line = '- {}', values = ['low', 'high'], example = ['low', 'Critical'], description = 'How bad it was.' }, { name = 'c', type = 'choice', values = ['low', 'high'], default = 'none', description = 'How bad it gets.' }]",
    ),
    ("malformed_format_string", "text = '{host is down'\nfields = [HOST]"),
    ("malformed_format_string", "markdown = { title = 'host} is down', text = '- {host}' }\nfields = [HOST]"),
    (
        "malformed_line",
        "text = '{hosts}'\nfields = [{ name = 'hosts', type = 'text', list = true, line = '- {', length = '..=40', max_items = 3, description = 'As in the inventory.' }]",
    ),
    ("markdown_without_title", "markdown = { text = '{host} is down' }\nfields = [HOST]"),
    ("markdown_without_title", "markdown = '{host} is down'\nfields = [HOST]"),
    (
        "max_items_on_a_string",
        "text = '{host}'\nfields = [{ name = 'host', type = 'text', length = '..=40', max_items = 3, description = 'As in the inventory.' }]",
    ),
    (
        "mention_where_the_wire_has_none",
        "link = { title = '{host}', text = '{host}', url = 'https://example.com' }\nfields = [HOST, { name = 'people', type = 'mobile', list = true, at = true, description = 'Who looks.' }, { name = 'everybody', type = 'flag', at_all = true, description = 'The whole group looks.' }]",
    ),
    (
        "more_that_is_no_line_with_a_count",
        "text = \"{a}\\n{b}\\n{c}\\n{d}\"\nfields = [{ name = 'a', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 3, more = \"and {}\\nmore\", description = 'As in the inventory.' }, { name = 'b', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 3, more = '{} of {}', description = 'As in the inventory.' }, { name = 'c', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 3, more = 'and {:.1} more', description = 'As in the inventory.' }, { name = 'd', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 3, more = 'and {hosts} more', description = 'As in the inventory.' }]",
    ),
    (
        "more_with_marks_in_a_sentence",
        "markdown = { title = '{hosts} down', text = \"{hosts}\\n\\nTagged {tags}\" }\nfields = [{ name = 'hosts', type = 'text', length = '..=9', list = true, unbounded = true, line = '- {}', join = ', ', max_shown = 3, more = '- …and {} more', description = 'As in the inventory.' }, { name = 'tags', type = 'text', length = '..=9', list = true, unbounded = true, join = ', ', max_shown = 3, more = '**{}** more', description = 'As in the inventory.' }]",
    ),
    (
        "multiline_beside_other_text",
        "markdown = { title = '{log}', text = \"Log: {log}\\n{output}\\n> {trace}\" }\nfields = [{ name = 'log', type = 'text', length = '..=9', multiline = true, description = 'As in the inventory.' }, { name = 'output', type = 'text', length = '..=9', optional = true, multiline = true, line = '> {}', description = 'As in the inventory.' }, { name = 'trace', type = 'text', length = '..=9', optional = true, multiline = true, else = 'none', description = 'As in the inventory.' }]",
    ),
    (
        "multiline_of_another_type",
        "markdown = { title = 'down', text = \"{load}\\n{page}\\n{notes}\\n{logs}\\n{urgent}\\n{people}\" }\nfields = [{ name = 'load', type = 'integer', multiline = true, description = 'As in the inventory.' }, { name = 'page', type = 'url', multiline = true, description = 'As in the inventory.' }, { name = 'notes', type = 'markdown', length = '..=9', multiline = true, description = 'As in the inventory.' }, { name = 'logs', type = 'text', length = '..=9', list = true, max_items = 3, multiline = true, join = ', ', description = 'As in the inventory.' }, { name = 'urgent', type = 'flag', multiline = true, line = 'urgent', description = 'As in the inventory.' }, { name = 'people', type = 'mobile', list = true, at = true, multiline = true, description = 'As in the inventory.' }]",
    ),
    (
        "nested_list",
        "markdown = { title = 'alert', text = \"\"\"\n- {host}\n  - is down\n\"\"\" }\nfields = [HOST]",
    ),
    ("no_message", "fields = [HOST]"),
    (
        "numbered_line_of_a_text",
        "text = '{steps}'\nfields = [{ name = 'steps', type = 'text', list = true, line = '1. {}', length = '..=40', max_items = 3, description = 'What to do.' }]",
    ),
    ("numbered_slot", "text = '{0} is down'\nfields = [HOST]"),
    ("numbered_slot", "text = '{} is down'\nfields = [HOST]"),
    (
        "option_without_line",
        "text = \"{note}\\n{notes}\\n{urgent}\"\nfields = [{ name = 'note', type = 'text', optional = true, length = '..=40', description = 'What is known.' }, { name = 'notes', type = 'text', list = true, max_items = 3, length = '..=40', description = 'What else is known.' }, { name = 'urgent', type = 'flag', description = 'Somebody must look.' }]",
    ),
    (
        "parameter_that_an_agent_cannot_give",
        "text = '{host}'\nfields = [{ name = 'host', type = 'Host', description = 'As in the inventory.' }]",
    ),
    (
        "delivery_option_that_is_none",
        "text = '{host} is down'\ndedupe = '10m'\nthrottle = 'one per 10m'\ngroup = ' '\ndigest = \"{host}\\n{host}\"\nfields = [HOST]",
    ),
    (
        "delivery_option_that_is_none",
        "text = \"{host} is down\\n{region}\"\nthrottle = '1 per 10m by hst, region, people'\ngroup = '{hots}'\ndigest = '{region} {people}'\nurgent = 'yes'\ndedup = 'same for 10m'\nfields = [HOST, { name = 'region', type = 'text', optional = true, line = 'in {}', length = '..=9', description = 'Where it stands.' }, { name = 'people', type = 'mobile', list = true, at = true, description = 'Who looks.' }]",
    ),
    (
        "mention_that_a_card_does_not_make",
        "action_card = { title = '{host}', text = '{host}', buttons = [{ label = 'Open', url = 'https://example.com' }] }\nfields = [HOST, { name = 'people', type = 'mobile', list = true, at = true, description = 'Who looks.' }, { name = 'everybody', type = 'flag', at_all = true, description = 'The whole group looks.' }]",
    ),
    (
        "slot_that_could_lead_elsewhere",
        "markdown = { title = 'alert', text = \"[page](https://{host}.example.com/)\\n[page]({base}/hosts)\\n[page](https://example.com:{port}/hosts)\\n[page]({host}://example.com/hosts)\\n[page](https://{host}@example.com/hosts)\\n[page](ftp://example.com/{host})\\n[page](https://example.com/%{host})\" }\nfields = [HOST, { name = 'base', type = 'url', description = 'What to do about it.' }, { name = 'port', type = 'integer', description = 'Where it listens.' }]",
    ),
    (
        "slot_that_could_lead_elsewhere",
        "link = { title = '{host}', text = '{host}', url = 'https://example.com{host}', picture = '{base}/{host}.png' }\nfields = [HOST, { name = 'base', type = 'url', description = 'What to do about it.' }]",
    ),
    (
        "value_that_a_url_does_not_take",
        "markdown = { title = 'alert', text = \"[page](https://example.com/{region}?on={urgent}#{notes})\\n[page](https://example.com/{hosts}/{people}?{hots})\\n{run}\\n{runs}\" }\nfields = [{ name = 'region', type = 'text', optional = true, length = '..=9', description = 'Where it stands.' }, { name = 'urgent', type = 'flag', description = 'Somebody must look.' }, { name = 'notes', type = 'markdown', length = '..=9', description = 'What is known.' }, { name = 'hosts', type = 'text', list = true, line = '- {}', length = '..=8', max_items = 2, description = 'As in the inventory.' }, { name = 'people', type = 'user_id', list = true, at = true, description = 'Who looks.' }, { name = 'run', type = 'text', optional = true, line = '[log](https://example.com/{})', truncate = 20, length = '..=80', description = 'Which of the runs.' }, { name = 'runs', type = 'number', list = true, max_items = 3, line = '[{:.1}](https://example.com/{})', description = 'Which of the runs.' }]",
    ),
    ("quote_in_a_list", "markdown = { title = 'alert', text = '- > {host}' }\nfields = [HOST]"),
    (
        "range_that_is_none",
        "text = '{a}{b}{c}{d}'\nfields = [{ name = 'a', type = 'text', length = '1..64', description = 'As in the inventory.' }, { name = 'b', type = 'text', bytes = '64', description = 'What is known.' }, { name = 'c', type = 'integer', range = '..', description = 'How many there are.' }, { name = 'd', type = 'integer', range = '\"1\"..=\"4\"', description = 'How many there were.' }]",
    ),
    (
        "rule_between_lines",
        "markdown = { title = 'alert', text = \"\"\"\n{host} is down\n---\nlook\n\"\"\" }\nfields = [HOST]",
    ),
    (
        "rule_on_a_mention",
        "text = '{lead:.3}, {host} is down. {everybody:+}'\nfields = [HOST, { name = 'lead', type = 'mobile', at = true, length = '..=11', description = 'Who leads.' }, { name = 'people', type = 'mobile', list = true, at = true, max_items = 80, description = 'Who looks.' }, { name = 'everybody', type = 'flag', at_all = true, range = '0..=1', description = 'The whole group looks.' }]",
    ),
    (
        "secret_parameter",
        "text = '{access_token}'\nfields = [{ name = 'access_token', type = 'text', length = '..=64', description = 'Of the robot.' }]",
    ),
    (
        "several_mistakes_at_once",
        "purpos = 'x'\nname = 'Alert'\nwen = 'hosts are down'\nmarkdown = { title = '{hosts} are down', text = \"### {grup}\\n{hosts}\\n`{reason}`\" }\nfields = [{ name = 'group', type = 'text', description = 'Which of them.' }, { name = 'hosts', type = 'text', list = true, lin = '- {}', max_items = 3 }, { name = 'reason', type = 'text', length = '64..=1', description = 'What is known.' }, { name = 'on_call', type = 'mobile', at = true, at_all = true }]\n\n[notifications.other]\nversion = 3",
    ),
    (
        "several_problems_of_a_set",
        "instead = 'send_disk_slow'\ntext = '{host} is down'\nfields = [HOST]\n\n[notifications.host_gone]\npurpose = 'Warn the people on call that a host does not answer any more.'\ntext = 'gone'",
    ),
    (
        "shortening_of_another_type",
        "text = '{host} {load} {page} {notes} {urgent}'\nfields = [{ name = 'host', type = 'text', length = '..=40', max_shown = 3, description = 'As in the inventory.' }, { name = 'load', type = 'integer', truncate = 3, description = 'As in the inventory.' }, { name = 'page', type = 'url', truncate = 30, description = 'As in the inventory.' }, { name = 'notes', type = 'markdown', unbounded = true, truncate = 300, description = 'As in the inventory.' }, { name = 'people', type = 'mobile', list = true, at = true, max_shown = 3, description = 'As in the inventory.' }, { name = 'urgent', type = 'flag', line = 'Look now!', truncate = 3, description = 'As in the inventory.' }]",
    ),
    (
        "shortening_to_nothing",
        "text = \"{host}\\n{hosts}\\n{notes}\"\nfields = [{ name = 'host', type = 'text', length = '..=40', truncate = 0, description = 'As in the inventory.' }, { name = 'hosts', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 0, description = 'As in the inventory.' }, { name = 'notes', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 3, more = '', description = 'As in the inventory.' }]",
    ),
    (
        "shortening_to_nothing",
        "text = \"{host}\\n{hosts}\"\nfields = [{ name = 'host', type = 'text', length = '..=40', truncate = -1, description = 'As in the inventory.' }, { name = 'hosts', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = '3', description = 'As in the inventory.' }]",
    ),
    (
        "shortening_without_effect",
        "text = \"{host} {zone:.3}\\n{hosts}\\n{notes}\"\nfields = [{ name = 'host', type = 'text', length = '..=40', truncate = 40, description = 'As in the inventory.' }, { name = 'zone', type = 'text', length = '..=40', truncate = 9, description = 'As in the inventory.' }, { name = 'hosts', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', max_shown = 30, description = 'As in the inventory.' }, { name = 'notes', type = 'text', length = '..=40', list = true, max_items = 30, line = '- {}', more = 'and {} more', description = 'As in the inventory.' }]",
    ),
    ("siblings_without_when", "text = '{host} is down'\nfields = [HOST]"),
    (
        "skipped_field_that_is_shown",
        "text = '{host}'\nfields = [{ name = 'host', type = 'text', length = '..=3', skip = true, rename = 'server', description = 'As in the inventory.' }]",
    ),
    ("slot_in_code_span", "markdown = { title = 'alert', text = 'run `ping {host}` now' }\nfields = [HOST]"),
    (
        "slot_that_numbers_a_list",
        "markdown = { title = 'alert', text = '{place}. {host}' }\nfields = [HOST, { name = 'place', type = 'integer', description = 'Its rank.' }]",
    ),
    (
        "static_link_in_markdown",
        "markdown = { title = 'alert', text = \"\"\"\n{host} is down: [runbook](javascript:alert(1))\n![load](load.png)\n\"\"\" }\nfields = [HOST]",
    ),
    ("strikethrough", "markdown = { title = 'alert', text = '~~up~~ {host} is down' }\nfields = [HOST]"),
    (
        "table",
        "markdown = { title = 'alert', text = \"\"\"\n| host | state |\n|---|---|\n| {host} | down |\n\"\"\" }\nfields = [HOST]",
    ),
    (
        "target_that_is_no_single_url",
        "link = { title = '{host}', text = '{host}', url = '{pages}' }\nfields = [HOST, { name = 'pages', type = 'url', list = true, max_items = 3, description = 'What to do about it.' }]",
    ),
    (
        "target_that_is_no_single_url",
        "link = { title = '{host}', text = '{host}', url = '{pge}' }\nfields = [HOST, { name = 'page', type = 'url', description = 'What to do about it.' }]",
    ),
    (
        "target_that_is_no_single_url",
        "link = { title = '{host}', text = '{host}', url = '{host}' }\nfields = [HOST]",
    ),
    (
        "text_of_a_sentence_that_is_no_text",
        "text = '{hosts} on {owner}, {urgent}, {tags}'\nfields = [{ name = 'hosts', type = 'text', length = '..=9', list = true, max_items = 3, join = \"\\n\", description = 'As in the inventory.' }, { name = 'owner', type = 'text', length = '..=9', optional = true, else = \"nobody\\non call\", description = 'As in the inventory.' }, { name = 'urgent', type = 'flag', then = \"urgent\\u0007\", else = 'as {host}', description = 'As in the inventory.' }, { name = 'tags', type = 'text', length = '..=9', list = true, max_items = 3, join = ', ', else = '{}', description = 'As in the inventory.' }]",
    ),
    ("text_that_is_no_literal", "text = 7"),
    (
        "title_that_is_no_title",
        "title = 'send_host_down'\nwhen = ' '\nnot_when = ''\ntext = '{host}'\nfields = [HOST]",
    ),
    (
        "tool_name_that_is_too_long",
        "[notifications.one_of_the_hosts_in_the_inventory_of_this_organisation_is_down]\npurpose = 'Warn the people on call.'\ntext = 'down'",
    ),
    ("tool_without_description", "purpose = ''\ntext = '{host} is down'\nfields = [HOST]"),
    ("two_fields_of_one_name", "text = '{host} is down'\nfields = [HOST, HOST]"),
    (
        "two_messages",
        "text = '{host} is down'\nmarkdown = { title = '{host}', text = '{host} is down' }\nfields = [HOST]",
    ),
    (
        "two_roles",
        "text = '{host}'\nfields = [HOST, { name = 'people', type = 'flag', at = true, at_all = true, description = 'Who looks.' }, { name = 'notes', type = 'integer', optional = true, list = true, description = 'What is known.' }]",
    ),
    (
        "two_tools_of_one_description",
        "when = 'it is down'\ntext = 'down'\n[notifications.host_gone]\nwhen = 'it is gone'\npurpose = 'Warn the people on call that a host does not answer any more.'\ntext = 'gone'",
    ),
    ("two_tools_of_one_name", "name = 'send_markdown_message'\nwhen = 'it is down'\ntext = 'down'"),
    (
        "two_tools_of_one_title",
        "title = 'Host gone'\nwhen = 'it is down'\ntext = 'down'\n[notifications.host_gone]\nwhen = 'it is gone'\npurpose = 'Tell everybody that a host is switched off for good.'\ntext = 'gone'",
    ),
    (
        "unbounded_list",
        "text = '{hosts}'\nfields = [{ name = 'hosts', type = 'integer', list = true, line = '- {}', description = 'As in the inventory.' }]",
    ),
    (
        "unbounded_text",
        "text = \"{host}\\n{note}\"\nfields = [{ name = 'host', type = 'text', description = 'As in the inventory.' }, { name = 'note', type = 'markdown', optional = true, line = '{}', description = 'What is known.' }]",
    ),
    (
        "undocumented_parameter",
        "text = '{host} {host_address}'\nfields = [{ name = 'host', type = 'integer' }, { name = 'host_address', type = 'integer', description = 'The address of the host.' }]",
    ),
    ("unknown_attribute", "txt = '{host} is down'\nfields = [HOST]"),
    (
        "unknown_attribute",
        "colour = 'red'\nwhn = 'a host is down'\nmarkdown = { titel = '{host}', text = '{host} is down' }\nfields = [{ name = 'host', type = 'text', lenght = '..=64', description = 'As in the inventory.' }]",
    ),
    ("unknown_field", "text = '{hst} is down'\nfields = [HOST]"),
    (
        "unknown_field",
        "markdown = { title = '{hosts} is down', text = \"Since {sinse}\\n{host}\" }\nfields = [HOST, { name = 'since', type = 'integer', description = 'In minutes.' }]",
    ),
    ("unknown_field_like_a_constant", "text = '{host} is over {LIMIT}'\nfields = [HOST]"),
    ("unknown_rename_rule", "rename_all = 'camelCase'\ntext = '{host}'\nfields = [HOST]"),
    ("unsupported_format_spec", "text = '{host:?} is down'\nfields = [HOST]"),
    ("unsupported_format_spec", "text = '{host:>20} is down'\nfields = [HOST]"),
    (
        "value_of_wrong_kind",
        "destructive = 'yes'\ntext = '{hosts}'\nfields = [{ name = 'hosts', type = 'integer', list = true, max_items = '3', line = '- {}', description = 'As in the inventory.' }]",
    ),
    (
        "vec_in_title",
        "markdown = { title = '{hosts}', text = '{hosts}' }\nfields = [{ name = 'hosts', type = 'integer', list = true, max_items = 3, line = '- {}', description = 'As in the inventory.' }]",
    ),
    (
        "end_of_a_range_outside_of_its_type",
        "text = '{count}'\nfields = [{ name = 'count', type = 'integer', range = '0..=9_223_372_036_854_775_808', description = 'How many there are.' }]",
    ),
    (
        "computed_end_of_a_range",
        "text = '{host}'\nfields = [{ name = 'host', type = 'text', length = '1..=10 * 2', description = 'As in the inventory.' }]",
    ),
    ("expression_in_a_slot", "text = '{host.to_uppercase()} {self.host} {hots}'\nfields = [HOST]"),
    ("slot_of_another_language", "text = '{{host}} is down: {{ .Labels.host }}'\nfields = [HOST]"),
    ("slot_of_another_language", "text = '${host}{% if urgent %}!{% endif %}'\nfields = [HOST]"),
    (
        "key_of_another_library",
        "link = { title = '{host}', text = 'down', link = 'https://example.com' }\ndescription = 'Warn.'\nfields = [HOST]",
    ),
    (
        "format_of_another_kind",
        "text = \"{host} {load} {since} {took} {size:x} {total:.1} {cut} {level}\\n{urgent}\"\nfields = [{ name = 'host', type = 'text', length = '..=40', format = 'thousands', description = 'As in the inventory.' }, { name = 'load', type = 'number', format = 'bytes', description = 'Of the last minute.' }, { name = 'since', type = 'integer', format = '%H:%M', description = 'In minutes.' }, { name = 'took', type = 'duration', length = '..=3', description = 'So far.' }, { name = 'size', type = 'integer', format = 'thousands', description = 'Of the disk.' }, { name = 'total', type = 'bytes', format = 'bytes', description = 'Of all disks.' }, { name = 'cut', type = 'duration', truncate = 3, format = 'time', description = 'So far.' }, { name = 'level', type = 'choice', values = ['low'], format = 'bytes', description = 'How bad it is.' }, { name = 'urgent', type = 'flag', line = 'Look now!', format = 'bytes', description = 'Somebody must look.' }, { name = 'people', type = 'mobile', list = true, at = true, format = 'bytes', description = 'Who looks.' }]",
    ),
    (
        "format_of_another_kind",
        "text = '{took:.1} {at:.1} {size:x} {gone}'\nfields = [{ name = 'took', type = 'duration', default = '90 s', range = '-5..=60', description = 'So far.' }, { name = 'at', type = 'time', default = 2026-11-29T20:05:00, range = '1..', description = 'Of the last answer.' }, { name = 'size', type = 'bytes', range = '-1..', example = -5, description = 'Of the disk.' }, { name = 'gone', type = 'time', example = 5, description = 'Of the last answer.' }]",
    ),
    (
        "unknown_format",
        "text = '{size} {free} {begin} {end} {next} {last}'\nfields = [{ name = 'size', type = 'integer', format = 'byte', description = 'Of the disk.' }, { name = 'free', type = 'integer', format = 'human', description = 'Of the disk.' }, { name = 'begin', type = 'time', format = '%H:%M:%E', description = 'Of the window.' }, { name = 'end', type = 'time', format = '%H:%M:%S.%3f', description = 'Of the window.' }, { name = 'next', type = 'time', format = '100%', description = 'Of the windows.' }, { name = 'last', type = 'time', format = '', description = 'Of the windows.' }]",
    ),
    (
        "unknown_time_zone",
        "text = '{a} {b} {c} {d} {e} {f}'\nfields = [{ name = 'a', type = 'time', zone = 'CST', description = 'Of the start.' }, { name = 'b', type = 'time', zone = 'UTC+8', description = 'Of the start.' }, { name = 'c', type = 'time', zone = 'Asia/Beijing', description = 'Of the start.' }, { name = 'd', type = 'time', zone = 'Aisa/Shanghai', description = 'Of the start.' }, { name = 'e', type = 'time', zone = '', description = 'Of the start.' }, { name = 'f', type = 'time', zone = 'Asia/Atlantis', description = 'Of the start.' }]",
    ),
    (
        "unknown_time_zone",
        "text = '{a}'\nfields = [{ name = 'a', type = 'time', time_zone = 'UTC', description = 'Of the start.' }]\n\n[notifications.other]\nzone = 'UTC'",
    ),
    (
        "time_zone_of_another_type",
        "text = '{host} {size} {level}'\nfields = [{ name = 'host', type = 'text', length = '..=40', zone = 'Asia/Shanghai', description = 'As in the inventory.' }, { name = 'size', type = 'bytes', format = 'bytes', zone = 'Asia/Shanghai', description = 'Of the disk.' }, { name = 'level', type = 'choice', values = ['low'], zone = 'UTC', description = 'How bad it is.' }, { name = 'lead', type = 'user_id', at = true, zone = 'Asia/Shanghai', description = 'Who leads.' }]",
    ),
    ("computed_value_without_expression", "with = { short = 'host' }\ntext = '{short}'"),
];

/// Cases of `ui` without a counterpart.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("the file's parser refuses it: a key is given twice", &["attribute_given_twice"]),
    (
        "a file has no parentheses: each key has a value",
        &[
            "button_without_key",
            "button_without_label",
            "empty_parentheses",
            "template_with_arguments",
            "text_without_a_key",
            "value_where_none_belongs",
        ],
    ),
    (
        "a file has no aliases and no types of its own",
        &[
            "alias_of_a_text",
            "alias_of_a_vec",
            "type_that_cannot_be_shown",
            "type_that_cannot_be_truncated",
            "type_without_a_form",
            "type_without_this_form",
        ],
    ),
    (
        "a file has no lists of cards: see `feed_card_of_another_type`",
        &[
            "buttons_of_another_type",
            "feed_card_without_items",
            "item_that_is_a_whole_tool",
            "items_that_an_agent_cannot_give",
        ],
    ),
    (
        "a file has no `with`: see `computed_value_without_expression`",
        &[
            "computed_value_from_self",
            "computed_value_named_like_a_field",
            "computed_value_that_cannot_be_shown",
            "computed_value_that_nothing_shows",
            "expression_that_rustc_refuses",
            "malformed_expression",
        ],
    ),
    (
        "a file has no fragments: see `fragment_that_is_no_piece_of_a_line`",
        &["fragment_with_what_belongs_to_a_notification"],
    ),
    (
        "a notification of a file is no Rust type",
        &[
            "crate_in_quotes",
            "delivery_option_of_an_enum",
            "empty_documentation",
            "enum_as_a_tool",
            "enum_variants",
            "notification_that_is_none",
            "raw_field_beside_a_mistake",
            "raw_name_in_template",
            "tool_with_generics",
            "tuple_struct",
            "union",
            "variant_without_message",
        ],
    ),
    (
        "a file is served by a program that there is: see `two_tools_of_one_name` and `siblings_without_when`",
        &[
            "main_of_a_type_that_is_no_tool",
            "main_of_tools_that_cannot_be_told_apart",
            "main_with_a_tool_without_when",
            "main_with_builtin_without_dots",
            "main_without_tools",
            "tools_of_a_type_that_is_no_tool",
        ],
    ),
    (
        "every notification of a file is a tool, and every field of it is shown",
        &["skipped_without_default", "tool_key_without_a_tool"],
    ),
];

/// The findings of a file, or the conflicts of its tools with the built-in ones.
fn faults(file: &str) -> String {
    let config = match Config::parse(file) {
        Ok(config) => config,
        Err(error) => return error.to_string(),
    };
    let server =
        Server::builder(dingtalk_core::Stub::new()).tools(builtin_tools()).declared(config.notifications);
    match server.build() {
        Ok(_) => "NOTHING IS WRONG".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn file(case: &str) -> String {
    let case = case.replace("HOST", HOST).replace("LONG", &"0123456789 abcdef ".repeat(1200));
    if case.starts_with('[') {
        return format!("version = 1\n{case}");
    }
    let purpose = if case.contains("purpose = ''")
        || case.starts_with("purpos")
        || case.contains("\npurpose = 'Warn the people on call. Always")
    {
        ""
    } else {
        PURPOSE
    };
    format!("version = 1\n[notifications.host_down]\n{purpose}\n{case}")
}

#[test]
fn a_file_is_rejected_like_a_type() {
    let mut said = String::new();
    for (name, case) in CASES {
        let faults = faults(&file(case));
        assert_ne!(faults, "NOTHING IS WRONG", "{name}: {case}");
        writeln!(said, "== {name}\n{case}\n--\n{faults}\n").unwrap();
    }
    expect_file!["../golden/declared_rules.txt"].assert_eq(&said);
}

#[test]
fn every_finding_of_a_file_has_chinese() {
    for (name, case) in CASES {
        let Err(error) = Config::parse(&file(case)) else { continue };
        for fault in error.faults() {
            let chinese = fault.problem.in_language(Language::Zh);
            assert!(
                chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
                    && chinese != fault.problem.in_language(Language::En),
                "{name}: {fault} has no Chinese"
            );
        }
    }
}

#[test]
fn every_rule_of_the_derive_has_a_case() {
    let cases = fs::read_dir("ui").unwrap().map(|entry| entry.unwrap().path());
    let cases = cases.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let ui: BTreeSet<String> =
        cases.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let elsewhere = ELSEWHERE.iter().flat_map(|(_, names)| names.iter());
    let here: BTreeSet<String> =
        CASES.iter().map(|(name, _)| name).chain(elsewhere).map(|name| (*name).to_owned()).collect();
    assert_eq!(ui.difference(&here).collect::<Vec<_>>(), [""; 0], "without a counterpart");
    assert_eq!(here.difference(&ui).collect::<Vec<_>>(), [""; 0], "no such case");
}
