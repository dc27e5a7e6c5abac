"""Writes a corpus for six targets. `attributes`: every type with `#[dingtalk(…)]` in the compile-fail cases and the documentation;
`configuration`: every file of its page. `hooks` and `agent_hooks`: every recorded payload. `messages` and `relay_message`: one of each kind."""

import json
import pathlib
import sys

# `-max_len` in `run`.
MAX_INPUT = 4096

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t", "arguments": {"text": "x"}}}
MESSAGES = [
    CALL,
    CALL | {"id": "a", "params": {"name": "t", "arguments": '{"text": "x"}'}},
    CALL | {"params": {"name": "t", "arguments": {"text": "\ud83d"}}},
    [CALL, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}],
    {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
    {"jsonrpc": "2.0", "id": 1, "result": {"action": "accept", "content": {"answer": "yes"}}},
    {"jsonrpc": "2.0", "id": 1, "method": "initialize",
     "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
]

URL = "https://example.com/1.png"
RELAYED = [
    {"msgtype": "text", "text": {"content": "x @13800000000"}, "at": {"atMobiles": ["13800000000"], "isAtAll": False}},
    {"msgtype": "markdown", "markdown": {"title": "t", "text": "# x"}, "at": {"atUserIds": ["u"]}},
    {"msgtype": "link", "link": {"title": "t", "text": "x", "messageUrl": URL, "picUrl": ""}},
    {"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "singleTitle": "a", "singleURL": URL}},
    {"msgtype": "actionCard", "actionCard": {
        "title": "t", "text": "x", "btnOrientation": "1", "btns": [{"title": "a", "actionURL": URL}] * 2}},
    {"msgtype": "feedCard", "feedCard": {"links": [{"title": "t", "messageURL": URL, "picURL": URL}]}},
]


def sources():
    yield from sorted(REPOSITORY.glob("tests/ui/**/*.rs"))
    for pages in ("README.md", "*/README.md", "docs/*.md", "*/doc/*.md"):
        yield from sorted(REPOSITORY.glob(pages))


def types(text):
    """The items at the left margin that have attributes, each from its first to its last line."""
    item = []
    for line in text.splitlines():
        if not item and not line.startswith(("///", "#[")):
            continue
        item.append(line)
        if line.startswith("}") or line.endswith(";"):
            yield "\n".join(item)
            item = []


def files(text):
    """The blocks of TOML."""
    return [block.split("\n```")[0] for block in text.split("```toml\n")[1:]]


def corpus_of(target):
    corpus = pathlib.Path(sys.argv[1]) / target
    corpus.mkdir(parents=True, exist_ok=True)
    return corpus


def main():
    for target, seeds in {"messages": MESSAGES, "relay_message": RELAYED}.items():
        for number, seed in enumerate(seeds):
            (corpus_of(target) / f"kind-{number}").write_text(json.dumps(seed))
    corpus = corpus_of("attributes")
    for source in sources():
        name = "-".join(source.relative_to(REPOSITORY).with_suffix("").parts).lower()
        for number, item in enumerate(item for item in types(source.read_text()) if "#[dingtalk(" in item):
            (corpus / f"{name}-{number}").write_text(item)
    page = (REPOSITORY / "docs/configuration.md").read_text()
    for number, file in enumerate(files(page)):
        (corpus_of("configuration") / f"page-{number}").write_text(file)
    for folder in ("tests/payloads", "mcp-server/examples/webhooks/payloads"):
        for payload in sorted((REPOSITORY / folder).glob("*/*.json")):
            # GitHub's file names begin with the event.
            name, event = f"{payload.parent.name}-{payload.stem}", payload.stem.split(".")[0]
            text = json.dumps(json.loads(payload.read_text()), ensure_ascii=False, separators=(",", ":"))
            seed = f"{event}\n{text}".encode()
            # The fuzzer cuts longer inputs, which are no JSON then.
            if len(seed) <= MAX_INPUT:
                (corpus_of("hooks") / name).write_bytes(seed)
    for payload in sorted((REPOSITORY / "tests/payloads/agents").glob("*/*.json")):
        text = payload.read_text().replace("hunter2hunter2", "SECRET")
        (corpus_of("agent_hooks") / f"{payload.parent.name}-{payload.stem}").write_text(text)


if __name__ == "__main__":
    main()
