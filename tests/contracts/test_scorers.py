"""Every scorer kind answers the Scorer port; models are tiny and made here, and go through the real loading code."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from monitor import kinds
from monitor.core.scoring.relevance import FEATURES, READ_ON
from monitor.errors import ScorerError
from monitor.scorers import onnx, transformers
from tests.tinymodels import WIDTH, make_tokenizer, make_weights, write_manifest

HAS_TORCH = importlib.util.find_spec("torch") is not None
POISON = ["", " ", "😀" * 500, "tax " * 5_000, "Japan \ud800 tax", "ソウル Seoul Сеул", "\x00"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return make_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def hugging(tmp_path_factory):
    """Folders of a tiny classifier, inference model and encoder, by name."""
    if not HAS_TORCH:
        pytest.skip("PyTorch is not installed (extra torch)")
    return {name: _save(tmp_path_factory.mktemp(name), labels) for name, labels in LABELS.items()}


LABELS = {
    "classifier": {0: "AGAINST", 1: "FAVOR", 2: "NONE"},
    "inference": {0: "entailment", 1: "neutral", 2: "contradiction"},
    "encoder": None,
}


def _save(folder: Path, labels: dict[int, str] | None) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    torch.manual_seed(3)
    make_tokenizer(folder)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 64}
    config = BertConfig(**shape, **({"id2label": labels, "label2id": {v: k for k, v in labels.items()}} if labels else {}))
    (BertForSequenceClassification if labels else BertModel)(config).save_pretrained(str(folder))
    return folder


@pytest.fixture(params=["onnx", "transformers-classifier", "transformers-inference"])
def scorer(request, weights):
    if request.param == "onnx":
        return onnx.build(onnx.Config(weights=weights, threads=1))
    folders = request.getfixturevalue("hugging")
    name = request.param.removeprefix("transformers-")
    embedding = transformers.Embedding(model=str(folders["encoder"]))
    return transformers.build(transformers.Config(model=str(folders[name]), max_tokens=64, embedding=embedding))


def test_every_kind_has_its_three_parts():
    assert set(kinds.names("scorer")) >= {"onnx", "transformers"}
    for kind in kinds.names("scorer"):
        module = kinds.load("scorer", kind)
        assert module.build(module.Config.model_validate(module.EXAMPLE))


def test_names_its_revision_and_limits(scorer):
    assert scorer.revision
    assert -1 <= scorer.limits.gate <= 1
    assert 0 < scorer.limits.threshold < 1


def test_embeds_unit_vectors(scorer):
    vectors = scorer.embed(["Japan said the tax", "China"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
    assert scorer.embed(["China"], as_topics=True).shape == (1, vectors.shape[1])


def test_answers_do_not_depend_on_order_or_company(scorer):
    pairs = [
        ("Japan supports tax .", "Japan toward tax"),
        ("China opposes the tax " * 5, "China toward tax"),
        ("the bell", "x toward y"),
    ]
    together = scorer.stance(pairs, ["en"] * 3)
    alone = np.concatenate([scorer.stance([pair], ["en"]) for pair in reversed(pairs)])[::-1]
    assert together == pytest.approx(alone, abs=1e-4)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_the_bundled_models_answer_alike_alone_and_in_company():
    bundled = onnx.build(onnx.Config())
    pairs = [
        ('"We object to the levy," Japan said, and asked for talks.', "Japan toward Digital tax"),
        ("Nimbra declined to comment.", "Nimbra toward Digital tax"),
        (
            "Washington called the levy an insult, which Tokyo rejected at once in a long statement.",
            "Washington toward Digital tax",
        ),
        ("東京はこの税に反対した。", "Japan toward Digital tax"),
    ]
    languages = ["en", "en", "en", "ja"]
    together = bundled.stance(pairs, languages)
    alone = np.concatenate([bundled.stance([pair], [language]) for pair, language in zip(pairs, languages, strict=True)])
    np.testing.assert_allclose(together, alone, atol=1e-3)
    texts = [passage for passage, _ in pairs]
    np.testing.assert_allclose(bundled.embed(texts), np.concatenate([bundled.embed([text]) for text in texts]), atol=1e-4)


def test_relevance_is_a_probability(scorer):
    looks = scorer.second_look([("tax", "Japan said the tax"), ("bell", "China")])
    assert looks.shape == (2,)
    rows = np.zeros((2, len(FEATURES)), np.float32)
    rows[:, 0], rows[:, 1] = (0.9, 0.1), looks
    answers = scorer.relevance(rows)
    assert ((answers >= 0) & (answers <= 1)).all()


def test_what_was_read_passage_by_passage_is_judged_by_weights_of_its_own(tmp_path: Path):
    folder = make_weights(tmp_path / "w")
    rows = np.zeros((2, len(FEATURES)), np.float32)
    rows[:, 0], rows[1, READ_ON] = 0.8, 1.0
    assert onnx_scorer(folder).limits.read_on is None
    relevance = json.loads((folder / "model.json").read_text())["relevance"]
    passages = {"gate": 0.6, "weights": [10.0, 0.0, 0.0, 0.0, 0.0, 1.0], "bias": -8.0, "read_on": 0.7}
    before = onnx_scorer(folder).relevance(rows)
    write_manifest(folder, relevance=relevance | {"passages": passages})
    scorer = onnx_scorer(folder)
    assert scorer.relevance(rows) == pytest.approx([before[0], 0.5], abs=1e-6)
    assert (scorer.limits.read_on, scorer.limits.gate_of_passages, scorer.limits.gate) == (0.7, 0.6, relevance["gate"])


def test_nothing_gives_nothing(scorer):
    assert scorer.embed([]).shape[0] == 0
    assert scorer.second_look([]).shape == (0,)
    assert scorer.stance([], []).shape == (0, 3)
    assert scorer.relevance(np.zeros((0, 5), np.float32)).shape == (0,)


def test_poison_texts_are_answered(scorer):
    assert np.isfinite(scorer.embed(POISON)).all()
    pairs = [(text, text) for text in POISON]
    assert np.isfinite(scorer.stance(pairs, ["en"] * len(pairs))).all()
    assert np.isfinite(scorer.second_look(pairs)).all()


# -- the default engine ------------------------------------------------------------------------------------------------


def onnx_scorer(folder):
    return onnx.build(onnx.Config(weights=folder, threads=1))


def test_a_target_that_the_passage_names_has_its_own_temperature(tmp_path: Path):
    folder = make_weights(tmp_path / "w")
    whole = json.loads((folder / "model.json").read_text())["stance"][0]
    pairs = [("Japan opposes the Tax .", "Japan toward tax"), ("Japan opposes the bell .", "Japan toward tax")]

    def surest(**temperatures: float) -> list[float]:
        write_manifest(folder, stance=[whole | temperatures])
        return onnx_scorer(folder).stance(pairs, ["en", "en"]).max(axis=1).tolist()

    plain, doubted = surest(temperature=1.0), surest(temperature=3.0)
    assert surest(temperature=3.0, named_temperature=1.0) == [plain[0], doubted[1]]
    assert plain[0] > doubted[0]


def test_a_second_opinion_counts_as_much_as_the_manifest_says(tmp_path: Path):
    folder = make_weights(tmp_path / "w")
    general = json.loads((folder / "model.json").read_text())["stance"][0]
    contrary = general | {"labels": general["labels"][::-1]}
    pairs = [("Japan supports tax", "Japan toward tax")] * 2

    def favor(share: float) -> list[float]:
        write_manifest(folder, stance=[general | {"languages": ["en"], "second_opinion": share}, contrary])
        return onnx_scorer(folder).stance(pairs, ["en", "ko"])[:, 2].tolist()

    (sure, other), (even, _), (turned, unmoved) = favor(0.0), favor(0.5), favor(0.75)
    assert sure > even > turned > other == unmoved


def test_a_second_opinion_that_nobody_can_give_is_an_error(tmp_path: Path):
    folder = make_weights(tmp_path / "w")
    general = json.loads((folder / "model.json").read_text())["stance"][0]
    write_manifest(folder, stance=[general | {"second_opinion": 0.5}])
    with pytest.raises(ScorerError, match="wants a second opinion, and no other stance model serves 'en'"):
        onnx_scorer(folder).stance([("Japan supports tax", "Japan toward tax")], ["en"])


def test_whoever_is_sure_is_asked_alone(tmp_path: Path):
    folder = make_weights(tmp_path / "w")
    general = json.loads((folder / "model.json").read_text())["stance"][0]
    contrary = general | {"labels": general["labels"][::-1]}
    pairs = [("Japan supports tax", "Japan toward tax"), ("Japan", "Japan toward tax")]

    def sides(sure: float) -> list[list[float]]:
        write_manifest(folder, stance=[general | {"languages": ["en"], "second_opinion": 0.5, "sure": sure}, contrary])
        return onnx_scorer(folder).stance(pairs, ["en", "en"]).tolist()

    write_manifest(folder, stance=[general])
    alone = onnx_scorer(folder).stance(pairs, ["en", "en"]).tolist()
    between = (max(alone[0]) + max(alone[1])) / 2
    assert sides(0.01) == alone
    assert sides(between)[0] == alone[0]
    assert sides(between)[1] == sides(1.0)[1]
    assert sides(1.0)[0] != alone[0]


def test_the_texts_own_voice_needs_no_second_opinion(tmp_path: Path):
    folder = make_weights(tmp_path / "w")
    general = json.loads((folder / "model.json").read_text())["stance"][0]
    contrary = general | {"labels": general["labels"][::-1]}
    write_manifest(folder, stance=[general | {"languages": ["en"], "second_opinion": 0.75}, contrary])
    answers = onnx_scorer(folder).stance(
        [("Japan supports tax", f"{name} toward tax") for name in ("The author", "The author Japan")], ["en", "en"]
    )
    assert answers.argmax(axis=1).tolist() == [2, 0]


def test_tells_sides_apart(weights):
    answers = onnx_scorer(weights).stance(
        [("Japan supports tax", "Japan toward tax"), ("Japan opposes tax", "Japan toward tax")], ["en", "ko"]
    )
    assert answers.argmax(axis=1).tolist() == [2, 0]


def test_the_models_dimensions_are_kept(weights):
    assert onnx_scorer(weights).embed(["tax"]).shape == (1, WIDTH)


def test_a_long_topic_leaves_room_for_the_article(weights):
    scorer = onnx_scorer(weights)
    one, other = scorer.second_look([("tax " * 500, "bell"), ("tax " * 500, "China")])
    assert one != other


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "model.json").unlink(), r"no model weights in .*scorer\.weights"),
        (lambda folder: (folder / "model.json").write_text("{"), "is not a manifest"),
        (lambda folder: (folder / "model.json").write_text('{"revision": "x"}'), "is not a manifest"),
        (lambda folder: (folder / "stance.onnx").unlink(), r"stance\.onnx cannot be read"),
        (lambda folder: (folder / "stance.onnx").write_bytes(b"other"), r"stance\.onnx is not that of revision tiny-1"),
        (lambda folder: write_manifest(folder, files={"../x": "0"}), "lies outside the folder"),
    ],
)
def test_missing_or_changed_files_are_named(tmp_path, damage, message):
    folder = make_weights(tmp_path / "w")
    damage(folder)
    with pytest.raises(ScorerError, match=message):
        onnx_scorer(folder).embed(["tax"])


def test_a_file_that_is_no_graph_is_named(tmp_path):
    folder = make_weights(tmp_path / "w")
    (folder / "stance.onnx").write_bytes(b"not a graph")
    write_manifest(folder)
    with pytest.raises(ScorerError, match=r"stance\.onnx cannot be opened"):
        onnx_scorer(folder).stance([("tax", "Japan toward tax")], ["en"])


def test_a_folder_without_tokenizer_is_named(tmp_path):
    folder = make_weights(tmp_path / "w")
    (folder / "tiny" / "tokenizer.json").unlink()
    write_manifest(folder)
    with pytest.raises(ScorerError, match="tokenizer"):
        onnx_scorer(folder).embed(["tax"])


def test_an_answer_that_is_no_number_is_refused(tmp_path):
    scorer = onnx_scorer(make_weights(tmp_path / "w", broken="nan"))
    with pytest.raises(ScorerError, match=r"stance\.onnx answered something that is not a number"):
        scorer.stance([("Japan supports tax", "Japan toward tax")], ["en"])


def test_a_language_nobody_serves_is_named(tmp_path):
    folder = make_weights(tmp_path / "w")
    entry = {
        "languages": ["en"],
        "file": "stance.onnx",
        "tokenizer": "tiny",
        "max_tokens": 64,
        "labels": ["against", "neutral", "favor"],
    }
    write_manifest(folder, stance=[entry])
    with pytest.raises(ScorerError, match="'ko'"):
        onnx_scorer(folder).stance([("tax", "Japan toward tax")], ["ko"])


def test_the_first_entry_that_serves_a_language_is_asked(tmp_path):
    folder = make_weights(tmp_path / "w")
    entry = {"file": "stance.onnx", "tokenizer": "tiny", "max_tokens": 64}
    turned = {**entry, "languages": ["ko"], "labels": ["favor", "neutral", "against"]}
    write_manifest(folder, stance=[turned, {**entry, "languages": ["*"], "labels": ["against", "neutral", "favor"]}])
    pair = ("Japan supports tax", "Japan toward tax")
    assert onnx_scorer(folder).stance([pair, pair], ["ko", "en"]).argmax(axis=1).tolist() == [0, 2]


# -- models of one's own -----------------------------------------------------------------------------------------------


def test_without_torch_the_message_says_what_to_install():
    if HAS_TORCH:
        pytest.skip("PyTorch is installed")
    config = transformers.Config(model="some/model", revision="abc")
    with pytest.raises(ScorerError, match=r"pip install -e '\.\[torch\]'"):
        transformers.build(config).stance([("tax", "Japan toward tax")], ["en"])


def test_a_hub_model_must_be_pinned():
    with pytest.raises(ValueError, match="commit"):
        transformers.Config(model="some/model")


def test_labels_without_meaning_are_asked_for(hugging, tmp_path):
    folder = _save(tmp_path / "plain", {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})
    pair = ("Japan supports tax", "Japan toward tax")
    with pytest.raises(ScorerError, match=r"scorer\.labels"):
        transformers.build(transformers.Config(model=str(folder))).stance([pair], ["en"])
    labels = {"LABEL_0": "favor", "LABEL_1": "against", "LABEL_2": "neutral"}
    assert transformers.build(transformers.Config(model=str(folder), labels=labels)).stance([pair], ["en"]).shape == (1, 3)


def test_a_folder_without_model_is_named(hugging, tmp_path):
    with pytest.raises(ScorerError, match="cannot be loaded"):
        transformers.build(transformers.Config(model=str(tmp_path))).stance([("tax", "Japan toward tax")], ["en"])
