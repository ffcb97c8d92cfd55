"""Words the demo company is made of; every firm and person is invented.

Only characters that cp1252 and ISO-8859-1 share, because the weekly export is written in them.
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True)
class Team:
    """A sales team and the ground it works on."""

    name: str
    region: str
    country: str
    cities: tuple[str, ...]
    currency: str
    currency_share: float
    """Share of its deals made in that currency instead of US dollars."""
    locale: str
    share: float = 1.0
    """Size in sellers compared with other teams."""


TEAMS = (
    Team(
        "AMER East", "AMER", "United States", ("New York", "Boston", "Atlanta"), "USD", 1, "en_US"
    ),
    Team("AMER Central", "AMER", "United States", ("Chicago", "Dallas"), "USD", 1, "en_US"),
    Team(
        "AMER West", "AMER", "United States", ("Seattle", "Denver", "San Diego"), "USD", 1, "en_US"
    ),
    Team("AMER Canada", "AMER", "Canada", ("Toronto", "Montréal"), "USD", 1, "en_CA", 0.8),
    Team("EMEA UK & Ireland", "EMEA", "United Kingdom", ("London", "Leeds"), "GBP", 0.7, "en_GB"),
    Team("EMEA DACH", "EMEA", "Germany", ("München", "Köln", "Hamburg"), "EUR", 0.8, "de_DE"),
    Team("EMEA France", "EMEA", "France", ("Paris", "Nîmes", "Lyon"), "EUR", 0.8, "fr_FR", 0.8),
    Team("APAC", "APAC", "Australia", ("Sydney", "Melbourne"), "USD", 1, "en_AU"),
)
REGIONS = ("AMER", "EMEA", "APAC")

FIRST_NAMES = _words(
    "Amelia Ana Andrés Anja Arjun Beatriz Ben Björn Camille Carla Chloé Daniel Dara Elena Emil "
    "Esra Felix Fiona Françoise George Grace Hana Hugo Imani Inês Isaac Ivy Jack Jana Jörg José "
    "Joy Kai Karen Kenji Lara Leila Léa Liam Lucía Mara Marcus Mei Mia Miguel Nadia Naomi Noah "
    "Nora Olga Omar Owen Paul Petra Priya Quinn Rahul René Rosa Ruth Samir Sara Sean Sofia Søren "
    "Tara Theo Tom Uma Vera Victor Wei Will Yara Yusuf Zoë"
)
LAST_NAMES = _words(
    "Abbott Almeida Andersson Bauer Bélanger Bianchi Brandt Brooks Castillo Chandra Clarke Cohen "
    "Côté Dahl Delacroix Diaz Doyle Dufour Eriksen Evans Farouk Fischer Flores Foster Gagné Garcia "
    "Grant Gruber Haddad Hansen Hartmann Hayes Hughes Ibarra Ito Jansen Jones Kaplan Keller Khan "
    "Kim Köhler Kowalski Lambert Larsen Lefèvre Lindqvist Lopez Marchetti Martin Mbeki Meyer "
    "Molina Moreau Müller Murphy Muñoz Nair Nakamura Novak Núñez O'Brien Okafor Olsen Ortega "
    "Patel Pereira Petit Quist Ramos Reyes Rossi Sato Schäfer Schmidt Shah Silva Singh Sørensen "
    "Stewart Suzuki Tanaka Taylor Thompson Tremblay Vance Vargas Vogel Walsh Weber White Wong "
    "Wolski Xu Yilmaz Young Zhang Zimmer"
)
COMPANY_HEADS = _words(
    "Alder Amber Arbor Argent Aster Bayview Beacon Birch Bluehill Bright Cairn Calder Cedar "
    "Clear Cobalt Copper Crest Delta Drift Eastgate Elm Ember Fairway Fern Flint Glen Granite "
    "Harbour Hazel Heath Iron Juniper Kestrel Lark Laurel Linden Maple Marlow Meadow Mercer "
    "Mistral North Oak Onyx Orchard Osprey Pine Quarry Ridge River Rowan Sable Silver Slate "
    "Spruce Stone Summit Swift Tern Thorn Tide Umber Vale Verdant West Willow Wren"
)
COMPANY_TAILS = _words(
    "Analytics Bank Biotech Capital Chemicals Construction Design Distribution Dynamics Electric "
    "Energy Engineering Foods Freight Health Holdings Hotels Insurance Labs Logistics Machines "
    "Materials Media Medical Mining Motors Networks Optics Paper Pharma Plastics Power Retail "
    "Robotics Security Services Shipping Software Steel Systems Telecom Textiles Tools Transport"
)
INDUSTRIES = _words(
    "Banking Biotechnology Chemicals Construction Consulting Electronics Energy Engineering "
    "Healthcare Hospitality Insurance Manufacturing Media Retail Technology Telecommunications "
    "Transportation Utilities"
)
LEGAL_FORMS = {
    "United States": ("Inc.", "LLC", "Corp."),
    "Canada": ("Ltd.", "Inc."),
    "United Kingdom": ("Ltd", "plc"),
    "Germany": ("GmbH", "AG", "GmbH & Co. KG"),
    "France": ("SA", "SAS"),
    "Australia": ("Pty Ltd",),
}
JOB_TITLES = (
    "CFO",
    "CIO",
    "COO",
    "Director of Operations",
    "Head of Data",
    "Head of Finance",
    "IT Manager",
    "Operations Manager",
    "Procurement Manager",
    "VP Engineering",
    "VP Finance",
)
LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
NEXT_STEPS = (
    "Book discovery call",
    "Send recap, agree on next meeting",
    "Demo with the operations team",
    'Security review: "questionnaire" is with IT',
    "Business case with the CFO",
    "Proposal walk-through",
    "Redlines from legal",
    "Signature",
)


def company_name(head: str, tail: str, form: str) -> str:
    """A firm's full name; French ones start with what they are."""
    if form in {"SA", "SAS"}:
        return f"Société {head} {tail} {form}"
    return f"{head} {tail}, {form}" if form == "Inc." else f"{head} {tail} {form}"
