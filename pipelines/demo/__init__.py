"""The demo company: a seeded simulation that writes extract files as real systems deliver them."""

from pipelines.demo.generate import (
    FIRST_DAY,
    LAST_DAY,
    DemoExtracts,
    DemoFile,
    daily,
    first_day_of,
    generate,
)

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "DemoExtracts",
    "DemoFile",
    "daily",
    "first_day_of",
    "generate",
]
