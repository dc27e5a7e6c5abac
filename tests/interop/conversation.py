"""What is checked of a server in the words of a client: what it lists, what arrives in the group, when it asks, and what it says of
mistakes.

Each function is given a client, or a way to connect one: connect(program, environment, person), where the person is
whom the client asks for the server, and None is a client that shows no forms.
"""

import asyncio
import json
import pathlib

from mcp import MCPError
from mcp.types import ElicitResult

from robots import PATIENCE_SECONDS, Sandbox, SilentRobot

TOOLS = {
    "send_text_message": (["text", "atMobiles", "atUserIds", "atAll"], ["text"]),
    "send_markdown_message": (["title", "text", "atMobiles", "atUserIds", "atAll"], ["title", "text"]),
    "send_link_message": (["title", "text", "url", "pictureUrl"], ["title", "text", "url"]),
    "send_action_card_message": (["title", "text", "buttons"], ["title", "text", "buttons"]),
    "send_feed_card_message": (["items"], ["items"]),
}


def fill(piece, size):
    """A text of exactly `size` bytes."""
    length = len(piece.encode())
    return piece * (size // length) + "x" * (size % length)


TEXTS = {
    "Chinese": "备份完成：数据库「订单」已归档，用时 412 秒。",
    "emoji": "部署成功 🚀 👩‍👩‍👧‍👦 🇨🇳 ❤️ 1️⃣",
    "quotes and backslashes": r"""He said "it's" `C:\new\table` \\server\share \u4e2d \" \n 100% {text} ${HOME} <b>&amp;</b>""",
    "line breaks": "first line\nsecond line\n\n  indented:\tkey = value\n- item",
    "JSON": '{"errcode": 0, "text": {"content": "\\u4f60\\u597d"}, "at": {"isAtAll": true}}',
    "19,000 bytes": fill("值班🚨 ", 19_000),
}


# One call of each tool, and the message that arrives.
CALLS = json.loads(pathlib.Path(__file__).with_name("calls.json").read_text(encoding="utf-8"))

# The server waits 45 seconds for a person.
NO_ANSWER_SECONDS = 45 + PATIENCE_SECONDS


class Person:
    """Whom the client asks for us. Says yes unless told otherwise; without an answer says nothing for ever."""

    YES = {"action": "accept", "content": {"answer": "yes"}}

    def __init__(self):
        self.answer = self.YES
        self.questions = []

    async def __call__(self, _, question):
        self.questions.append(question)
        if self.answer is None:
            await asyncio.Event().wait()
        return ElicitResult(**self.answer)


def said(result):
    """The text of an answer."""
    return "\n".join(block.text for block in result.content)


def assert_delivered(result, message):
    assert not result.is_error, said(result)
    facts = result.structured_content
    assert facts["status"] == "delivered", facts
    assert facts["id"] == message["msgUuid"], (facts, message["msgUuid"])
    # Some clients show the text only, others the structured facts only.
    values = [value for fact in facts.values() for value in (fact if isinstance(fact, list) else [fact])]
    assert all(str(value) in said(result) for value in values), (facts, said(result))


def assert_fault(result, *words):
    """One fault of the answer holds all of these words."""
    faults = result.structured_content["faults"]
    assert any(all(word in fault for word in words) for fault in faults), (words, faults)


async def list_tools(client):
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == list(TOOLS), [tool.name for tool in tools]
    for tool in tools:
        properties, required = TOOLS[tool.name]
        schema = tool.input_schema
        assert list(schema["properties"]) == properties, schema
        assert schema.get("required", []) == required, schema
        assert schema["additionalProperties"] is False, schema
        for text in (tool.title, tool.description, *(p["description"] for p in schema["properties"].values())):
            assert text and text.strip(), tool
        hints = tool.annotations
        assert hints.read_only_hint is False, hints
        assert hints.destructive_hint is True, hints
        assert hints.idempotent_hint is False, hints
        assert hints.open_world_hint is True, hints


async def send_text(client, sandbox, text):
    assert len(text.encode()) <= 19_500
    result = await client.call_tool("send_text_message", {"text": text})
    message = sandbox.last_message()
    assert message["msgtype"] == "text", message
    assert message["text"]["content"] == text, message
    assert_delivered(result, message)


async def send_markdown(client, sandbox, text):
    title = "Title 标题 🚀 \"quoted\" \\ back"
    result = await client.call_tool("send_markdown_message", {"title": title, "text": text})
    message = sandbox.last_message()
    assert message["msgtype"] == "markdown", message
    assert message["markdown"] == {"title": title, "text": text}, message
    assert_delivered(result, message)


async def send_each(client, sandbox):
    for call in CALLS:
        result = await client.call_tool(call["tool"], call["arguments"])
        message = sandbox.last_message()
        assert_delivered(result, message)
        for key, value in call["wire"].items():
            assert message[key] == value, (key, message)


async def mention(client, sandbox):
    """A mention stands in the list and in the body, or DingTalk notifies nobody."""
    mentions = {"atMobiles": ["13800000000", "+852-12345678"], "atAll": True}
    await client.call_tool("send_text_message", {"text": "看一下", **mentions})
    message = sandbox.last_message()
    assert message["text"]["content"] == "看一下\n@13800000000 @+852-12345678 @all", message
    assert message["at"] == {"atMobiles": mentions["atMobiles"], "isAtAll": True}, message

    await client.call_tool("send_markdown_message", {"title": "看", "text": "### 看一下\n\n- item", **mentions})
    message = sandbox.last_message()
    expected = "### 看一下\n\n- item\n\n@13800000000 @+852-12345678 @all"
    assert message["markdown"]["text"] == expected, message
    assert message["at"] == {"atMobiles": mentions["atMobiles"], "isAtAll": True}, message


async def ask(client, sandbox, person):
    """Only an exact yes lets a message notify everybody; the question says which message."""
    before = len(sandbox.entries())
    answers = [{"action": "accept", "content": {}}, {"action": "accept", "content": {"answer": "no"}}]
    for number, answer in enumerate([*answers, {"action": "decline"}, {"action": "cancel"}]):
        person.answer = answer
        result = await client.call_tool("send_text_message", {"text": f"fire drill {number}", "atAll": True})
        assert result.is_error is True, result
        assert result.structured_content["reason"] == "not_confirmed", result
        assert f"fire drill {number}" in person.questions[-1].message, person.questions[-1]
    assert len(sandbox.entries()) == before
    person.answer = Person.YES
    result = await client.call_tool("send_text_message", {"text": "fire drill", "atAll": True})
    assert_delivered(result, sandbox.last_message())
    # The same call again sends nothing, and asks nobody.
    asked = len(person.questions)
    result = await client.call_tool("send_text_message", {"text": "fire drill", "atAll": True})
    assert result.structured_content["status"] == "duplicate", result
    assert (len(person.questions), len(sandbox.entries())) == (asked, before + 1)


async def nobody_answers(program, connect):
    """What nobody confirms in time is not sent, and the call ends. Takes as long as the server waits for a person."""
    person = Person()
    person.answer = None
    with Sandbox(program) as sandbox:
        async with connect(program, sandbox.environment, person) as client:
            result = await client.call_tool("send_text_message", {"text": "fire drill", "atAll": True})
        assert len(person.questions) == 1, person.questions
        assert result.structured_content["reason"] == "not_confirmed", result
        assert sandbox.entries() == []


def begin_to_wait(program, connections):
    """Lets nobody answer over each of these, while other checks run."""
    return {where: asyncio.create_task(nobody_answers(program, connect)) for where, connect in connections.items()}


async def wait_in_vain(checks, waiting):
    for where, task in waiting.items():
        with checks(f"{where}: a person who says nothing"):
            await task


async def cannot_ask(program, connect, person=None):
    """A client that shows no forms, or cannot be reached by a question, gets no message to everybody out."""
    with Sandbox(program) as sandbox:
        async with connect(program, sandbox.environment, person) as client:
            result = await client.call_tool("send_text_message", {"text": "fire drill", "atAll": True})
        assert result.structured_content["reason"] == "not_confirmed", result
        assert sandbox.entries() == []


async def four_mistakes(client, sandbox):
    """All mistakes come in one answer, and nothing is sent."""
    before = len(sandbox.entries())
    result = await client.call_tool("send_markdown_message", {"titel": "Release", "text": "", "atAll": "yes"})
    assert result.is_error is True, result
    assert result.structured_content["status"] == "refused", result
    assert len(result.structured_content["faults"]) == 4, result
    assert_fault(result, "`titel`", "did you mean `title`?")
    assert_fault(result, "`title`", "missing")
    assert_fault(result, "`text`", "at least 1")
    assert_fault(result, "`atAll`", "yes")
    for fault in result.structured_content["faults"]:
        assert fault in said(result), (fault, said(result))
    assert len(sandbox.entries()) == before


async def unknown_tool(client):
    try:
        await client.call_tool("send_fax", {"text": "x"})
    except MCPError as error:
        assert error.error.code == -32602, error
        assert "send_text_message" in error.error.message, error
    else:
        raise AssertionError("a tool that does not exist was called")


async def refused(program, connect):
    """What the robot refuses comes with its code and with advice, and without the secret."""
    with Sandbox(program) as sandbox:
        secret = "SEC" + "0" * 64
        environment = sandbox.environment | {"DINGTALK_BOT_SECRET": secret}
        async with connect(program, environment, None) as client:
            result = await client.call_tool("send_text_message", {"text": "x"})
        [entry] = sandbox.entries()
        assert entry["errcode"] == 310_000, entry
        assert result.is_error is True, result
        facts = result.structured_content
        assert facts["status"] == "refused", facts
        assert facts["code"] == 310_000, facts
        assert facts["advice"].strip() and facts["advice"] in said(result), result
        assert "310000" in said(result), result
        for hidden in (secret, environment["DINGTALK_BOT_ACCESS_TOKEN"], "sign="):
            assert hidden not in result.model_dump_json(), "a secret stands in the answer"


async def cancel(program, connect):
    """A call that the client gives up is given up by the server, which goes on serving."""
    with SilentRobot() as robot:
        async with connect(program, robot.environment, None) as client:
            call = asyncio.create_task(client.call_tool("send_text_message", {"text": "x"}))
            await asyncio.to_thread(robot.take_request)
            call.cancel()
            await asyncio.to_thread(robot.wait_for_end)
            result = await client.call_tool("send_text_message", {"text": ""})
            assert_fault(result, "`text`")


async def check_texts(check, program, connect):
    """That what is written is what arrives."""
    with Sandbox(program) as sandbox:
        async with connect(program, sandbox.environment, Person()) as client:
            for name, text in TEXTS.items():
                with check(f"text: {name}"):
                    await send_text(client, sandbox, text)
                with check(f"Markdown: {name}"):
                    await send_markdown(client, sandbox, text)
            with check("mentions"):
                await mention(client, sandbox)


async def check_calls(check, program, connect):
    """Everything that a client does every day."""
    with Sandbox(program) as sandbox:
        person = Person()
        async with connect(program, sandbox.environment, person) as client:
            with check("the list of tools"):
                await list_tools(client)
            with check("a call of each tool"):
                await send_each(client, sandbox)
            with check("a person is asked before everybody is notified, and once"):
                await ask(client, sandbox, person)
            with check("four mistakes in one call"):
                await four_mistakes(client, sandbox)
            with check("a tool that does not exist"):
                await unknown_tool(client)
    with check("a client that cannot ask"):
        await cannot_ask(program, connect)
    with check("a message that the robot refuses"):
        await refused(program, connect)
    with check("a call that is cancelled"):
        await cancel(program, connect)
