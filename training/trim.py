"""Trim e5-small's 250,037 sentence pieces to those that text in the languages served needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import wordfreq
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from training.bases import tokenizer_config, unigram_tokenizer, write_json

LANGUAGES = ["en", "ko", "ja", "zh", "ru", "de", "fr", "es", "ar"]
WORDS_PER_LANGUAGE = 40_000
SPECIAL = {"bos": 0, "pad": 1, "eos": 2, "unk": 3}
EMBEDDINGS = "embeddings.word_embeddings.weight"


def is_korean(piece: str) -> bool:
    """Word lists of Korean leave out particles and endings."""
    return all("가" <= letter <= "힣" for letter in piece)


def is_japanese(piece: str) -> bool:
    """Japanese pieces reach across the words of a list."""
    return any("ぁ" <= letter <= "ヿ" for letter in piece)


def always_kept(piece: str) -> bool:
    """Single characters of any script, Korean and Japanese."""
    bare = piece.lstrip("▁")
    return len(bare) <= 1 or is_korean(bare) or is_japanese(bare)


def own_texts(folder: Path) -> Iterator[str]:
    """The project's own training texts, line by line."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".tsv", ".jsonl", ".yaml"} and "dev" not in path.parts:
            yield from path.read_text(encoding="utf-8").splitlines()


def forms(word: str) -> list[str]:
    """A listed word as running text has it: with a capital, and after other characters where no space goes before it."""
    return [word, word.capitalize(), f"、{word}"]


def used_ids(tokenizer: Tokenizer, texts: Iterable[str]) -> set[int]:
    """The pieces that the texts are cut into."""
    batch = list(texts)
    return {number for coded in tokenizer.encode_batch(batch, add_special_tokens=False) for number in coded.ids}


def kept_ids(base: Path, data: Path) -> list[int]:
    """The pieces to keep, in their old order (special ones first)."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    pieces = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    kept = {number for number, (piece, _) in enumerate(pieces) if always_kept(piece)} | set(SPECIAL.values())
    for language in LANGUAGES:
        words = wordfreq.top_n_list(language, WORDS_PER_LANGUAGE, wordlist="best")
        kept |= used_ids(tokenizer, (form for word in words for form in forms(word)))
    kept |= used_ids(tokenizer, own_texts(data))
    return sorted(number for number in kept if number < len(pieces))


def run(work: Path, data: Path) -> None:
    """Write the trimmed model and tokenizer into `work/bases/multilingual`."""
    base, out = work / "bases" / "e5-small", work / "bases" / "multilingual"
    if (out / "model.safetensors").exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    kept = kept_ids(base, data)
    pieces = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    vocabulary = [(pieces[number][0], pieces[number][1]) for number in kept]
    unigram_tokenizer(vocabulary, SPECIAL).save(str(out / "tokenizer.json"), pretty=False)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    write_json(out / "config.json", config | {"vocab_size": len(kept)})
    write_json(out / "tokenizer_config.json", tokenizer_config(config["max_position_embeddings"]))
    state = load_file(base / "model.safetensors")
    state[EMBEDDINGS] = state[EMBEDDINGS][kept]
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})
