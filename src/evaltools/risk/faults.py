"""What goes wrong in this room: each error is a `ModelError` and also the ValueError or TypeError of scikit-learn."""

from __future__ import annotations

from evaltools.errors import ModelError


class RiskInputError(ModelError, ValueError):
    """The table, the labels or the weights cannot carry the model that was asked for."""


class RiskTypeError(ModelError, TypeError):
    """A value of a kind that no model of households can read (a list, a date, a sparse matrix)."""


class ModelFileError(ModelError, ValueError):
    """A model file that is damaged, altered, from another version, or not a model file."""


class RiskWarning(UserWarning):
    """A stated rule was applied to the table: the message says which column and which rule."""
