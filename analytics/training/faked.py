"""Names, towns, streets and other values by Faker, for sentences to train on."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from backend.names.features import fold

LOCALES: Final = (
    "en_US", "en_US", "en_US", "en_GB", "en_GB", "en_CA", "en_AU", "en_IN", "en_NG", "de_DE", "de_AT", "de_CH", "fr_FR",
    "fr_CH", "es_ES", "es_MX", "it_IT", "nl_NL", "nl_BE", "pt_BR", "pt_PT", "sv_SE", "da_DK", "no_NO", "fi_FI", "is_IS",
    "pl_PL", "cs_CZ", "sk_SK", "hu_HU", "hr_HR", "sl_SI", "ro_RO", "tr_TR", "et_EE", "lt_LT", "lv_LV", "id_ID", "vi_VN",
    "fil_PH", "ga_IE", "el_GR", "ru_RU", "uk_UA", "bg_BG",
)  # fmt: skip
"""Whose names are used, the more often the more often they stand here."""
_ROMAN: Final = (
    "ja_JP", "zh_CN", "ko_KR", "hi_IN", "ar_AA", "sw", "yo_NG", "zu_ZA", "az_AZ", "sq_AL", "mt_MT", "uz_UZ", "ha_NG",
    "ne_NP", "en_PK", "en_KE",
)  # fmt: skip
_TITLES: Final = ("Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Mrs", "Ms", "Dr", "Miss", "Prof.", "Sir")
_UNITS: Final = ("Apt. {}", "Suite {}", "Unit {}", "Flat {}", "Room {}", "#{}", "Floor {}", "2nd floor", "Apartment {}")


class Faked:
    """Values by slot."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.things: list[str] = []
        self.verbs: list[str] = []
        self.syllables: list[str] = []

    def value(self, slot: str, locale: str) -> tuple[str, int]:
        """Give a value, and how many of its first signs are a title and no part of the name."""
        if slot == "P":
            return self._person(locale)
        if slot == "T":
            title = self._dice.choice(_TITLES)
            return f"{title} {self._last(locale)}", len(title) + 1
        return self._simple(slot, locale), 0

    def _simple(self, slot: str, locale: str) -> str:
        dice = self._dice
        if slot in "FLSABC":
            made = {
                "F": self._first, "L": self._last, "S": self._street, "A": self._address, "B": self._block,
                "C": self._town,
            }[slot]  # fmt: skip
            return made(locale)
        fake = _faker("en_US")
        if slot == "K":
            return str(fake.country())
        if slot == "N":
            return str(dice.choice((dice.randint(1, 99), dice.randint(100, 9_999), dice.randint(10**6, 10**9))))
        if slot == "D":
            return str(
                dice.choice((fake.day_of_week, fake.month_name, fake.date, lambda: fake.date("%B %d, %Y"), fake.year))()
            )
        if slot in "XV":
            return dice.choice(self.things if slot == "X" else self.verbs)
        if slot == "G":
            return self._brand()
        if slot in "HW":
            other = _faker("en_US" if locale == "fil_PH" else locale)
            return str(other.phone_number() if slot == "H" else other.postcode())
        return str({"O": fake.company, "M": fake.email}[slot]())

    def _brand(self) -> str:
        """A word that means nothing, as firms and films call themselves."""
        dice = self._dice
        made = "".join(dice.choice(self.syllables) for _ in range(dice.randint(2, 3)))
        made = made[:1].upper() + made[1:]
        kind = dice.random()
        if kind < 0.1:
            return made.upper()
        return made + (
            f" {dice.choice(self.things)}" if kind < 0.2 else dice.choice(("ly", "ify", "soft", "tech", "Hub", ""))
        )

    def _person(self, locale: str) -> tuple[str, int]:
        dice, first, last = self._dice, self._first(locale), self._last(locale)
        how = dice.random()
        if how < 0.6:
            return f"{first} {last}", 0
        if how < 0.7:
            return f"{first} {dice.choice('ABCDEFGHJKLMNPRSTW')}{dice.choice(('.', '.', ''))} {last}", 0
        if how < 0.75:
            return f"{first} {last}-{self._last(locale)}", 0
        if how < 0.8:
            return f"{first} {self._first(locale)} {last}", 0
        if how < 0.85:
            return f"{first} {last.upper()}", 0
        if how < 0.9:
            title = dice.choice(_TITLES)
            return f"{title} {first} {last}", len(title) + 1
        return (first if how < 0.95 else last), 0

    def _first(self, locale: str) -> str:
        fake = _faker(self._roman(locale))
        return str(fake.first_romanized_name() if hasattr(fake, "first_romanized_name") else fake.first_name()).split(
            "/"
        )[0]

    def _last(self, locale: str) -> str:
        fake = _faker(self._roman(locale))
        return str(fake.last_romanized_name() if hasattr(fake, "last_romanized_name") else fake.last_name())

    def _roman(self, locale: str) -> str:
        return self._dice.choice(_ROMAN) if self._dice.random() < 0.12 else locale

    def _town(self, locale: str) -> str:
        town = str(_faker(locale).city())
        return town.upper() if self._dice.random() < 0.08 else town

    def _street(self, locale: str) -> str:
        dice, fake = self._dice, _faker(locale)
        kind = dice.random()
        if kind < 0.5:
            street = " ".join(str(fake.street_address()).split())
        else:
            name, number = " ".join(str(fake.street_name()).split()), dice.randint(1, dice.choice((30, 300, 9_999)))
            street = f"{number} {name}" if kind < 0.75 else f"{name} {number}"
        if dice.random() < 0.12:
            street = f"{dice.randint(1, 999)} {street}"
        if dice.random() < 0.3:
            street += dice.choice((", ", " ")) + dice.choice(_UNITS).format(dice.randint(1, 999))
        return street

    def _parts(self, locale: str) -> list[str]:
        dice, fake = self._dice, _faker(locale)
        if dice.random() < 0.05:
            base = dice.choice(
                (
                    f"USS {self._last(locale)}",
                    f"Unit {dice.randint(100, 9_999)} Box {dice.randint(10, 9_999)}",
                    f"PO Box {dice.randint(10, 9_999)}",
                    f"PSC {dice.randint(100, 9_999)}, Box {dice.randint(10, 9_999)}",
                )
            )
            return [
                base,
                f"{dice.choice('AFD')}PO A{dice.choice('AEP')} {dice.randint(10_000, 99_999)}",
            ]
        code, town, country = str(fake.postcode()), self._town(locale), _faker("en_US").country()
        ways: tuple[list[str], ...] = (
            [f"{code} {town}"], [f"{town} {code}"], [town, code], [town, country], [f"{code} {town}", country],
            [town, f"{country} {code}"], [town],
            [town, f"{dice.choice('ABCDEFGHIKLMNOPRSTUVW')}{dice.choice('AEILNRTY')} {code}"],
        )  # fmt: skip
        return [self._street(locale), *dice.choice(ways)]

    def _address(self, locale: str) -> str:
        return self._dice.choice((", ", ", ", " ", "\n")).join(self._parts(locale))

    def _block(self, locale: str) -> str:
        return self._dice.choice(("\n", "\n", "\n ", "\n\n")).join(self._parts(locale))


