"""What a message for the person on call must not be."""

from __future__ import annotations

import re
from collections import Counter

from pipelines.contracts import Format
from pipelines.contracts.model import Column, Contract, ObjectContract
from pipelines.settings import Company, Policies, SourceChoice

_CLASS = re.compile(r"\b(?:\w+\.)+[A-Z]\w+|\b[A-Z]\w*(?:Error|Exception|Warning)\b|Traceback")
"""A dotted name of a class, an exception, or the beginning of a traceback."""
_KEYS = {
    key
    for model in (Column, Contract, ObjectContract, Format, Company, Policies, SourceChoice)
    for key in model.model_fields
}
_CURE = re.compile(r"\b(?:raise|set|name|say|use|change) `?([a-z]+_[a-z_]+)\b`?(?! in warn_only)")
"""A key that a message tells to change; `warn_only` has names of checks."""
_LONG = 30


def faults(message: str) -> list[str]:
    """What is wrong with a message: class names, what it says twice, and keys nobody knows."""
    words = " ".join(message.split())
    found = [f"names {name}" for name in _CLASS.findall(words)]
    # Two checks may be of one kind; each of them is told of once.
    unwrapped = re.sub(r",\s*\n\s*", ", ", message)
    for block in re.split(r"^(?=failed |warning )", unwrapped, flags=re.M):
        parts = (part.strip() for part in re.split(r"(?<=[.;])\s|\n", block))
        sentences = Counter(part for part in parts if len(part) > _LONG)
        found += [f"says twice: {part}" for part, n in sentences.items() if n > 1]
    found += [f"no such key: {key}" for key in _CURE.findall(words) if key not in _KEYS]
    return found
