"""What people read beside a manifest: the report, the table of counts and the data sheet. No code reads them back."""

import pandas as pd

from bias_exp.columns import COUNTS, SPLITS
from bias_exp.data.csvfile import csv_bytes
from bias_exp.data.datasheet import DATASHEET, datasheet
from bias_exp.data.manifest import Manifest
from bias_exp.data.report import REPORT, Numbers, data_report, report_json
from bias_exp.data.report_text import REPORT_TEXT, report_text
from bias_exp.data.splits import ALL

REPORT_FILES = (REPORT, REPORT_TEXT, COUNTS.name, DATASHEET)


def write_reports(manifest: Manifest) -> None:
    """Write the files beside the manifest, over those that are there."""
    report = data_report(manifest)
    texts = {
        REPORT: report_json(report),
        REPORT_TEXT: "# Data report\n\n" + report_text(report) + "\n",
        COUNTS.name: csv_bytes(counts_table(manifest, report)).decode(),
        DATASHEET: datasheet(manifest, report),
    }
    for name, text in texts.items():
        (manifest.folder / name).write_text(text, encoding="utf-8")


def counts_table(manifest: Manifest, report: Numbers) -> pd.DataFrame:
    """Pictures of each class, group and source by split, columns.COUNTS."""
    balance = manifest.balance
    counts = pd.DataFrame(report["counts"]).assign(pictures=lambda table: table[list(SPLITS)].sum(axis=1))
    names = {balance.primary or "": "class", balance.attribute: "group"}
    table = counts.rename(columns=names)
    return COUNTS.check(table if balance.primary else table.assign(**{"class": ALL}))
