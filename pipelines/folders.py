"""The folders of a company, taken for it before anything is written there."""

from pipelines import owner
from pipelines.publish import current
from pipelines.settings import Company
from pipelines.warehouse import opened

_SAYS_SO = "select count(*) from duckdb_tables() where schema_name = 'config' and table_name = ?"


def claim(company: Company) -> None:
    """Take warehouse and published folder for the company.

    Folders of an earlier version do not say whose they are, but what is in them does.

    Raises:
        ConfigurationError: one of them is another company's.
        WarehouseBusy: somebody else has the warehouse.
    """
    owner.check(company)
    release = current(company.paths.published)
    name = release.manifest.company if release else None
    owner.check_name(company, company.paths.published, name)
    if company.warehouse_file.exists() and not (company.paths.warehouse / owner.OWNER).exists():
        owner.check_name(company, company.paths.warehouse, _name_in(company))
    owner.claim(company)


def _name_in(company: Company) -> str | None:
    with opened(company.warehouse_file) as connection:
        found = connection.execute(_SAYS_SO, ["company"]).fetchone()
        if not found or not found[0]:
            return None
        row = connection.execute("select name from config.company").fetchone()
    return str(row[0]) if row else None
