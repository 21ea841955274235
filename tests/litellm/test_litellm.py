"""What LiteLLM does with Parapet's answers: its own class for generic guardrails and its own handler of chat requests."""

import asyncio
import sys

import litellm
from litellm.exceptions import GuardrailRaisedException
from litellm.llms.openai.chat.guardrail_translation.handler import OpenAIChatCompletionsHandler
from litellm.proxy.guardrails.guardrail_hooks.generic_guardrail_api import GenericGuardrailAPI


def guardrail(url, key, **more):
    return GenericGuardrailAPI(api_base=url, api_key=key, guardrail_name="parapet", **more)


async def request(guard, *messages, **more):
    """The request as it goes on to the model."""
    data = {"model": "m", "messages": list(messages), **more}
    return await OpenAIChatCompletionsHandler().process_input_messages(data, guard)


async def answer(guard, **message):
    """The answer as it goes on to the caller."""
    response = litellm.ModelResponse(choices=[{"index": 0, "message": {"role": "assistant", **message}}])
    return await OpenAIChatCompletionsHandler().process_output_response(response, guard)


def says(role, content, **more):
    return {"role": role, "content": content, **more}


def call(arguments):
    return {"id": "c1", "type": "function", "function": {"name": "mail", "arguments": arguments}}


async def blocked(work):
    try:
        await work
    except GuardrailRaisedException as error:
        return str(error)
    raise AssertionError("it was not blocked")


async def allowed_request(guard):
    before = [says("system", "Be brief."), says("user", "What are the opening hours?")]
    after = await request(guard, *before, tools=[{"type": "function", "function": {"name": "hours", "parameters": {}}}])
    assert after["messages"] == before and after["tools"][0]["function"]["name"] == "hours", after


async def redacted_request(guard):
    after = await request(guard, says("system", "Be brief."), says("user", "Write SECRET down."))
    assert after["messages"][0]["content"] == "Be brief.", after
    assert after["messages"][1]["content"] == "Write ****** down.", after


async def redacted_answer(guard):
    after = await answer(guard, content="Write SECRET down.")
    assert after.choices[0].message.content == "Write ****** down.", after


async def redacted_tool_result(guard):
    history = [
        says("user", "Where is the clinic?"),
        {"role": "assistant", "content": None, "tool_calls": [call('{"q": "clinic"}')]},
        says("tool", "Ask for SECRET.", tool_call_id="c1"),
    ]
    after = await request(guard, *history)
    assert after["messages"][2]["content"] == "Ask for ******." and after["messages"][1]["tool_calls"], after


async def redacted_call_of_the_history(guard):
    history = [
        says("user", "Where is the clinic?"),
        {"role": "assistant", "content": None, "tool_calls": [call('{"q": "SECRET"}')]},
        says("tool", "In town.", tool_call_id="c1"),
    ]
    after = await request(guard, *history)
    assert after["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"q": "******"}', after
    assert after["messages"][0] == history[0] and after["messages"][2]["content"] == "In town.", after


async def blocked_tool_result(guard):
    history = [
        says("user", "Summarise the page."),
        {"role": "assistant", "content": None, "tool_calls": [call('{"q": "page"}')]},
        says("tool", "a FORBIDDEN page", tool_call_id="c1"),
    ]
    reason = await blocked(request(guard, *history))
    assert "decision `" in reason, reason


async def unseen_image(guard):
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]
    reason = await blocked(request(guard, says("user", content)))
    assert "image" in reason, reason


async def wrong_key(guard):
    wrong = guardrail(guard.api_base, "wrong-key-of-the-tests", unreachable_fallback="fail_open")
    try:
        await request(wrong, says("user", "hello"))
    except Exception as error:  # LiteLLM raises a bare one
        assert "401" in str(error), error
        return
    raise AssertionError("a wrong key let a request pass")


CHECKS = [
    allowed_request,
    redacted_request,
    redacted_answer,
    redacted_tool_result,
    redacted_call_of_the_history,
    blocked_tool_result,
    unseen_image,
    wrong_key,
]


async def main(url, key):
    for check in CHECKS:
        await check(guardrail(url, key))
        print(f"ok {check.__name__}")
    print(f"{len(CHECKS)} passed, 0 failed")


asyncio.run(main(*sys.argv[1:]))
