"""What a program with the official SDK sees: answers, redactions, streams, and refusals as its own error types."""

import sys

import openai

PRINCIPAL = '{"id": "sdk-user", "roles": ["visitor"]}'
TOOLS = [{"type": "function", "function": {"name": "run_shell", "parameters": {"type": "object", "properties": {}}}}]


def client(url):
    return openai.OpenAI(
        base_url=f"{url}/v1", api_key="none", default_headers={"x-parapet-principal": PRINCIPAL}, max_retries=2
    )


def ask(api, text, **more):
    return api.chat.completions.create(model="demo", messages=[{"role": "user", "content": text}], **more)


def allowed_answer(api):
    answer = ask(api, "What are the opening hours?").choices[0].message.content
    assert "8 am to 6 pm" in answer, answer


def redacted_answer(api):
    answer = ask(api, "How can I contact my doctor?").choices[0].message.content
    assert "@" not in answer and "Elena Marsh" in answer, answer


def redacted_stream(api):
    chunks = list(ask(api, "How can I contact my doctor?", stream=True))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert "@" not in text and "Elena Marsh" in text, text
    assert chunks[-1].choices[0].finish_reason == "stop", chunks[-1]


def denied_tool_call(api):
    try:
        ask(api, "Please free some space on the disk.", tools=TOOLS)
    except openai.BadRequestError as error:
        assert error.code == "content_filter", error.code
        assert error.type == "invalid_request_error", error.type
        assert error.param == "prompt", error.param
        assert "run_shell" in error.message, error.message
        return
    raise AssertionError("the tool call was not refused")


def denied_streamed_tool_call(api):
    try:
        list(ask(api, "Please free some space on the disk.", tools=TOOLS, stream=True))
    except openai.BadRequestError as error:
        assert error.code == "content_filter", error.code
        return
    raise AssertionError("the streamed tool call was not refused")


def raw_headers(api):
    raw = api.chat.completions.with_raw_response.create(
        model="demo", messages=[{"role": "user", "content": "What are the opening hours?"}]
    )
    assert raw.headers["x-parapet-decision"] == "allow", raw.headers
    assert raw.headers["x-parapet-decision-id"], raw.headers


def main():
    api = client(sys.argv[1])
    tests = [allowed_answer, redacted_answer, redacted_stream, denied_tool_call, denied_streamed_tool_call, raw_headers]
    failed = 0
    for test in tests:
        try:
            test(api)
            print(f"ok      {test.__name__}")
        except Exception as error:  # A test that breaks in any way has failed.
            failed += 1
            print(f"FAILED  {test.__name__}: {error!r}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
