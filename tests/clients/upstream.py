"""A model server with scripted answers that speaks the three protocols, whole and streamed. Prints its port."""

import http.server
import json

SCRIPT = [
    ("opening hours", "The clinic is open from 8 am to 6 pm on weekdays."),
    ("contact", "You can reach Dr. Elena Marsh at elena.marsh@example.org during office hours."),
    ("free some space", {"name": "run_shell", "arguments": {"command": "rm -rf /var/backups"}}),
]
FALLBACK = "I know three things: opening hours, a contact, and disk space."
# Small, so that personal data falls across the borders of pieces.
PIECE = 7


def last_text(body):
    turns = body.get("messages") or body.get("input") or ""
    content = turns if isinstance(turns, str) else turns[-1]["content"]
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def reply_to(body):
    text = last_text(body)
    return next((reply for phrase, reply in SCRIPT if phrase in text), FALLBACK)


def pieces(text):
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def chat(body, reply):
    head = {"id": "chatcmpl-1", "created": 1, "model": body["model"]}
    if isinstance(reply, str):
        message, finish = {"role": "assistant", "content": reply, "refusal": None}, "stop"
        deltas = [{"content": piece} for piece in pieces(reply)]
    else:
        function = {"name": reply["name"], "arguments": json.dumps(reply["arguments"])}
        call = {"id": "call_1", "type": "function", "function": function}
        message, finish = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
        more = [{"index": 0, "function": {"arguments": piece}} for piece in pieces(function["arguments"])]
        first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": reply["name"], "arguments": ""}}
        deltas = [{"tool_calls": [part]} for part in [first] + more]
    if not body.get("stream"):
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    deltas = [({"role": "assistant", "content": ""}, None)] + [(delta, None) for delta in deltas] + [({}, finish)]
    return [
        {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in deltas
    ]


def responses(body, reply):
    head = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": body["model"], "error": None,
        "incomplete_details": None, "instructions": body.get("instructions"), "metadata": {}, "parallel_tool_calls": True,
        "temperature": 1.0, "tool_choice": "auto", "tools": body.get("tools", []), "top_p": 1.0,
    }
    usage = {
        "input_tokens": 1, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2,
    }
    if isinstance(reply, str):
        part = {"type": "output_text", "text": reply, "annotations": [], "logprobs": []}
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        empty, kind = {**item, "status": "in_progress", "content": []}, "response.output_text"
        text, field, place = reply, "text", {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    else:
        text, field, place = json.dumps(reply["arguments"]), "arguments", {"item_id": "fc_1", "output_index": 0}
        item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": reply["name"], "arguments": text, "status": "completed"}
        empty, kind, part = {**item, "status": "in_progress", "arguments": ""}, "response.function_call_arguments", None
    whole = {**head, "status": "completed", "output": [item], "usage": usage}
    if not body.get("stream"):
        return whole
    begun = {**head, "status": "in_progress", "output": [], "usage": None}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": empty},
    ]
    if part:
        events.append({"type": "response.content_part.added", **place, "part": {**part, "text": ""}})
    events += [{"type": f"{kind}.delta", **place, "delta": piece} for piece in pieces(text)]
    events.append({"type": f"{kind}.done", **place, field: text})
    if part:
        events.append({"type": "response.content_part.done", **place, "part": part})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def messages(body, reply):
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    if isinstance(reply, str):
        block, reason = {"type": "text", "text": reply}, "end_turn"
        empty, deltas = {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces(reply)]
    else:
        block, reason = {"type": "tool_use", "id": "toolu_1", "name": reply["name"], "input": reply["arguments"]}, "tool_use"
        empty = {**block, "input": {}}
        parts = pieces(json.dumps(reply["arguments"]))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in parts]
    if not body.get("stream"):
        return {**message, "content": [block], "stop_reason": reason, "usage": usage}
    return [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]


PROTOCOLS = {"/v1/chat/completions": chat, "/v1/responses": responses, "/v1/messages": messages}


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = PROTOCOLS[self.path](body, reply_to(body))
        if isinstance(answer, dict):
            self.send("application/json", json.dumps(answer))
            return
        names = (f"event: {event['type']}\n" if "type" in event else "" for event in answer)
        events = "".join(f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, answer))
        self.send("text/event-stream", events + ("data: [DONE]\n\n" if self.path.endswith("completions") else ""))

    def send(self, content_type, text):
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    print(server.server_port, flush=True)
    server.serve_forever()
