"""The Python MCP client drives the server, over stdio and over HTTP, in the ways of both protocol eras.

Usage: python_client.py PROGRAM
"""

import asyncio
import sys
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from mcp import Client, StdioServerParameters

from checks import Checks
from conversation import (
    NO_ANSWER_SECONDS, Person, assert_delivered, begin_to_wait, cannot_ask, check_calls, check_texts, wait_in_vain,
)
from robots import PATIENCE_SECONDS, Sandbox
from served import Served

# How the client agrees on the protocol's version, and which version comes of it.
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}


def over_stdio(era, patience=PATIENCE_SECONDS):
    @asynccontextmanager
    async def connect(program, environment, person):
        server = StdioServerParameters(command=program, args=["serve"], env=environment)
        options = {"mode": era, "read_timeout_seconds": patience, "elicitation_callback": person}
        async with Client(server, **options) as client:
            assert client.protocol_version == ERAS[era], client.protocol_version
            yield client

    return connect


def over_http(era, *arguments, patience=PATIENCE_SECONDS):
    @asynccontextmanager
    async def connect(program, environment, person):
        options = {"mode": era, "read_timeout_seconds": patience, "elicitation_callback": person}
        with Served(program, "serve", "--http", "127.0.0.1:0", *arguments, environment=environment) as [address]:
            async with Client(address, **options) as client:
                assert client.protocol_version == ERAS[era], client.protocol_version
                yield client

    return connect


async def restart(program):
    """A client goes on with its session after the server has been replaced, and can still be asked."""
    with Sandbox(program) as sandbox:
        person = Person()
        first = Served(program, "serve", "--http", "127.0.0.1:0", environment=sandbox.environment)
        with first as [address]:
            async with Client(address, mode="legacy", elicitation_callback=person) as client:
                result = await client.call_tool("send_text_message", {"text": "before"})
                assert_delivered(result, sandbox.last_message())
                first.process.terminate()
                first.process.wait()
                where = urlsplit(address).netloc
                with Served(program, "serve", "--http", where, environment=sandbox.environment):
                    result = await client.call_tool("send_text_message", {"text": "after", "atAll": True})
                    assert_delivered(result, sandbox.last_message())
                    assert len(person.questions) == 1, person.questions
                    result = await client.call_tool("send_text_message", {"text": "before"})
                    assert result.structured_content["status"] == "duplicate", result


async def main(program):
    checks = Checks("Python client")
    waiting = begin_to_wait(program, {
        "stdio, legacy": over_stdio("legacy", patience=NO_ANSWER_SECONDS),
        "HTTP, legacy": over_http("legacy", patience=NO_ANSWER_SECONDS),
    })
    for era in ERAS:
        for transport, connect in {"stdio": over_stdio(era), "HTTP": over_http(era)}.items():
            def check(name, where=f"{transport}, {era}"):
                return checks(f"{where}: {name}")

            await check_calls(check, program, connect)
            if transport == "stdio":
                await check_texts(check, program, connect)
    with checks("HTTP, legacy, no sessions: a person who cannot be reached"):
        await cannot_ask(program, over_http("legacy", "--stateless"), Person())
    with checks("HTTP, legacy: a server that restarts"):
        await restart(program)
    await wait_in_vain(checks, waiting)
    checks.finish()


asyncio.run(main(sys.argv[1]))
