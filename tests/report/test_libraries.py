"""What is not used is not loaded, and is there again for whoever wants it."""

import subprocess
import sys

import pytest

from evaltools.report.libraries import absent

CODE = """
import sys
import evaltools.report.notebook
slow = "rfc3987_syntax"
assert "nbformat" in sys.modules and slow not in sys.modules, sorted(m for m in sys.modules if m.startswith("rfc"))
"""


def test_a_hidden_module_cannot_be_loaded_and_is_back_afterwards():
    with absent("colorsys_of_nobody"), pytest.raises(ImportError):
        __import__("colorsys_of_nobody")
    assert "colorsys_of_nobody" not in sys.modules


def test_a_loaded_module_stays():
    with absent("json"):
        import json
    assert json.loads("1") == 1


def test_reading_a_notebook_loads_no_grammar_of_addresses():
    subprocess.run([sys.executable, "-c", CODE], check=True)
