"""How a batch runs a notebook: papermill's way, but the file is written when all cells have run or one has failed.

papermill writes the whole notebook before and after every cell. With the pictures of a report in it, that cost more than
all the rest of the run. A batch looks at the file only when the run is over.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager

NAME = "evaltools"
"""Under which papermill knows the engine."""


class SavedOnce(NBClientEngine):
    """Executes with nbclient; nothing is written between the first cell and the last."""

    @classmethod
    def execute_managed_notebook(  # pyright: ignore[reportIncompatibleMethodOverride] # papermill names its options
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any
    ) -> Any:
        """Run all cells. The path is put back whatever happens: papermill then saves what there is, failures too."""
        path, nb_man.output_path = nb_man.output_path, None
        try:
            return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        finally:
            nb_man.output_path = path
