"""Tables as files, written faster than pandas does and just the same; the digest is that of the plain JSON text."""

import csv
import hashlib
import json

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.columns import LABEL
from bias_exp.data.build import content_digest
from bias_exp.data.csvfile import csv_bytes
from tests.data.pictures import cells, frame_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ROWS = st.lists(st.tuples(TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats()), max_size=6)


@given(ROWS)
def test_a_table_is_written_as_pandas_writes_it(rows):
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    kinds = ("str", "bool", "int64", "float64")
    names = ('a "name"', "flag", "number", "part")
    table = pd.DataFrame({name: pd.array(x, dtype=kind) for name, x, kind in zip(names, columns, kinds, strict=True)})
    plain = table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    assert csv_bytes(table) == plain.encode()


def test_a_table_without_rows_has_its_header():
    assert csv_bytes(pd.DataFrame({"a": pd.array([], dtype="str")})) == b'"a"\n'


def test_the_digest_is_that_of_the_whole_json_text():
    frame = frame_of(cells({("nurse", "female"): 3, ('wait"er ü', "male"): 2}, person="p"))
    classes = {"profession": ['wait"er ü', "nurse"], "gender": ["female", "male"]}
    for kin in ("", "k"):
        frame["kin"] = np.array([kin] * len(frame), dtype=object)
        names = ["id", "person", *(["kin"] if kin else []), "near_duplicates", "split", "source"]
        names += [LABEL + "gender", LABEL + "profession"]
        rows = [names, *frame.sort_values("id")[names].to_numpy().tolist(), {"profession": classes["profession"]}]
        expected = hashlib.sha256(json.dumps(rows, ensure_ascii=True).encode()).hexdigest()
        assert content_digest(frame, classes) == expected
