"""`dagster dev` whose webserver is the guarded one; takes the options of `dagster dev`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from subprocess import Popen
from typing import Any

from dagster._cli import dev
from dagster_shared.ipc import open_ipc_subprocess

from pipelines.settings import ConfigurationError
from pipelines.ui.webserver import UiSettings

OF_DAGSTER, GUARDED = "dagster_webserver", "pipelines.ui.webserver"
"""Modules that `python -m` starts."""


def start_guarded(parts: Sequence[str], **options: Any) -> Popen[bytes]:
    """Start one of the services; the webserver behind its guard."""
    return open_ipc_subprocess(
        [GUARDED if part == OF_DAGSTER else part for part in parts], **options
    )


def main() -> None:
    """Start the UI and the daemon, and end with them."""
    try:
        UiSettings()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    # Dagster's dev command has no option for another webserver. Were it to start its own in a way
    # that is not seen here, the test of `make ui` would be answered without the guard, and fail.
    dev.open_ipc_subprocess = start_guarded  # type: ignore[attr-defined]
    dev.dev_command()


if __name__ == "__main__":
    main()
