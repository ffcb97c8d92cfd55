"""Dagster's entry point: the definitions of the company that `SALESOPS_COMPANY` names."""

from pipelines.assets import build_definitions
from pipelines.settings import Settings, load_company

defs = build_definitions(load_company(Settings().company))
