"""What LangChain's chat models see."""

import langchain_agents
from driver import run, runs


def the_example_runs():
    runs("langchain_agents.py")


def tool_calls_are_refused_in_a_stream():
    text = "Please free some space on the disk."
    said = "".join(chunk.text for chunk in langchain_agents.anthropic_model().stream(text))
    assert "run_shell" in said and "rm -rf" not in said, said


run([the_example_runs, tool_calls_are_refused_in_a_stream])
