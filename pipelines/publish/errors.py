"""What goes wrong while publishing, in words for the person on call."""

from __future__ import annotations


class PublishError(Exception):
    """Nothing was published, and readers still have the release they had (exit code 1)."""


class UnknownRelease(PublishError):  # noqa: N818  # read as what it is: an unknown release
    """A release that is not on disk was asked for."""
