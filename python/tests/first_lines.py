"""Runs the Python of documents as it stands: every fenced block of `python` of the files that are named.

It needs nothing but the package, as a reader has it. Blocks of one file share their names.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(paths: list[Path]) -> None:
    texts = [(path, path.read_text(encoding="utf-8")) for path in paths]
    for path, text in texts:
        blocks = BLOCK.findall(text)
        assert blocks, f"{path} has no block of Python"
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            file = Path("document.py")
            names: dict[str, object] = {"__name__": "document"}
            written = ""
            for block in blocks:
                # Each block keeps its lines: a kernel's source is read again for messages.
                start = written.count("\n")
                written += block
                file.write_text(written, encoding="utf-8")
                exec(compile("\n" * start + block, str(file), "exec"), names)


if __name__ == "__main__":
    main([Path(path).absolute() for path in sys.argv[1:]])
