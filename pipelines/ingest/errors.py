"""What can be refused on the way from a delivered file to the raw log.

Every message names the thing, the number, one example and the next step; the command line prints
it and ends with exit code 1.
"""

from __future__ import annotations


class IngestError(Exception):
    """A delivery or a batch was refused; nothing of it was taken in."""


class LandingError(IngestError):
    """Files could not be put into the landing folder."""


class NothingLanded(IngestError):  # noqa: N818 - it is a state, and the name the readers know
    """There is no delivery to load."""


class FileRefused(IngestError):  # noqa: N818 - named for what happened, as its sisters
    """A delivered file is not what its contract says, as a whole."""
