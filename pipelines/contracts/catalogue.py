"""Find and read the contract files: `<source>.yml` in this folder.

What a contract may say is in `model.py`; reading delivered files along one is the ingest's work.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipelines.contracts.model import Contract, ContractError

FOLDER = Path(__file__).parent


def available_sources(folder: Path | None = None) -> list[str]:
    """Names of all sources with a contract, in order."""
    return sorted(path.stem for path in (folder or FOLDER).glob("*.yml"))


def load_contract(source: str, folder: Path | None = None) -> Contract:
    """Read the contract of a source.

    Raises:
        ContractError: there is no such source, or its file is not understood.
    """
    path = (folder or FOLDER) / f"{source}.yml"
    if not path.is_file():
        known = ", ".join(available_sources(folder)) or "none"
        raise ContractError(
            f"source '{source}' has no contract: there is no {path}. Known sources: {known}"
        )
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _load(path: Path, _mtime_ns: int) -> Contract:
    """The time of the last change is part of the cache's key: an edited file is read again."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Contract.model_validate({"source": path.stem, **document})
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise ContractError(f"contract {path} is no readable YAML mapping: {error}") from error
    except ValidationError as error:
        raise ContractError(_explain(path, error)) from error


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"contract {path}: {error.error_count()} problems"]
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"]) or "contract"
        lines.append(f"  {place}: {problem['msg']}")
    return "\n".join(lines)
