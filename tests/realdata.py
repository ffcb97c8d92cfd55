"""Where the real public data lies when it is there: beside the checkout, never inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

needs_real_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"real public data is not on this machine (looked in {SHARED})"
)
