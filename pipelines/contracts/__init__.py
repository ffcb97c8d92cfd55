"""What each source system delivers, as one YAML per source and the model that reads it."""

from pipelines.contracts.catalogue import available_sources, load_contract
from pipelines.contracts.entities import Entities, Entity, load_entities
from pipelines.contracts.model import (
    Column,
    Contract,
    ContractError,
    Format,
    ObjectContract,
    Unpivot,
    Watched,
)

__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "Entities",
    "Entity",
    "Format",
    "ObjectContract",
    "Unpivot",
    "Watched",
    "available_sources",
    "load_contract",
    "load_entities",
]
