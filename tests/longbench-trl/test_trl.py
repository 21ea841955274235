"""TRL reads what `parapet longbench dataset` writes: as `datasets`, in its own formats, and with a chat template."""

import json
import pathlib
import sys

import datasets
import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast
from trl.data_utils import (
    apply_chat_template,
    extract_prompt,
    is_conversational,
    maybe_apply_chat_template,
    maybe_extract_prompt,
    pack_dataset,
    unpair_preference_dataset,
)

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def load(folder, name):
    return datasets.load_dataset("json", data_files=str(folder / name), split="train")


def tokenizer_of(texts):
    """A tokenizer made of the texts themselves, so that nothing has to be fetched."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|im_start|>", "<|im_end|>"]
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=2000, special_tokens=special, initial_alphabet=alphabet))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>")
    fast.chat_template = TEMPLATE
    return fast


def ids(tokenizer, messages, **options):
    return tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, **options)["input_ids"]


def check_sft(sft, tokenizer):
    assert sft.column_names == ["messages"], sft.column_names
    for row in sft:
        assert is_conversational(row) and [m["role"] for m in row["messages"]] == ["user", "assistant"]
        text = apply_chat_template(row, tokenizer)["text"]
        answer = row["messages"][1]["content"]
        assert answer in text and tokenizer.decode(ids(tokenizer, row["messages"])) == text, "the row is not whole"
    tokenized = sft.map(lambda row: {"input_ids": ids(tokenizer, row["messages"])}, remove_columns=sft.column_names)
    packed = pack_dataset(tokenized, seq_length=512, strategy="wrapped")
    assert sum(map(len, packed["input_ids"])) == sum(map(len, tokenized["input_ids"]))


def check_chat_pairs(pairs, tokenizer):
    assert set(pairs.column_names) == {"prompt", "chosen", "rejected", "score_chosen", "score_rejected"}
    for row in pairs:
        assert is_conversational(row) and row["score_chosen"] > row["score_rejected"]
        assert maybe_extract_prompt(row)["prompt"] == row["prompt"]
        # What TRL would find as the prompt of whole conversations is the prompt that stands there.
        implicit = {side: row["prompt"] + row[side] for side in ("chosen", "rejected")}
        assert extract_prompt(implicit)["prompt"] == row["prompt"]
        text = maybe_apply_chat_template(row, tokenizer)
        assert row["chosen"][0]["content"] in text["chosen"] and row["rejected"][0]["content"] in text["rejected"]
        prompt = ids(tokenizer, row["prompt"], add_generation_prompt=True)
        for side in ("chosen", "rejected"):
            whole = ids(tokenizer, row["prompt"] + row[side])
            assert whole[: len(prompt)] == prompt and len(whole) > len(prompt), "the prompt is not where it begins"


def check_text_pairs(pairs, tokenizer):
    for row in pairs:
        assert not is_conversational(row) and all(isinstance(row[side], str) for side in ("prompt", "chosen", "rejected"))
        assert maybe_apply_chat_template(row, tokenizer) == row
    unpaired = unpair_preference_dataset(pairs.remove_columns(["score_chosen", "score_rejected"]))
    assert len(unpaired) == 2 * len(pairs) and sum(unpaired["label"]) == len(pairs)


def main():
    chat, text = map(pathlib.Path, sys.argv[1:])
    sft, pairs, plain = load(chat, "sft.jsonl"), load(chat, "dpo.jsonl"), load(text, "dpo.jsonl")
    assert len(sft) > 0 and len(pairs) > 0 and len(plain) == len(pairs), (len(sft), len(pairs), len(plain))
    tokenizer = tokenizer_of(message["content"] for row in sft for message in row["messages"])
    check_sft(sft, tokenizer)
    check_chat_pairs(pairs, tokenizer)
    check_text_pairs(plain, tokenizer)
    dropped = json.loads((chat / "statistics.json").read_text())["dropped"]
    assert dropped["no_explicit_length"] == 1, dropped
    print(f"TRL {trl.__version__}, datasets {datasets.__version__}: {len(sft)} rows, {len(pairs)} pairs read whole")


main()
