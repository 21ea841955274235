"""What a program with the official OpenAI SDK sees on chat completions."""

import openai
import openai_chat
from driver import CONTACT, HOURS, SHELL, is_hours, is_redacted, is_refused, run, runs

API = openai_chat.client()
TOOLS = [{"type": "function", "function": {"name": "run_shell", "parameters": {"type": "object", "properties": {}}}}]


def the_example_runs():
    runs("openai_chat.py")


def allowed_answer():
    is_hours(openai_chat.ask(API, HOURS))


def allowed_stream():
    is_hours("".join(openai_chat.ask_streamed(API, HOURS)))


def redacted_answer():
    is_redacted(openai_chat.ask(API, CONTACT))


def redacted_stream():
    is_redacted("".join(openai_chat.ask_streamed(API, CONTACT)))


def refused_tool_call():
    is_refused(openai_chat.ask(API, SHELL, tools=TOOLS))


def refusal_is_a_typed_error():
    for stream in (False, True):
        try:
            API.chat.completions.create(model="demo", messages=[{"role": "user", "content": SHELL}], tools=TOOLS, stream=stream)
        except openai.BadRequestError as error:
            assert (error.code, error.type, error.param) == ("content_filter", "invalid_request_error", "prompt")
            continue
        raise AssertionError("the tool call was not refused")


def headers_say_what_was_decided():
    raw = API.chat.completions.with_raw_response.create(model="demo", messages=[{"role": "user", "content": HOURS}])
    assert raw.headers["x-parapet-decision"] == "allow" and raw.headers["x-parapet-decision-id"], raw.headers


run([
    the_example_runs, allowed_answer, allowed_stream, redacted_answer, redacted_stream, refused_tool_call,
    refusal_is_a_typed_error, headers_say_what_was_decided,
])
