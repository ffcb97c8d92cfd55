"""The contracts of the sources a company has enabled, each with the format it is delivered in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.contracts import Contract, ContractError, Format, ObjectContract, load_contract
from pipelines.settings import Company, ConfigurationError


@dataclass(frozen=True)
class Source:
    """An enabled source, as this company gets it."""

    contract: Contract
    format_name: str
    ignore_columns: Literal["known", "any"] | None = None
    """What the company file says of columns the contract does not know."""

    @property
    def name(self) -> str:
        return self.contract.source

    @property
    def objects(self) -> dict[str, ObjectContract]:
        return self.contract.objects

    def format_of(self, object_name: str) -> Format:
        format_ = self.contract.format_of(object_name, self.format_name)
        if self.ignore_columns is None:
            return format_
        return format_.model_copy(update={"ignore_columns": self.ignore_columns})


def enabled_sources(company: Company) -> dict[str, Source]:
    """All sources the company file enables, in its order."""
    return {name: enabled_source(company, name) for name in company.sources}


def enabled_source(company: Company, name: str) -> Source:
    """One enabled source.

    Raises:
        ConfigurationError: it is not enabled, has no contract or one with guesses that are not
            confirmed, or its format is not known.
    """
    if name not in company.sources:
        raise ConfigurationError(
            f"source '{name}' is not enabled in {company.file}; enabled: "
            + ", ".join(company.sources)
        )
    try:
        contract = load_contract(name)
    except ContractError as error:
        raise ConfigurationError(f"{company.file}: {error}") from error
    if contract.to_confirm:
        n_guesses = len(contract.to_confirm)
        raise ConfigurationError(
            f"pipelines/contracts/{name}.yml: {n_guesses} guess{'' if n_guesses == 1 else 'es'} "
            f"not confirmed (first: {contract.to_confirm[0]}). Delete each line of `to_confirm` "
            "that is right, correct the others; salesops check lists them all"
        )
    chosen = company.sources[name].format or next(iter(contract.formats))
    if chosen not in contract.formats:
        raise ConfigurationError(
            f"{company.file}: source '{name}' has no format '{chosen}'; known: "
            + ", ".join(contract.formats)
        )
    choice = company.sources[name]
    return Source(_without(company, name, contract), chosen, choice.ignore_columns)


def _without(company: Company, name: str, contract: Contract) -> Contract:
    """The contract, less what the company says it does not have."""
    absent = company.sources[name].without
    unknown = sorted(absent - contract.objects.keys())
    if unknown:
        raise ConfigurationError(
            f"{company.file}: sources.{name}.without names '{unknown[0]}', which is no object of "
            f"pipelines/contracts/{name}.yml; known: {', '.join(contract.objects)}"
        )
    objects = {
        each: described.model_copy(update={"optional": True}) if each in absent else described
        for each, described in contract.objects.items()
    }
    return contract.model_copy(update={"objects": objects})
