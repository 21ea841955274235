"""Anthropic Messages through Parapet."""

import os

import anthropic

URL = os.environ.get("PARAPET_URL", "http://127.0.0.1:8080")
PRINCIPAL = '{"id": "alice", "roles": ["visitor"]}'


def client():
    return anthropic.Anthropic(
        base_url=URL,
        # Parapet passes it on to the model server, unless the route's upstream has a key of its own.
        api_key=os.environ.get("ANTHROPIC_API_KEY", "none"),
        default_headers={"x-parapet-principal": PRINCIPAL},
    )


def ask(api, text, **more):
    answer = api.messages.create(
        model="demo", max_tokens=1024, messages=[{"role": "user", "content": text}], **more
    )
    said = "".join(block.text for block in answer.content if block.type == "text")
    # What a guard refuses comes as an answer of this protocol, and not as an error.
    return f"refused: {said}" if answer.stop_reason == "refusal" else said


def ask_streamed(api, text):
    messages = [{"role": "user", "content": text}]
    with api.messages.stream(model="demo", max_tokens=1024, messages=messages) as stream:
        yield from stream.text_stream


if __name__ == "__main__":
    print(ask(client(), "What are the opening hours?"))
    print("".join(ask_streamed(client(), "How can I contact my doctor?")))
    print(ask(client(), "Please free some space on the disk."))
