"""The crates that are compiled: the same structs, each time with other derives."""

# The derives that ours is compared with, at released versions.
THISERROR = 'thiserror = "=2.0.21"'
SERDE = 'serde = { version = "=1.0.229", features = ["derive"] }'
SCHEMARS = 'schemars = "=1.2.3"'
ASKAMA = 'askama = "=0.16.1"'

FIELDS = {
    "host": "String",
    "percent": "f64",
    "count": "u32",
    "owner": "String",
    "processes": "Vec<String>",
    "runbook": "Option<String>",
}

DOCUMENTATION = {
    None: "Warn the on-call group that one host's CPU stayed above its limit for five minutes.",
    "host": "Host name as in the inventory, for example `web-3`.",
    "percent": "CPU use over the last five minutes, in percent.",
    "count": "How many times the limit was exceeded today, for example 3.",
    "owner": "Who looks after the host, for example `Li Lei`.",
    "processes": "Heaviest processes, heaviest first.",
    "runbook": "Page that says what to do, for example `https://example.com/cpu`.",
}

LINES = {"processes": 'line = "- {}"', "runbook": 'line = "Runbook: {}"'}

CONSTRAINTS = {
    "host": "length(1..=64)",
    "percent": "range(0.0..=100.0)",
    "count": "range(1..=1000)",
    "owner": "length(1..=40)",
    "processes": "length(..=40), max_items = 10",
    "runbook": "length(..=200)",
}

MARKDOWN = """markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        {count} times today, ask {owner}
        {processes}
        {runbook}
    ",
)"""


class Variant:
    """One way to write the structs."""

    def __init__(self, name, dependencies=(), derives=(), attribute="", fields=None, documented=False):
        self.name = name
        self._dependencies = dependencies
        self._derives = derives
        self._attribute = attribute
        self._fields = fields or {}
        self._documented = documented

    def manifest(self, package, core):
        """`core` is the path of dingtalk-core."""
        dependencies = [line.replace("CORE", str(core)) for line in self._dependencies]
        head = [
            "[package]",
            f'name = "{package}"',
            'version = "0.0.0"',
            'edition = "2024"',
            "",
            "[lib]",
            "doctest = false",
            "",
            "[dependencies]",
        ]
        return "\n".join([*head, *dependencies, ""])

    def source(self, types):
        return "\n".join(self._type(f"Alert{number}") for number in range(types))

    def _type(self, name):
        lines = [*self._documentation(None, "")]
        if self._derives:
            lines.append(f"#[derive({', '.join(self._derives)})]")
        if self._attribute:
            lines.append(self._attribute)
        lines.append(f"pub struct {name} {{")
        for field, ty in FIELDS.items():
            lines += self._documentation(field, "    ")
            if field in self._fields:
                lines.append(f"    #[dingtalk({self._fields[field]})]")
            lines.append(f"    pub {field}: {ty},")
        return "\n".join([*lines, "}", ""])

    def _documentation(self, field, indent):
        return [f"{indent}/// {DOCUMENTATION[field]}"] if self._documented else []


def _core(*features):
    return f'dingtalk-core = {{ path = "CORE", default-features = false, features = {list(features)} }}'.replace("'", '"')


def _rules():
    rules = {field: CONSTRAINTS[field] for field in FIELDS}
    return {field: ", ".join(filter(None, [LINES.get(field), rule])) for field, rule in rules.items()}


BASELINE = Variant("no derive")
THISERROR_DERIVE = Variant(
    "`thiserror::Error` + `Debug`, one template",
    [THISERROR],
    ["Debug", "thiserror::Error"],
    '#[error("CPU {percent:.1}% on {host}: {count} times, {owner}, {processes:?}, {runbook:?}")]',
)
PLAIN = Variant(
    "our notification, two templates",
    [_core("derive")],
    ["dingtalk_core::Notification"],
    f"#[dingtalk({MARKDOWN})]",
    LINES,
)
TOOL = Variant(
    "our tool, two templates, rules on every field",
    [_core("derive", "tool")],
    ["dingtalk_core::Notification"],
    f'#[dingtalk({MARKDOWN}, tool(when = "a host\'s CPU stayed above its limit and a person must look"))]',
    _rules(),
    documented=True,
)
DESERIALIZE = Variant("`serde::Deserialize`", [SERDE], ["serde::Deserialize"], documented=True)
JSON_SCHEMA = Variant("`schemars::JsonSchema`", [SCHEMARS], ["schemars::JsonSchema"], documented=True)
BOTH = Variant(
    "`Deserialize` + `JsonSchema`",
    [SERDE, SCHEMARS],
    ["serde::Deserialize", "schemars::JsonSchema"],
    documented=True,
)
ASKAMA_TEMPLATE = Variant(
    "`askama::Template`, one inline template",
    [ASKAMA],
    ["askama::Template"],
    "#[template(ext = \"txt\", source = \"CPU {{ percent }}% on {{ host }}: {{ count }} times, {{ owner }}"
    "{% for process in processes %}, {{ process }}{% endfor %}"
    "{% if let Some(runbook) = runbook %}, {{ runbook }}{% endif %}\")]",
)

# By the name of the generated package.
VARIANTS = {
    "baseline": BASELINE,
    "thiserror": THISERROR_DERIVE,
    "plain": PLAIN,
    "tool": TOOL,
    "deserialize": DESERIALIZE,
    "json-schema": JSON_SCHEMA,
    "both": BOTH,
    "askama": ASKAMA_TEMPLATE,
}