@cache
def _faker(locale: str) -> Any:
    from faker import Faker

    made: Any = Faker(locale, use_weighting=False)
    made.seed_instance(20261128)
    return made


def lists(common: Iterable[str], streets: Iterable[str]) -> dict[str, list[str]]:
    """Give the lists that ship with the finder: folded words, by the list's name."""
    first: set[str] = set()
    last: set[str] = set()
    towns: set[str] = set()
    for locale in sorted({*LOCALES, *_ROMAN}):
        people = _provider("person", locale)
        for kept, names in (
            (first, ("first_names", "first_names_male", "first_names_female", "first_romanized_names")),
            (last, ("last_names", "last_names_male", "last_names_female", "last_romanized_names", "prefix_last")),
        ):
            for name in names:
                kept |= {fold(word) for one in getattr(people, name, None) or () for word in str(one).split()}
        places = _provider("address", locale)
        for name in ("cities", "city_names", "towns", "states", "provinces"):
            for one in getattr(places, name, None) or ():
                towns |= {fold(word) for word in str(one[-1] if isinstance(one, (tuple, list)) else one).split()}
    countries = {fold(word) for one in _provider("address", "en_US").countries for word in str(one).split()}
    usual = set(common)
    short = {word for word in first | last | towns | countries if len(word) < 2 or not word[0].isalpha()}
    return {
        "first": sorted(first - short), "last": sorted(last - short), "town": sorted(towns - short - usual),
        "country": sorted(countries - short - usual), "street": sorted(set(streets)), "common": sorted(usual),
    }  # fmt: skip


def _provider(kind: str, locale: str) -> Any:
    try:
        return importlib.import_module(f"faker.providers.{kind}.{locale}").Provider
    except ModuleNotFoundError:
        return object
