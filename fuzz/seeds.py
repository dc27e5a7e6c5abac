"""Writes a corpus for three targets. `attributes`: every type with `#[dingtalk(…)]` in the compile-fail cases and the documentation;
`configuration`: every file of its page. `hooks`: every recorded payload."""

import json
import pathlib
import sys

# `-max_len` in `run`.
MAX_INPUT = 4096

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


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


if __name__ == "__main__":
    main()
