"""What an import says of itself: heads in the order of the file, labels by name, and a digest of both."""

import json
from pathlib import Path

import pytest

from bias_exp.errors import RequestError
from bias_exp.models.imported import Imported, label_notes, ordered_heads, read_classes

KNOWN = {"profession": ("baker", "nurse"), "gender": ("female", "male")}


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "heads.json").write_text(text)
    return tmp_path / "heads.json"


def test_heads_keep_the_order_of_the_file(tmp_path: Path) -> None:
    found = read_classes(written(tmp_path, '{"race": ["c", "a", "b"], "gender": ["male", "female"]}'))
    assert list(found.items()) == [("race", ("c", "a", "b")), ("gender", ("male", "female"))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected the labels of every head"),
        ("[1]", "expected the labels of every head"),
        ('{"gender": "female"}', "found: gender Input should be a valid"),
        ('{"gender": ["female", 1]}', "found: gender.1 "),
        ('{"gender": ["female"]}', "'gender' of .* needs two labels at least"),
        ('{"gender": ["female", "female"]}', "each once"),
        ('{"gender": ["female", ""]}', "each once"),
        ("{}", "found none"),
        ('{"gender_probe": ["female", "male"]}', "gender_probe is fitted here"),
        ('{"a b": ["female", "male"]}', "expected the labels of every head"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read_classes(written(tmp_path, text))


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="heads.json, like .* found: No such file"):
        read_classes(tmp_path / "heads.json")


def test_the_digest_knows_content_and_meaning_and_no_place() -> None:
    one = Imported(file="a", sha256="0", classes={"g": ("x", "y"), "h": ("x", "y")})
    assert one.digest == Imported(file="b", sha256="0", classes=one.classes).digest
    others = [
        Imported(file="a", sha256="1", classes=one.classes),
        Imported(file="a", sha256="0", classes={"g": ("y", "x"), "h": ("x", "y")}),
        Imported(file="a", sha256="0", classes={"h": ("x", "y"), "g": ("x", "y")}),
        Imported(file="a", sha256="0"),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5
    assert (one.kind, others[-1].kind) == ("weights", "predictions")
    again = Imported.model_validate(json.loads(one.model_dump_json()))
    assert list(again.classes) == ["g", "h"]
    assert again.digest == one.digest


def test_the_primary_head_is_the_studys_where_the_model_has_it() -> None:
    heads = {"age": (), "gender": (), "profession": ()}
    assert ordered_heads(heads, ("profession", "gender"), KNOWN) == ["profession", "gender", "age"]
    assert ordered_heads({"age": (), "gender": ()}, ("profession", "gender"), KNOWN) == ["gender", "age"]
    with pytest.raises(
        RequestError, match=r"expected a head that the data has labels for \(profession, gender\), found: age"
    ):
        ordered_heads({"age": ()}, ("profession",), KNOWN)


def test_labels_are_matched_by_name_and_the_rest_is_said() -> None:
    assert label_notes({"gender": ("male", "female")}, KNOWN) == []
    assert label_notes({"profession": ("nurse", "pilot"), "age": ("old", "young")}, KNOWN) == [
        "labels of profession that the data lacks: pilot",
        "labels of profession that the model cannot give, and so always errs on: baker",
        "the data has no labels of age: its predictions and maps stand without truth",
    ]
    with pytest.raises(
        RequestError, match=r"labels of 'gender' that the data has \(female, male\), found: Male, Female"
    ):
        label_notes({"gender": ("Male", "Female")}, KNOWN)
