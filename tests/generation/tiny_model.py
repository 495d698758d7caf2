"""Random models of a few hundred thousand parameters, made where a test needs one."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

END, PAD = "<|im_end|>", "<|endoftext|>"
TEXTS = ["Was ist 1 + 1? 😀 你好, 世界. \\boxed{2} naïve — one two three " * 3, "0123456789"]
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE with few merges, so that most characters beyond ASCII are several tokens."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[PAD, END, "<|im_start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token=END, pad_token=PAD, chat_template=CHAT
    )


def between(ranks: list[int], logits: torch.Tensor, token_ids: list[int]) -> bool:
    """Whether ranks are those of the tokens by these logits, save for neighbours that differ by
    less than rounding."""
    own = logits[range(len(token_ids)), token_ids][:, None]
    least = (logits > own + 1e-4).sum(-1) + 1
    most = (logits >= own - 1e-4).sum(-1)
    found = torch.tensor(ranks)
    return bool(((least <= found) & (found <= most)).all())


def save_tiny_model(folder: Path, seed: int = 0, sharpness: float = 8.0) -> Path:
    """A checkpoint that generates noise; `sharpness` makes some tokens likelier than others."""
    tokenizer = byte_level_tokenizer()
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        model.lm_head.weight *= sharpness
        model.lm_head.weight[tokenizer.eos_token_id] *= 2
    # Settings that an engine must not take over.
    model.generation_config.update(do_sample=True, top_k=3, temperature=0.3, top_p=0.5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
