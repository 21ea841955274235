"""What a program with the official Anthropic SDK sees."""

import anthropic
import anthropic_messages
from driver import CONTACT, HOURS, SHELL, is_hours, is_redacted, is_refused, run, runs

API = anthropic_messages.client()
TOOLS = [{"name": "run_shell", "description": "Runs a command", "input_schema": {"type": "object"}}]


def the_example_runs():
    runs("anthropic_messages.py")


def allowed_answer():
    is_hours(anthropic_messages.ask(API, HOURS))


def allowed_stream():
    is_hours("".join(anthropic_messages.ask_streamed(API, HOURS)))


def redacted_answer():
    is_redacted(anthropic_messages.ask(API, CONTACT))


def redacted_stream():
    is_redacted("".join(anthropic_messages.ask_streamed(API, CONTACT)))


def the_message_of_a_redacted_stream_is_complete():
    messages = [{"role": "user", "content": CONTACT}]
    with API.messages.stream(model="demo", max_tokens=9, messages=messages) as stream:
        message = stream.get_final_message()
    is_redacted(message.content[0].text)
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 9), message


def refused_tool_use():
    is_refused(anthropic_messages.ask(API, SHELL, tools=TOOLS))


def refused_stream():
    messages = [{"role": "user", "content": SHELL}]
    with API.messages.stream(model="demo", max_tokens=9, messages=messages, tools=TOOLS) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "refusal" and "run_shell" in message.content[0].text, message


def failures_are_typed_errors():
    stranger = anthropic.Anthropic(base_url=API.base_url, api_key="none")
    try:
        stranger.messages.create(model="demo", max_tokens=9, messages=[{"role": "user", "content": HOURS}])
    except anthropic.AuthenticationError as error:
        assert error.body["error"]["code"] == "principal_missing", error.body
        return
    raise AssertionError("a request without a user was passed on")


run([
    the_example_runs, allowed_answer, allowed_stream, redacted_answer, redacted_stream,
    the_message_of_a_redacted_stream_is_complete, refused_tool_use, refused_stream, failures_are_typed_errors,
])
