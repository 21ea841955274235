"""What a program with the official OpenAI SDK sees on the Responses API."""

import openai
import openai_responses
from driver import CONTACT, HOURS, SHELL, is_hours, is_redacted, is_refused, run, runs

API = openai_responses.client()


def the_example_runs():
    runs("openai_responses.py")


def allowed_answer():
    is_hours(openai_responses.ask(API, HOURS))


def allowed_stream():
    is_hours("".join(openai_responses.ask_streamed(API, HOURS)))


def redacted_answer():
    is_redacted(openai_responses.ask(API, CONTACT))


def redacted_stream():
    is_redacted("".join(openai_responses.ask_streamed(API, CONTACT)))


def the_response_of_a_redacted_stream_is_complete():
    with API.responses.stream(model="demo", input=CONTACT) as stream:
        response = stream.get_final_response()
    is_redacted(response.output_text)
    assert (response.status, response.output[0].type) == ("completed", "message"), response


def refused_call():
    is_refused(openai_responses.ask(API, SHELL))


def refusal_is_a_typed_error():
    for stream in (False, True):
        try:
            API.responses.create(model="demo", input=SHELL, stream=stream)
        except openai.BadRequestError as error:
            assert (error.code, error.type, error.param) == ("content_filter", "invalid_request_error", "prompt")
            continue
        raise AssertionError("the call was not refused")


def what_the_provider_keeps_is_refused():
    try:
        API.responses.create(model="demo", input=HOURS, previous_response_id="resp_0")
    except openai.BadRequestError as error:
        assert error.body["reason_code"] == "part_not_inspected", error.body
        return
    raise AssertionError("an earlier conversation that no guard saw was passed on")


run([
    the_example_runs, allowed_answer, allowed_stream, redacted_answer, redacted_stream,
    the_response_of_a_redacted_stream_is_complete, refused_call, refusal_is_a_typed_error, what_the_provider_keeps_is_refused,
])
