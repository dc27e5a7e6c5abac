//! The same message with askama, and custom escapers for it (`askama.toml` assigns them to file extensions).

use std::fmt;

use askama::{Template, filters::Escaper};
use dingtalk_core::Message;

use crate::{
    derived::CpuAlert,
    escape::{Escaped, Tuned},
};

#[derive(Template)]
#[template(source = r#"CPU {{ "{:.0}"|format(alert.percent) }}% on {{ alert.host }}"#, ext = "txt")]
struct Title<'a> {
    alert: &'a CpuAlert,
}

macro_rules! text {
    ($name:ident, $extension:literal) => {
        #[derive(Template)]
        #[template(
                            source = r#"### CPU {{ "{:.1}"|format(alert.percent)|safe }}% on {{ alert.host }}

Cluster **{{ alert.cluster }}**: {{ alert.summary }}
{% for process in alert.processes %}
- {{ process }}
{%- endfor %}
{%- if let Some(runbook) = alert.runbook %}

[Runbook]({{ runbook|safe }})
{%- endif %}

Nobody is called before 08:00."#,
                            ext = $extension
                        )]
        struct $name<'a> {
            alert: &'a CpuAlert,
        }
    };
}

text!(Text, "md");
text!(TunedText, "tuned");

#[derive(Clone, Copy)]
pub(crate) struct Escape;

impl Escaper for Escape {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, value: &str) -> fmt::Result {
        Escaped(value).write_to(&mut out)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct EscapeTuned;

impl Escaper for EscapeTuned {
    fn write_escaped_str<W: fmt::Write>(&self, mut out: W, value: &str) -> fmt::Result {
        Tuned(value).write_to(&mut out)
    }
}

pub(crate) fn message(alert: &CpuAlert) -> Message {
    of(&Title { alert }, &Text { alert })
}

pub(crate) fn tuned_message(alert: &CpuAlert) -> Message {
    of(&Title { alert }, &TunedText { alert })
}

fn of(title: &impl Template, text: &impl Template) -> Message {
    Message::markdown(title.render().unwrap_or_default(), text.render().unwrap_or_default())
}
