"""OpenAI Responses through Parapet."""

import os

import openai

URL = os.environ.get("PARAPET_URL", "http://127.0.0.1:8080")
PRINCIPAL = '{"id": "alice", "roles": ["visitor"]}'


def client():
    return openai.OpenAI(
        base_url=f"{URL}/v1",
        # Parapet passes it on to the model server, unless the route's upstream has a key of its own.
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        default_headers={"x-parapet-principal": PRINCIPAL},
    )


def ask(api, text, **more):
    try:
        # Earlier turns go along in `input`: what the provider keeps of them, no guard would see.
        answer = api.responses.create(model="demo", input=[{"role": "user", "content": text}], **more)
    except openai.BadRequestError as error:
        # What a guard refuses is no outage: asking again does not help.
        if error.code == "content_filter":
            return f"refused: {error.message}"
        raise
    return answer.output_text


def ask_streamed(api, text):
    with api.responses.stream(model="demo", input=text) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                yield event.delta


if __name__ == "__main__":
    print(ask(client(), "What are the opening hours?"))
    print("".join(ask_streamed(client(), "How can I contact my doctor?")))
    print(ask(client(), "Please free some space on the disk."))
