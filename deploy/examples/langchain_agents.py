"""LangChain's chat models through Parapet."""

import os

import openai
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI

URL = os.environ.get("PARAPET_URL", "http://127.0.0.1:8080")
HEADERS = {"x-parapet-principal": '{"id": "alice", "roles": ["visitor"]}'}


def openai_model():
    key = os.environ.get("OPENAI_API_KEY", "none")
    return ChatOpenAI(model="demo", base_url=f"{URL}/v1", api_key=key, default_headers=HEADERS)


def anthropic_model():
    key = os.environ.get("ANTHROPIC_API_KEY", "none")
    return ChatAnthropic(model="demo", base_url=URL, api_key=key, default_headers=HEADERS, max_tokens=1024)


def ask(model, text):
    try:
        answer = model.invoke(text)
    except openai.BadRequestError as error:
        if error.code == "content_filter":
            return f"refused: {error.message}"
        raise
    refused = answer.response_metadata.get("stop_reason") == "refusal"
    return f"refused: {answer.text}" if refused else answer.text


if __name__ == "__main__":
    for model in (openai_model(), anthropic_model()):
        print(ask(model, "What are the opening hours?"))
        print("".join(chunk.text for chunk in model.stream("How can I contact my doctor?")))
        print(ask(model, "Please free some space on the disk."))
