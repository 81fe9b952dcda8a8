"""Files that Octave writes, and some that MATLAB wrote, are read as tables."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from journeyman.errors import SourceError
from journeyman.sources import open_source
from journeyman.testing.source_checks import check_source

needs_octave = pytest.mark.skipif(shutil.which("octave") is None, reason="Octave is not installed")
needs_h5py = pytest.mark.skipif(find_spec("h5py") is None, reason="journeyman[matlab] is not installed")
MATLAB = Path(str(files("scipy.io.matlab"))) / "tests" / "data"
needs_matlab = pytest.mark.skipif(not MATLAB.is_dir(), reason="SciPy came without the files of its tests")
TABLE = """
size_ = [1.5; NaN; 3; 4]; rooms = int32([1; 2; 3; 4]); city = {'Oslo'; 'Bergen'; ''; 'Oslo'};
ok = logical([1; 0; 1; 1]); name = ['ab'; 'cd'; 'ef'; 'g ']; row = [1 2 3 4]; mixed = {1; 'two'; []; 4};
save('-v7', 'v7.mat', 'size_', 'rooms', 'city', 'ok', 'name', 'row', 'mixed');
save('-v6', 'v6.mat', 'size_', 'rooms', 'city', 'ok', 'name', 'row', 'mixed');
s.size = size_; s.city = city; save('-v7', 'struct.mat', 's');
t(1).size = 1.5; t(1).city = 'Oslo'; t(2).size = []; t(2).city = 'Bergen'; save('-v7', 'rows.mat', 't');
M = magic(4); scale = 3; save('-v7', 'matrix.mat', 'M', 'scale'); save('-v4', 'v4.mat', 'size_');
short = [1; 2; 3]; save('-v7', 'ragged.mat', 'size_', 'short'); z = size_ + 1i; save('-v7', 'complex.mat', 'z');
w = ones(2, 2, 2); save('-v7', 'cube.mat', 'w'); n = {1; {2}}; save('-v7', 'nested.mat', 'n');
save('-hdf5', 'octave.mat', 'size_'); P = sparse([1 0; 0 2]); save('-v7', 'sparse.mat', 'P');
k = (1:30)'; l = repmat({'a'; ''; 'b'}, 10, 1); save('-v7', 'many.mat', 'k', 'l'); k(3) = 99;
save('-v7', 'other.mat', 'k', 'l');
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("octave")
    (place / "make_tables.m").write_text(TABLE, "utf-8")
    words = ["octave", "--no-gui", "--no-init-file", "--quiet", "make_tables.m"]
    subprocess.run(words, cwd=place, check=True, capture_output=True)
    return place


def cells(path: Path) -> dict[str, list[object]]:
    frame = open_source(str(path), None).read(None, 0)
    return {str(n): frame[n].astype(object).where(frame[n].notna(), None).tolist() for n in frame}


@needs_octave
@pytest.mark.parametrize("name", ["v7.mat", "v6.mat"])
def test_variables_are_columns(folder: Path, name: str) -> None:
    assert cells(folder / name) == {
        "size_": [1.5, None, 3.0, 4.0],
        "rooms": [1, 2, 3, 4],
        "city": ["Oslo", "Bergen", None, "Oslo"],
        "ok": [1, 0, 1, 1],
        "name": ["ab", "cd", "ef", "g"],
        "row": [1.0, 2.0, 3.0, 4.0],
        "mixed": ["1.0", "two", None, "4.0"],
    }


@needs_octave
def test_structs_matrices_and_old_files(folder: Path) -> None:
    assert cells(folder / "struct.mat") == {"size": [1.5, None, 3.0, 4.0], "city": ["Oslo", "Bergen", None, "Oslo"]}
    assert cells(folder / "rows.mat") == {"size": [1.5, None], "city": ["Oslo", "Bergen"]}
    assert cells(folder / "matrix.mat") == {
        "M_1": [16.0, 5.0, 9.0, 4.0],
        "M_2": [2.0, 11.0, 7.0, 14.0],
        "M_3": [3.0, 10.0, 6.0, 15.0],
        "M_4": [13.0, 8.0, 12.0, 1.0],
    }
    assert cells(folder / "v4.mat") == {"size_": [1.5, None, 3.0, 4.0]}
    assert cells(folder / "sparse.mat") == {"P_1": [1.0, 0.0], "P_2": [0.0, 2.0]}


@needs_octave
def test_the_contract_of_sources(folder: Path) -> None:
    one, other = folder / "many.mat", folder / "other.mat"
    check_source(lambda: open_source(str(one), None), lambda: open_source(str(other), None))


@needs_octave
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ragged.mat", "'size_' has 4 values and 'short' has 3"),
        ("complex.mat", "'z' holds complex numbers"),
        ("cube.mat", "'w' has 3 dimensions"),
        ("nested.mat", "a cell of 'n' holds more than a text or a number"),
        pytest.param("octave.mat", "was not written by MATLAB", marks=needs_h5py),
    ],
)
def test_what_is_refused(folder: Path, name: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        open_source(str(folder / name), None)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@needs_matlab
def test_an_object_of_matlab_is_refused_with_what_to_type() -> None:
    with pytest.raises(SourceError, match="testobject is an object of MATLAB") as caught:
        open_source(str(MATLAB / "testobject_7.4_GLNX86.mat"), None)
    assert "writetable(T, 'T.csv')" in caught.value.hint
    with pytest.raises(SourceError, match=r"cannot be read as a \.mat file"):
        open_source(str(MATLAB / "corrupted_zlib_data.mat"), None)


@needs_matlab
@needs_h5py
def test_version_7_3_of_matlab() -> None:
    found = cells(MATLAB / "testhdf5_7.4_GLNX86.mat")
    assert found["testdouble"] == scipy.io.loadmat(MATLAB / "testdouble_7.4_GLNX86.mat")["testdouble"].ravel().tolist()


@needs_h5py
def test_texts_cells_and_structs_of_version_7_3(tmp_path: Path) -> None:
    """Written as MATLAB's documents say, for no file of MATLAB's own that holds them is at hand."""
    import h5py  # noqa: PLC0415  # an extra

    path = tmp_path / "made.mat"
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group: h5py.Group, name: str, values: np.ndarray, kind: str) -> h5py.Dataset:
            data = group.create_dataset(name, data=values.T)
            data.attrs["MATLAB_class"] = np.bytes_(kind)
            return data

        struct = file.create_group("s")
        struct.attrs["MATLAB_class"] = np.bytes_("struct")
        put(struct, "size", np.array([[1.5], [np.nan]]), "double")
        put(struct, "ok", np.array([[1], [0]], dtype=np.uint8), "logical")
        put(struct, "code", np.array([[ord(c) for c in word] for word in ("ab", "cd")], dtype=np.uint16), "char")
        parts = file.create_group("#refs#")
        texts = [
            put(parts, n, np.array([[ord(c) for c in w]], dtype=np.uint16), "char")
            for n, w in (("a", "Oslo"), ("b", "Å"))
        ]
        references = np.array([[text.ref] for text in texts], dtype=h5py.ref_dtype)
        put(struct, "city", references, "cell")
    assert cells(path) == {"size": [1.5, None], "ok": [True, False], "code": ["ab", "cd"], "city": ["Oslo", "Å"]}
    with h5py.File(path, "a") as file:
        table = file.create_dataset("T", data=np.zeros((1, 6), dtype=np.uint32))
        table.attrs["MATLAB_class"] = np.bytes_("table")
        table.attrs["MATLAB_object_decode"] = np.int32(3)
    with pytest.raises(SourceError, match="'T' is an object of MATLAB"):
        open_source(str(path), None)
