"""A model of two services on loopback: it says in a stream what the scene wants, and costs nothing.

A prompt begins with a word: RUN makes the agent run a command, FORK begins two sub-agents that each run one, FAIL is an
error of the service, and everything else is answered.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = "I have made the file.\n\nAll tests pass. Shall I push to main?"
COMMAND = "GH_TOKEN=hunter2hunter2 touch made.txt"


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(404, "application/json", "{}")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "{}")
        if self.path.startswith("/v1/messages") and "count_tokens" not in self.path:
            self._messages(asked)
        elif self.path.startswith("/v1/responses"):
            self._stream(responses(asked))
        else:
            self._answer(200, "application/json", "{}")

    def _messages(self, asked):
        blocks = claude(asked)
        if blocks is None:
            error = {"type": "invalid_request_error", "message": "Your credit balance is too low"}
            self._answer(400, "application/json", json.dumps({"type": "error", "error": error}))
            return
        uses = any(block["type"] == "tool_use" for block in blocks)
        end = {"stop_reason": "tool_use" if uses else "end_turn", "stop_sequence": None}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"]}
        usage = {"input_tokens": 1, "output_tokens": 1}
        if not asked.get("stream"):
            self._answer(200, "application/json", json.dumps({**message, **end, "content": blocks, "usage": usage}))
            return
        start = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        events = [("message_start", {"message": start})]
        for index, block in enumerate(blocks):
            if block["type"] == "text":
                empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
            else:
                empty, delta = {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            events.append(("content_block_start", {"index": index, "content_block": {**block, **empty}}))
            events.append(("content_block_delta", {"index": index, "delta": delta}))
            events.append(("content_block_stop", {"index": index}))
        events.append(("message_delta", {"delta": end, "usage": {"output_tokens": 1}}))
        events.append(("message_stop", {}))
        self._stream(events)

    def _stream(self, events):
        lines = (f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in events)
        self._answer(200, "text/event-stream", "".join(lines))

    def _answer(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def claude(asked):
    """Returns the next blocks of Claude's answer; None is an error."""
    said = json.dumps(asked["messages"])
    has_tools = any(tool.get("name") == "Bash" for tool in asked.get("tools", []))
    is_first = '"tool_use"' not in said
    if has_tools and "FAIL" in said:
        return None
    if has_tools and is_first and "PART" in said:
        return [use("Bash", {"command": "touch part.txt", "description": "Make a part"})]
    if has_tools and is_first and "FORK" in said:
        return [
            use("Agent", {"description": f"Part {part}", "prompt": f"PART {part}", "subagent_type": "general-purpose"}, part)
            for part in (1, 2)
        ]
    if has_tools and is_first and "RUN" in said:
        return [use("Bash", {"command": COMMAND, "description": "Make a file"})]
    return [{"type": "text", "text": ANSWER}]


def use(name, arguments, number=1):
    return {"type": "tool_use", "id": f"toolu_{name}_{number}", "name": name, "input": arguments}


def responses(asked):
    """Returns the events of Codex's next answer."""
    said, last = json.dumps(asked["input"]), json.dumps(asked["input"][-1])
    tools = [tool.get("name") for tool in asked.get("tools", [])]
    if "RUN" in said and "function_call_output" not in last and "exec_command" in tools:
        # Outside of the agent's sandbox, so that a person is asked.
        arguments = {"cmd": COMMAND, "sandbox_permissions": "require_escalated", "justification": "May I make a file?"}
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "exec_command",
                "arguments": json.dumps(arguments)}
    else:
        item = {"type": "message", "id": "m_1", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}
    usage = {"input_tokens": 1, "input_tokens_details": None, "output_tokens": 1, "output_tokens_details": None,
             "total_tokens": 2}
    return [
        ("response.created", {"response": {"id": "resp_1"}}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": {"id": "resp_1", "usage": usage}}),
    ]


def serve():
    """Serves in the background; returns the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
