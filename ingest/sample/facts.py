"""What is true in one conversation: order, product, sizes, addresses. Everything is invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final

from ingest.sample.texts import Product, Shop

Facts = dict[str, str]

_CHESTS: Final = ((88, "XS"), (94, "S"), (100, "M"), (108, "L"), (116, "XL"))
_REASONS: Final = ("too small", "too big", "does not suit", "wrong colour", "bought twice")
_GENERIC: Final = ("product", "thing", "piece of gear")  # people who want a refund seldom name the model
_MEANS: Final = ("card", "card", "card", "PayLeaf wallet", "gift card")


def draw_facts(shop: Shop, product: Product, user_id: str, when: datetime, dice: Random) -> Facts:
    """Everything that any template may ask for."""
    facts = {"user": user_id, **_order(shop, when, dice), **_people(shop, dice), **_numbers(shop, dice)}
    return {**facts, **product_facts(shop, product, dice)}


def product_facts(shop: Shop, product: Product, dice: Random) -> Facts:
    """What follows from the product that the conversation is about."""
    size = dice.choice(product.sizes) if product.sizes else "one size"
    others = [item for item in product.sizes if item != size]
    return {
        "product": product.name,
        "kind": product.kind,
        "kinds": product.kind if product.kind.endswith("s") else f"{product.kind}s",
        "item": dice.choices((product.name, product.kind, *_GENERIC), (15, 30, 30, 15, 10))[0],
        "sku": product.sku,
        "price": str(product.price),
        "defect": dice.choice(product.defects),
        "size": size,
        "other_size": dice.choice(others) if others else size,
        "size_item": f"{product.name}, {size}" if product.sizes else product.name,
        "plug": dice.choice([item.name for item in shop.products if item is not product]),
        **_fit(product, dice),
    }


def derive(facts: Facts, dice: Random) -> Facts:
    """What follows from the facts of a case: a unit price from a discount, a serial number from its range."""
    more = dict(facts)
    if "discount" in facts:
        more["unit_price"] = f"{int(facts['price']) * (100 - int(facts['discount'])) / 100:.2f}"
    if "serial_from" in facts and not facts["serial_from"] <= facts["serial"][3:] <= facts["serial_to"]:
        more["serial"] = f"E2-{dice.randint(int(facts['serial_from']), int(facts['serial_to']))}"
    return more


def _order(shop: Shop, when: datetime, dice: Random) -> Facts:
    days = dice.randint(4, 12)
    weekday = dice.choice(shop.setting.weekdays)
    placed = dice.choice([f"on {weekday}", f"{days} days ago", "last week", f"last {weekday}"])
    return {
        "order": f"LF-{dice.randint(20_000, 79_999)}",
        "order2": f"LF-{dice.randint(80_000, 99_999)}",
        "days": str(days),
        "weekday": weekday,
        "placed": placed,
        "placed_date": f"{when - timedelta(days=days):%Y-%m-%d}",
        "started_date": _spoken(when - timedelta(days=dice.randint(1, 4))),
        "eta": _spoken(_working_day(when + timedelta(days=dice.randint(1, 4)))),
        "carrier": dice.choice(shop.setting.carriers),
        "tracking": f"{dice.choice(('NW', 'BL', 'TP'))}{dice.randint(10**8, 10**9 - 1)}",
        "scan": dice.choice(shop.setting.scans),
        "status": "in transit",
        "reason": dice.choice(_REASONS),
        "means": dice.choice(_MEANS),
        "months": str(dice.randint(3, 30)),
    }


def _people(shop: Shop, dice: Random) -> Facts:
    setting = shop.setting
    city, new_city, leak_city = dice.sample(setting.cities, 3)
    street, new_street, leak_street = (f"{dice.randint(2, 190)} {name}" for name in dice.sample(setting.streets, 3))
    words = dice.sample(("pine", "otter", "moss", "cobble", "wren", "drizzle", "flint", "maple"), 2)
    return {
        "city": city,
        "street": street,
        "new_city": new_city,
        "new_street": new_street,
        "new_zip": str(dice.randint(10_000, 98_999)),
        "leak_city": leak_city,
        "leak_street": leak_street,
        "leak_zip": str(dice.randint(10_000, 98_999)),
        "leak_phone": f"({dice.choice((212, 305, 416, 503, 617))}) 555-01{dice.randint(2, 99):02}",
        "leak_email": f"{words[0]}.{words[1]}{dice.randint(2, 89)}@example.com",
        "company": dice.choice(setting.companies),
        "tax_id": f"{dice.randint(10, 98)}-{dice.randint(1_000_000, 9_999_999)}",
        "occasion": dice.choice(setting.occasions),
        "trip": dice.choice(setting.trips),
        "group": dice.choice(setting.groups),
        "store": dice.choice(setting.stores),
    }


def _numbers(shop: Shop, dice: Random) -> Facts:
    code = dice.choice(shop.setting.codes)
    return {
        "code": code,
        "percent": "".join(filter(str.isdigit, code)) or "10",
        "basket": str(dice.randint(60, 240)),
        "valid": "yes",
        "quantity": str(dice.randint(10, 60)),
        "stock": str(dice.randint(2, 30)),
        "store_stock": str(dice.randint(1, 5)),
        "serial": f"E2-{dice.randint(40_000, 51_999)}",
        "affected": "yes",
        "gear": "",
        "invoice": f"INV-{dice.randint(100_000, 999_999)}",
        "return_id": f"R-{dice.randint(100_000, 999_999)}",
        "claim_id": f"W-{dice.randint(10_000, 99_999)}",
        "quote": f"Q-{dice.randint(1_000, 9_999)}",
        "ticket": f"T-{dice.randint(10_000, 99_999)}",
    }


def _fit(product: Product, dice: Random) -> Facts:
    height, chest = dice.randint(158, 196), dice.randint(83, 115)
    torso = round(height * 0.27)
    usual = dice.choice(("38", "39", "40", "41", "42", "43", "44"))
    clothing = next(size for limit, size in _CHESTS if chest < limit)
    advised = {
        "boots": f"{usual}.5",
        "trail shoes": usual,
        "backpack": "S/M" if torso <= 46 else "M/L",
        "sleeping bag": "Regular" if height <= 183 else "Long",
    }.get(product.kind, clothing)
    return {
        "height": str(height),
        "chest": str(chest),
        "torso": str(torso),
        "usual": usual,
        "advised": advised,
        "fit_reason": product.fit,
    }


def _working_day(when: datetime) -> datetime:
    while when.weekday() >= 5:
        when += timedelta(days=1)
    return when


def _spoken(when: datetime) -> str:
    return f"{when:%A}, {when:%B} {when.day}"
