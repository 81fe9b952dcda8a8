"""Small functions that a translation takes along where R does something that no library for Python does."""

from __future__ import annotations

__all__ = ["HELPERS", "NEEDS", "helper_source"]

HELPERS = {
    "seeded": '''
def seeded(seed):
    """Return random numbers in the state in which R's set.seed(seed) leaves them (Mersenne Twister)."""
    words = []
    for _ in range(50 + 625):
        seed = (69069 * seed + 1) % 2**32
        words.append(seed)
    random = np.random.RandomState()
    random.set_state(("MT19937", np.array(words[51:], dtype=np.uint32), 624))
    return random
''',
    "uniform": '''
def uniform(random, size):
    """Return R's runif(size)."""
    return random.randint(0, 2**32, size, dtype=np.uint32) * 2.3283064365386963e-10
''',
    "normal": '''
def normal(random, size):
    """Return R's rnorm(size): by inversion."""
    numbers = uniform(random, 2 * size).reshape(-1, 2)
    return ndtri((np.floor(134217728 * numbers[:, 0]) + numbers[:, 1]) / 134217728)
''',
    "below": '''
def below(random, n):
    """Return a whole number from 0 to n - 1, drawn as R 3.6 and later draw it: by rejection."""
    bits = (n - 1).bit_length()
    while True:
        number = 0
        for part in uniform(random, bits // 16 + 1):
            number = number * 65536 + int(part * 65536)
        number %= 2**bits
        if number < n:
            return number
''',
    "sample": '''
def sample(random, n, size):
    """Return R's sample(n, size): places from 1, none of them twice."""
    pool, drawn = list(range(1, n + 1)), []
    for left in range(n, n - int(size), -1):
        place = below(random, left)
        drawn.append(pool[place])
        pool[place] = pool[left - 1]
    return np.array(drawn, dtype=int)
''',
    "sift": '''
def sift(heap, place, item, last):
    """Put an item into a heap whose places count from 1: a step of R's sort."""
    child = 2 * place
    while child <= last:
        child += child < last and heap[child][0] > heap[child + 1][0]
        if item[0] <= heap[child][0]:
            break
        heap[place], place, child = heap[child], child, 2 * child
    heap[place] = item
''',
    "falling": '''
def falling(prob):
    """Return places by share, the largest first, equal ones as R's heap sort leaves them."""
    heap, n = [None, *zip(prob, range(len(prob)))], len(prob)
    for place in range(n // 2, 0, -1):
        sift(heap, place, heap[place], n)
    for last in range(n, 1, -1):
        item, heap[last] = heap[last], heap[1]
        sift(heap, 1, item, last - 1)
    return [place for _, place in heap[1:]]
''',
    "sample_again": '''
def sample_again(random, n, size, prob=None):
    """Return R's sample(n, size, replace = TRUE, prob): places from 1."""
    if prob is None:
        return np.array([below(random, n) + 1 for _ in range(int(size))], dtype=int)
    order = np.array(falling(prob))
    shares = np.cumsum(np.asarray(prob)[order] / np.sum(prob))
    return order[np.minimum(np.searchsorted(shares, uniform(random, int(size))), n - 1)] + 1
''',
    "partition": '''
def partition(random, y, p):
    """Return the rows, from 1, that caret's createDataPartition(y, p = p) takes for training."""
    y = pd.Series(np.asarray(y)) if not isinstance(y, pd.Series) else y.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(y) and not pd.api.types.is_bool_dtype(y):
        edges = np.unique(np.quantile(y, np.linspace(0, 1, min(5, len(y)))))
        y = pd.cut(y, edges, include_lowest=True)
    rows = []
    for _, group in y.groupby(y, observed=True):
        places = group.index.to_numpy() + 1
        size = int(np.ceil(len(places) * p))
        rows.extend(places if len(places) == 1 else places[sample(random, len(places), size) - 1])
    return np.sort(rows)
''',
    "split_mask": '''
def split_mask(random, y, ratio):
    """Return, for each row, whether caTools' sample.split(y, SplitRatio = ratio) takes it for training."""
    y, chosen = pd.Series(np.asarray(y)), np.zeros(len(y), dtype=bool)
    values = y.unique()
    if 2 * len(values) > len(y) or len(values) == 1:
        groups, sizes = [np.arange(len(y))], [int(ratio * len(y))]
    else:
        groups = [np.flatnonzero(y == value) for value in values]
        sizes = [round(len(group) * ratio) for group in groups]
    for group, size in zip(groups, sizes):
        chosen[group[np.argsort(uniform(random, len(group)), kind="stable")[:size]]] = True
    return chosen
''',
    "treatment": '''
def treatment():
    """Return R's treatment contrasts: a column of each level but the first; numbers as they are."""
    contrasts = OneHotEncoder(drop="first", sparse_output=False)
    return make_column_transformer(
        (contrasts, make_column_selector(dtype_exclude="number")),
        remainder="passthrough",
    )
''',
    "levels": '''
def levels():
    """Return a column of each level of texts and factors, for models of trees and distances; numbers as they are."""
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (encoder, make_column_selector(dtype_exclude="number")),
        remainder="passthrough",
    )
''',
}
"""Text of each function, by its name, in an order in which each stands behind those that it calls."""

NEEDS = {
    "falling": ("sift",),
    "normal": ("uniform",),
    "below": ("uniform",),
    "sample": ("below",),
    "sample_again": ("below", "falling", "uniform"),
    "partition": ("sample",),
    "split_mask": ("uniform",),
}
_IMPORTS = {
    "treatment": (
        "from sklearn.compose import make_column_selector, make_column_transformer",
        "from sklearn.preprocessing import OneHotEncoder",
    ),
    "normal": ("from scipy.special import ndtri",),
}
_IMPORTS["levels"] = _IMPORTS["treatment"]


def helper_source(names: set[str]) -> tuple[list[str], str]:
    """Return the imports and the text of functions, with those that they call."""
    wanted, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [one for one in NEEDS.get(name, ()) if one not in wanted]
    imports = [line for name in HELPERS if name in wanted for line in _IMPORTS.get(name, ())]
    return imports, "\n\n".join(HELPERS[name].strip("\n") + "\n" for name in HELPERS if name in wanted)
