"""The tokenizer of the demo models: one token for each number and each word of the problems."""

from __future__ import annotations

from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import PreTrainedTokenizerFast

from demo.problems import LARGEST_VALUE

PAD, EOS, UNKNOWN = "<pad>", "<eos>", "<unk>"
WORDS = ["Use", "and", "each", "once", "to", "reach", ",", ".", ";", "=", "+", "-", "×", "÷"]
BRACKETS = ["(", ")", "\\boxed{", "}"]
# Tokens are recognised without spaces too, so that question + completion reads the same however
# the two are joined. Without a decoder, decoding puts one space between tokens.
TOKEN = r"\\boxed\{|\d+|[A-Za-z]+|\S"
LONGEST_SEQUENCE = 48
QUESTION_LENGTH = 14
LONGEST_COMPLETION = LONGEST_SEQUENCE - QUESTION_LENGTH


def demo_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer that AutoTokenizer and vLLM load from the folder it is saved in."""
    words = Tokenizer(WordLevel(_vocabulary(), unk_token=UNKNOWN))
    words.pre_tokenizer = Split(Regex(TOKEN), behavior="removed", invert=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=UNKNOWN,
        model_max_length=LONGEST_SEQUENCE,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )


def _vocabulary() -> dict[str, int]:
    numbers = [str(number) for number in range(LARGEST_VALUE + 1)]
    tokens = [PAD, EOS, UNKNOWN, *WORDS, *BRACKETS, *numbers]
    return {token: index for index, token in enumerate(tokens)}
