"""How raw values are read: kinds inferred from values, and the same reading in training and in service."""

from journeyman.sources.parsing.encoded import encode, raw_type
from journeyman.sources.parsing.inference import infer, infer_column
from journeyman.sources.parsing.inferred import InferredColumn, ParsingNote, UserOverride
from journeyman.sources.parsing.labels import canonical_label, label_order, label_texts, merged_labels
from journeyman.sources.parsing.reading import Reading, parse, read
from journeyman.sources.parsing.rows import RowReader, lacking_error, refused_finding

__all__ = [
    "InferredColumn",
    "ParsingNote",
    "Reading",
    "RowReader",
    "UserOverride",
    "canonical_label",
    "encode",
    "infer",
    "infer_column",
    "label_order",
    "label_texts",
    "lacking_error",
    "merged_labels",
    "parse",
    "raw_type",
    "read",
    "refused_finding",
]
