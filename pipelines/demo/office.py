"""Enter people and roles into the CRM: the records of `User` and `UserRole`.

Who is hired, and into which role, is decided in `organisation`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.clock import office_moment
from pipelines.demo.division import Division
from pipelines.demo.ids import PREFIXES, salesforce_id
from pipelines.demo.journal import Fields
from pipelines.demo.people import Organisation, Person
from pipelines.demo.vocabulary import FIRST_NAMES, LAST_NAMES, Team

EMAIL_DOMAIN = "veldrane.example"
_PLAIN = str.maketrans("áâäåàãçéèêëíîïñóôöøúûüñ'", "aaaaaaceeeeiiinoooouuun-")


class Office:
    """Hires people: one object, because names and employee numbers may not repeat."""

    def __init__(
        self, rng: Random, organisation: Organisation, division: Division | None = None
    ) -> None:
        self._rng = rng
        self._organisation = organisation
        self._suffix = division.suffix.strip() if division else ""
        self._first_number = 1000 * (1 + (division.number if division else 0))
        self._names: set[str] = set()

    def hire(
        self, day: date, role: str, title: str, team: Team, manager: str = "", **fields: object
    ) -> Person:
        """Add a user who may log in from that day on."""
        first, last = self._free_name()
        hired_at = office_moment(self._rng, day, team.region)
        record = self._record(first, last, team) | {"Title": title, **fields}
        record |= {"UserRoleId": role} if role else {}
        record |= {"ManagerId": manager} if manager else {}
        user_id = self._organisation.users.create(
            hired_at, self._organisation.system or salesforce_id("005bm0", 1), record
        )
        # The first deals come on the day after.
        return Person(user_id, f"{first} {last}", team, hired_at.date() + timedelta(days=1))

    def role(self, at: datetime, name: str, parent: str = "") -> str:
        """Add a role below its parent and return its id."""
        fields: Fields = {
            "Name": name,
            "RollupDescription": name,
            "OpportunityAccessForAccountOwner": "Edit",
            "CaseAccessForAccountOwner": "None",
            "ContactAccessForAccountOwner": "Edit",
            "PortalType": "None",
        }
        fields |= {"ParentRoleId": parent} if parent else {}
        return self._organisation.roles.create(at, self._organisation.system, fields)

    def _record(self, first: str, last: str, team: Team) -> Fields:
        login = f"{first}.{last}{self._suffix}".lower().translate(_PLAIN)
        return {
            "Username": f"{login}@{EMAIL_DOMAIN}",
            "FirstName": first,
            "LastName": last,
            "CompanyName": "Veldrane Systems",
            "Department": "Sales",
            "City": team.cities[0],
            "Country": team.country,
            "Email": f"{login}@{EMAIL_DOMAIN}",
            "Alias": (first[:1] + last[:4]).lower().translate(_PLAIN),
            "CommunityNickname": login,
            "IsActive": True,
            "TimeZoneSidKey": "America/New_York",
            "LocaleSidKey": team.locale,
            "EmailEncodingKey": "ISO-8859-1",
            "DefaultCurrencyIsoCode": "USD",
            "CurrencyIsoCode": "USD",
            "ProfileId": salesforce_id(PREFIXES["Profile"] + "bm0", 1),
            "UserType": "Standard",
            "LanguageLocaleKey": "en_US",
            "EmployeeNumber": str(self._first_number + len(self._names)),
            "ForecastEnabled": True,
        }

    def _free_name(self) -> tuple[str, str]:
        while True:
            first, last = self._rng.choice(FIRST_NAMES), self._rng.choice(LAST_NAMES)
            name = f"{first} {last}"
            if len(self._names) > len(FIRST_NAMES) * len(LAST_NAMES) // 2:
                name = f"{first} {last} {len(self._names)}"
            if name not in self._names:
                self._names.add(name)
                return first, last
