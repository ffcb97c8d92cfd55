"""The sales operations metrics warehouse: extract files in, gated releases out.

Data moves through the packages from left to right:

    contracts -> ingest -> (dbt) -> quality -> publish -> serve

A package imports only from packages to its left, plus `settings` and `calendar`. `assets` and
`cli` may import everything and are imported by nothing (`tests/test_architecture.py`).
"""
