"""FastMCP's client drives the server, over stdio and over HTTP, in the ways of both protocol eras.

Usage: fastmcp_client.py PROGRAM
"""

import asyncio
import sys
from contextlib import asynccontextmanager

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from checks import Checks
from conversation import NO_ANSWER_SECONDS, begin_to_wait, check_calls, wait_in_vain
from robots import PATIENCE_SECONDS
from served import Served

ERAS = ["legacy", "auto"]


class Raw:
    """Answers as they stand on the wire, which FastMCP turns into values and exceptions of its own."""

    def __init__(self, client):
        self._client = client

    async def list_tools(self):
        return await self._client.list_tools_mcp()

    async def call_tool(self, tool, arguments):
        return await self._client.call_tool_mcp(tool, arguments)


def handler(person):
    async def answer(message, response_type, question, context):
        return await person(context, question)

    return person and answer


def over_stdio(era, patience=PATIENCE_SECONDS):
    @asynccontextmanager
    async def connect(program, environment, person):
        transport = StdioTransport(program, ["serve"], env=environment, keep_alive=False)
        async with Client(transport, mode=era, timeout=patience, elicitation_handler=handler(person)) as client:
            yield Raw(client)

    return connect


def over_http(era, patience=PATIENCE_SECONDS):
    @asynccontextmanager
    async def connect(program, environment, person):
        with Served(program, "serve", "--http", "127.0.0.1:0", environment=environment) as [address]:
            async with Client(address, mode=era, timeout=patience, elicitation_handler=handler(person)) as client:
                yield Raw(client)

    return connect


async def main(program):
    checks = Checks("FastMCP client")
    waiting = begin_to_wait(program, {
        "stdio, legacy": over_stdio("legacy", NO_ANSWER_SECONDS),
        "HTTP, legacy": over_http("legacy", NO_ANSWER_SECONDS),
    })
    for era in ERAS:
        for transport, connect in {"stdio": over_stdio(era), "HTTP": over_http(era)}.items():
            def check(name, where=f"{transport}, {era}"):
                return checks(f"{where}: {name}")

            await check_calls(check, program, connect)
    await wait_in_vain(checks, waiting)
    checks.finish()


asyncio.run(main(sys.argv[1]))
