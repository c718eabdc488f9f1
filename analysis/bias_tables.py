"""Make a study's bias tables from the tracking server: what `bias-exp tables` calls, to be read and changed.

python analysis/bias_tables.py quick
"""

import sys

from bias_exp.report.build import build_tables

if __name__ == "__main__":
    print(build_tables(sys.argv[1] if len(sys.argv) > 1 else "quick").text)
