"""Zips a program as the `bootstrap` of a Lambda function: package.py PROGRAM ZIP"""

import sys
import zipfile

program, archive = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", (2026, 1, 1, 0, 0, 0))  # the same program gives the same zip
entry.external_attr = 0o755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with open(program, "rb") as code, zipfile.ZipFile(archive, "w") as out:
    out.writestr(entry, code.read())
