"""Libraries that are loaded when they are first used: what lacks is said in a line, what is broken says so."""

import subprocess
import sys

import pytest

from journeyman.errors import SettingsError
from journeyman.lazy_module import LazyModule


def test_a_module_is_imported_with_the_first_of_its_names():
    code = (
        "import sys\n"
        "from journeyman.lazy_module import LazyModule\n"
        "late = LazyModule('colorsys', 'pip install it')\n"
        "assert 'colorsys' not in sys.modules\n"
        "assert late.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)\n"
        "print('colorsys' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert shown.stdout.strip() == "True"


def test_what_is_not_installed_is_said_with_what_to_type():
    with pytest.raises(SettingsError, match="no_such_library is not installed") as caught:
        str(LazyModule("no_such_library.part", 'pip install "no_such_library"').name)
    assert caught.value.hint == 'pip install "no_such_library"'
    with pytest.raises(ModuleNotFoundError):
        str(LazyModule("no_such_library").name)


def test_an_installed_library_that_lacks_another_says_so_itself(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        str(LazyModule("broken_library", "pip install it").name)
