"""The operations of the scoring plan's first version."""

from __future__ import annotations

__all__ = ["every_operation"]

_OPERATIONS = """
plain fill code onehot table calendar gaps slot bin cell weigh product ratio text shape
constant lines trees forest symmetric neighbours
squash waves embed dense bend
copy logistic share softmax above clip affine divide add ordered mean temper unscale correct known spread
factor size interval
"""


def every_operation() -> frozenset[str]:
    """Return their names; docs/reference/scoring-plan.md says what each does.

    Examples
    --------
    >>> len(every_operation())
    45
    """
    return frozenset(_OPERATIONS.split())
