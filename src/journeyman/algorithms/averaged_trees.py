"""Several boosters as one, in LightGBM's text format: all their trees, each with its share of the answer."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["average_texts"]

_LEAVES = "leaf_value="
_END = "end of trees"


def average_texts(texts: Sequence[str]) -> str:
    """Return a model whose raw score is the mean of the raw scores of models of the same objective and columns.

    Parameters
    ----------
    texts : sequence of str
        Models in LightGBM's text format. What follows their trees (importances, parameters) is left out.

    Examples
    --------
    >>> one = "tree\\ntree_sizes=60\\n\\nTree=0\\nnum_leaves=1\\nleaf_value={}\\n\\n\\nend of trees\\n"
    >>> [line for line in average_texts([one.format(1), one.format(4)]).splitlines() if "=" in line]
    ['Tree=0', 'num_leaves=1', 'leaf_value=0.5', 'Tree=1', 'num_leaves=1', 'leaf_value=2.0']
    """
    share = 1.0 / len(texts)
    # The sizes of the trees' texts would no longer be right; without them LightGBM reads one tree after the other.
    head = [line for line in texts[0].partition("\nTree=0\n")[0].splitlines() if not line.startswith("tree_sizes=")]
    trees = [tree for text in texts for tree in _trees(text)]
    blocks = ["\n".join([f"Tree={number}", *_weighed(tree, share)]) for number, tree in enumerate(trees)]
    end = f"{_END}\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"
    return "\n\n".join(["\n".join(head).rstrip(), *blocks, end])


def _trees(text: str) -> list[list[str]]:
    """Return the lines of each tree, without its number."""
    body = text.partition("\nTree=0\n")[2].partition(_END)[0]
    return [block.strip().splitlines()[1:] for block in f"Tree=0\n{body}".split("\n\n") if block.strip()]


def _weighed(lines: Sequence[str], share: float) -> list[str]:
    return [
        _LEAVES + " ".join(repr(float(value) * share) for value in line[len(_LEAVES) :].split())
        if line.startswith(_LEAVES)
        else line
        for line in lines
    ]
