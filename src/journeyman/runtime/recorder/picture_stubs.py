"""Stand-ins for libraries that draw: they take every call and draw nothing."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas import plotting
from pandas.core.groupby import DataFrameGroupBy, SeriesGroupBy

__all__ = ["DRAWING_LIBRARIES", "Picture", "replace_drawing", "replace_table_plots"]

_DRAWING_LIBRARIES_TEXT = (
    "matplotlib mpl_toolkits pylab seaborn plotly bokeh altair missingno wordcloud cufflinks chart_studio holoviews "
    "hvplot pygal ggplot plotnine folium yellowbrick scikitplot graphviz pydotplus pydot dtreeviz "
    "pandas_profiling ydata_profiling sweetviz dtale autoviz IPython ipywidgets geoplot joypy squarify venn ptitprince "
    "pyLDAvis dataprep klib colorlover adjustText palettable cmocean"
)
DRAWING_LIBRARIES = frozenset(_DRAWING_LIBRARIES_TEXT.split())
_STAR_NAMES_TEXT = (
    "plot figure show title xlabel ylabel legend subplots subplot hist scatter bar grid axis xlim ylim savefig"
)


class Picture:
    """Whatever a drawing library gives: it can be called, indexed, gone through, entered and compared, to no effect."""

    def __init__(self, path: str) -> None:
        self.__dict__["path_of_stub"] = path

    __call__ = lambda self, *args, **options: _drawn(self.__dict__["path_of_stub"], args, options)  # noqa: E731 - takes whatever comes by intent

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Picture(f"{self.__dict__['path_of_stub']}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Forget what is set."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget what is set."""

    def __delitem__(self, key: Any) -> None:
        """Nothing is held that could go."""

    def __getitem__(self, key: Any) -> Any:
        return Picture(self.__dict__["path_of_stub"])

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __contains__(self, one: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *details: object) -> None:
        """End a block that drew nothing."""

    def __index__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"<picture of {self.__dict__['path_of_stub']}>"

    def __format__(self, form: str) -> str:
        return ""

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_PictureBase,)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, (Picture, _PictureBase))

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, (Picture, _PictureBase))

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self

    def __reduce__(self) -> Any:
        return (Picture, (self.__dict__["path_of_stub"],))

    def _same(self, *others: Any) -> Any:
        return Picture(self.__dict__["path_of_stub"])

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __or__ = __ror__ = __and__ = __rand__ = __neg__ = __pow__ = __floordiv__ = __mod__ = _same


class _PictureBase:
    """What a class of the program that extends a drawing library's class extends instead."""


def _drawn(path: str, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Return what a call of a drawing library gives: axes in their rows and columns, functions that decorate as is."""
    name = path.rpartition(".")[2]
    if name == "load_dataset" and path.startswith("seaborn"):
        asked = args[0] if args else options.get("name", "")
        raise FileNotFoundError(2, "seaborn.load_dataset asks the network for a table", f"{asked}.csv")
    if name == "subplots":
        rows = args[0] if args else options.get("nrows", 1)
        columns = args[1] if len(args) > 1 else options.get("ncols", 1)
        return Picture("matplotlib.figure.Figure"), _axes(rows, columns, options.get("squeeze", True))
    if name in ("interact", "interactive") and not args:
        return lambda function: function
    return Picture(path)


def _axes(rows: Any, columns: Any, squeeze: Any) -> Any:
    """Return axes of shape (rows, columns), or (rows,), (columns,), or one, as Matplotlib squeezes them."""
    if not isinstance(rows, int) or not isinstance(columns, int):
        return Picture("matplotlib.axes.Axes")
    made = np.empty((rows, columns), dtype=object)
    for place in np.ndindex(rows, columns):
        made[place] = Picture("matplotlib.axes.Axes")
    if not squeeze:
        return made
    return made.item() if made.size == 1 else made.squeeze()


class _PictureModule(types.ModuleType):
    """A module of a drawing library."""

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "99.0.0"
        if name == "__all__":
            return _STAR_NAMES_TEXT.split()
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Picture(f"{self.__name__}.{name}")


class _PictureFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for each module of a library that draws."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in DRAWING_LIBRARIES and name != "pandas.plotting._matplotlib":
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _PictureModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is run of it."""


def replace_drawing() -> None:
    """Have every later import of a drawing library give a stand-in."""
    sys.meta_path.insert(0, _PictureFinder())


def replace_table_plots() -> None:
    """Have tables and columns draw nothing."""
    kinds: Any = (pd.DataFrame, pd.Series, DataFrameGroupBy, SeriesGroupBy)
    for kind in kinds:
        kind.plot = Picture("pandas.plot")
        kind.hist = Picture("pandas.plot.hist")
        kind.boxplot = Picture("pandas.plot.boxplot")
    for name in [one for one in dir(plotting) if not one.startswith("_")]:
        setattr(plotting, name, Picture(f"pandas.plotting.{name}"))
