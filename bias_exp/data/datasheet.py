"""The data sheet beside a manifest: `datasheet.md`, the questions of Gebru et al. 2021, "Datasheets for Datasets".

Answered from what the manifest holds; what nobody has written down is "not known", which is an answer.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bias_exp.columns import ORIGINS, SPLITS
from bias_exp.data.manifest import Manifest
from bias_exp.data.report import Numbers, unknown_labels

DATASHEET = "datasheet.md"
AUDIT = "audit.json"
"""What people found who looked at a sample of the labels; copied into the data sheet where it lies beside it."""

NOT_KNOWN = "not known"
_MOST = 12
_MOST_NAMED = 100
_NOBODY = "no author named"
_LIMITS = (
    "Labels of gender, race and age are what somebody read off a picture (or asked a generator for), not what the "
    "person says of themself; two values of gender are a limit of the data.",
    "Test, validation and probe sets are balanced by the group, and are no sample of any population.",
    "Near-duplicates are found by a perceptual hash and a thumbnail: crops of more than a tenth are missed.",
)


def datasheet(manifest: Manifest, report: Numbers) -> str:
    """The data sheet as Markdown; `report` is `report.data_report` of the same manifest."""
    sections = {
        "Motivation": _motivation(manifest),
        "Composition": _composition(manifest, report),
        "Collection": _collection(manifest),
        "Labels": _labels(manifest, report),
        "Licences and consent": _rights(manifest, report),
        **_attribution(manifest),
        "Uses and known limits": [*(f"- {limit}" for limit in _LIMITS), *_notes(report)],
        "Maintenance": _maintenance(manifest),
    }
    body = "\n\n".join("\n".join([f"## {title}", "", *lines]) for title, lines in sections.items())
    return f"# Data sheet\n\nAfter Gebru et al. 2021, filled in from the manifest.\n\n{body}\n"


def _motivation(manifest: Manifest) -> list[str]:
    balance = manifest.balance
    asked = f"whether decisions on {balance.primary or 'this attribute'} lean on {balance.attribute}"
    return [f"- made for: asking {asked}", f"- made by, paid by: {NOT_KNOWN}"]


def _composition(manifest: Manifest, report: Numbers) -> list[str]:
    left_out, persons = report["left_out"], report["persons"]
    splits = ", ".join(f"{name} {n}" for name in SPLITS if (n := int((manifest.frame["split"] == name).sum())))
    reasons = "; ".join(f"{kind['reason']} {kind['files']}" for kind in left_out["reasons"])
    kin = manifest.frame.loc[manifest.frame["kin"] != "", "kin"].nunique()
    return [
        f"- {report['pictures']} pictures, digest {report['digest'][:16]}; {splits}",
        f"- sources: {_tally(manifest.frame['source'])}",
        *(f"- {name}: {_some(values)}" for name, values in report["labels"].items()),
        f"- persons: {persons['persons'] or NOT_KNOWN}; pictures of an unknown person: {persons['pictures_without']}",
        f"- groups of pictures of one prompt and scene: {kin or 'none known'}",
        f"- left out: {left_out['files']} files" + (f" ({reasons})" if reasons else ""),
        "- counts by class, group and source: counts.csv; sizes and duplicates: report.md",
    ]


def _collection(manifest: Manifest) -> list[str]:
    recipe = manifest.recipe
    options = ", ".join(f"{name} = {json.dumps(value)}" for name, value in recipe.get("options", {}).items())
    return [
        f"- read as: {recipe.get('source', NOT_KNOWN)}" + (f" with {options}" if options else ""),
        "- who took the pictures, when and where: " + NOT_KNOWN + ", beyond what the notes and the parts' tables say",
        f"- ethical review: {NOT_KNOWN}",
    ]


def _labels(manifest: Manifest, report: Numbers) -> list[str]:
    provenance = [note for note in manifest.notes if note.startswith("gender from: ")]
    unknown = ", ".join(f"{n} of {name}" for name, n in unknown_labels(report).items() if n) or "none"
    mixed = report["duplicates"]
    clashes = sum(one["with_other_labels"] for one in mixed.values()) if mixed else NOT_KNOWN
    return [
        f"- {provenance[0] if provenance else 'who gave the labels: ' + NOT_KNOWN}",
        f"- unknown labels: {unknown}",
        f"- groups of equal or nearly equal pictures with different labels: {clashes}",
        *_audit(manifest.folder / AUDIT),
    ]


def _audit(path: Path) -> list[str]:
    if not path.is_file():
        return [f"- checked by people: {NOT_KNOWN}"]
    found = json.loads(path.read_text(encoding="utf-8"))
    facts = found if isinstance(found, Mapping) else {"found": found}
    said = [f"  - {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items()]
    return [f"- checked by people ({path.name}):", *said]


def _rights(manifest: Manifest, report: Numbers) -> list[str]:
    frame = manifest.frame
    by_source = frame.groupby("source")["licence"].agg(_tally)
    return [
        *(f"- licences of {source}: {said}" for source, said in by_source.items()),
        f"- consent: {_some(report['consent'])}",
        f"- faces that may be shown in print: {report['publishable']} of {report['pictures']}",
    ]


def _attribution(manifest: Manifest) -> dict[str, list[str]]:
    """Whom to name with the pictures: a line an author and licence; no section where nobody knows whose they are."""
    origins = manifest.origins()
    if origins.empty:
        return {}
    table = origins.merge(manifest.frame[["id", "licence"]], on="id")
    place = table["page_url"].where(table["page_url"] != "", table["url"])
    named = table.assign(place=place).groupby(["author", "licence", "licence_url"])["place"].agg(list)
    ordered = sorted(named.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = [_named(whose, places) for whose, places in ordered[:_MOST_NAMED]]
    if len(ordered) > len(lines):
        lines.append(f"- and {len(ordered) - len(lines)} more author(s) and licences")
    known = int((table["author"] != "").sum())
    return {
        "Attribution": [
            f"- authors known of {known} of {len(manifest.frame)} pictures; {ORIGINS.name} says it picture by picture",
            *lines,
        ]
    }


def _named(whose: tuple[str, str, str], places: list[str]) -> str:
    """`- Ada, CC BY 2.0 (address): 3 pictures, the first at address`."""
    author, licence, licence_url = whose
    first = min(filter(None, places), default="")
    where = f", the first at {first}" if first else ""
    under = (licence or f"licence {NOT_KNOWN}") + (f" ({licence_url})" if licence_url else "")
    said = f"- {author or _NOBODY}, {under}: {len(places)} picture(s){where}"
    return "".join(sign if sign.isprintable() else " " for sign in said)  # others wrote it: it stays one line


def _notes(report: Numbers) -> list[str]:
    return [f"- {note}" for note in report["notes"]]


def _maintenance(manifest: Manifest) -> list[str]:
    return [
        "- whoever wants a picture forgotten: `bias-exp forget --picture FILE` reaches the data set and what was made "
        "of it",
        f"- made with: source version {manifest.recipe.get('version', NOT_KNOWN)}",
    ]


def _tally(values: pd.Series) -> str:
    return _some({str(value): int(n) for value, n in values.value_counts().sort_index().items()})


def _some(tally: Mapping[str, Any]) -> str:
    ordered = sorted(tally.items(), key=lambda item: -item[1])
    said = ", ".join(f"{value or NOT_KNOWN} ({n})" for value, n in ordered[:_MOST])
    return said + (f" and {len(ordered) - _MOST} more" if len(ordered) > _MOST else "")
