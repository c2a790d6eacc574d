"""The scripts of widgets: one module out of several."""

import re
from pathlib import Path

_HERE = Path(__file__).parent
# Imports and comments that fill lines: they are for whoever reads the files.
_UNSENT = re.compile(r"^(import [^;]*;\n| */\*\*.*?\*/\n| *//[^\n]*\n)", re.MULTILINE | re.DOTALL)


def joined(*names: str) -> str:
    """One module out of several: a page loads it from a blob, where relative imports fail."""
    return "".join(_UNSENT.sub("", (_HERE / name).read_text("utf8")) for name in names)
