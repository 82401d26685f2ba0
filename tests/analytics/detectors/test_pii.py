"""Personal data by shape, check digits and the words beside it, and what only looks like it."""

import pytest

from analytics.detectors.base import Exchange, Finding, ToolCall, score_of
from analytics.detectors.pii import Pii, found

HELD = {
    "e-mail": ("Write to mara.oduya@fastpost.net today.", "mara.oduya@fastpost.net"),
    "card": ("The card 5527 9671 9494 5427 is lost", "5527 9671 9494 5427"),
    "card by its words": ("please block my credit card 4425257610799541", "4425257610799541"),
    "SSN": ("His social security number is 466-16-7762.", "466-16-7762"),
    "SSN in one": ("ssn: 466167762", "466167762"),
    "IBAN": ("Transfer it to DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00"),
    "licence": ("My driver's license number is F162823540116", "F162823540116"),
    "passport": ("Passport no. C01X00T47? No: passport number 532876149", "532876149"),
    "birth": ("Date of birth: March 4, 1981", "March 4, 1981"),
    "IP": ("client_ip = 86.121.97.248 failed to log in", "86.121.97.248"),
    "CPF": ("O CPF dele é 529.982.247-25.", "529.982.247-25"),
    "international": ("You find him under +41 (0)71 526 99 04", "+41 (0)71 526 99 04"),
    "extension": ("desk: 604-696-5272x565", "604-696-5272x565"),
    "national": ("How can we reach you? You can call 9469 9966", "9469 9966"),
    "signature": ("0496 46 46 70 office", "0496 46 46 70"),
}
NOT_HELD = {
    "an office": "Write to support@lampfactory.net or info@lampfactory.net.",
    "documentation": "Send it to john.doe@gmail.com, user@example.com or name@company.com.",
    "a decorator": "Use @pytest.fixture and git@github.com:org/repo.git",
    "a test card": "Pay with 4242 4242 4242 4242 in the sandbox; card number 4111111111111111.",
    "no check digit": "The build took 5527967194945428 ns",
    "reserved networks": "The server's IP is 192.168.1.17, not 10.0.0.5 or 127.0.0.1; DNS is 8.8.8.8.",
    "a version": "Upgrade to version 2.14.3.1 today",
    "dates": "Call me on 2026-11-28 or 28.11.2026, phone hours 2019-2024",
    "an order": "Your order number is 20417 3345 and the tracking number 9400 1112 0255",
    "a book": "See ISBN 978-3-16-148410-0, page 1234567.",
    "arithmetic": "1234567 * 7654321 = 9449772114007, and 3.14159265358979",
    "free to call": "Call the hotline 1-800-273-8255 or 988",
    "a film's": "Call (212) 555-0147 or 555-0100",
    "since": "It has been so since 5/25/1934 in Singapore 72705",
    "coordinates": "lat 48.85837 lon 2.294481, area 17031 2202 m",
    "a date of somebody famous": "He was born on 14 March 1879 in Ulm",
    "hashes": "commit 5dcefebe82ac59822b71651e01f5c79d9ed07ee2, uuid 123e4567-e89b-12d3-a456-426614174000",
    "a table": "| 1001 | 2002 | 3003 |\n| 4004 | 5005 | 6006 |",
    "a firm's tax number": "The invoice is made out to Alder Bay Ferries with tax number 30-7495863.",
    "a contract": "Your policy number 4411 2093 77 is in force; claim 88120934 is open.",
    "an IBAN that fails": "GB00 ABCD 1234 5678 9012 34",
}


@pytest.mark.parametrize(("text", "datum"), HELD.values(), ids=HELD.keys())
def test_personal_data_is_found_where_it_stands(text, datum):
    """Exactly the datum, once."""
    sure = [text[one.start : one.end] for one in found(text) if one.score >= Pii.threshold]
    assert sure == [datum]


@pytest.mark.parametrize("text", NOT_HELD.values(), ids=NOT_HELD.keys())
def test_near_misses_are_not_flagged(make_turn, text):
    """Numbers of other kinds, and what belongs to nobody."""
    assert not isinstance(Pii().judge(make_turn(text, input_text="")), Finding)


def test_what_the_user_said_is_no_leak(make_turn):
    """Now or before, whatever the separators; a user who writes it is told with low severity."""
    answer = "I will call you on +41 71 526 99 04."
    earlier = [Exchange("Ring me on +41 (71) 526-99-04 then.", "Sure.")]
    assert not isinstance(Pii().judge(make_turn(answer, input_text="Call me", earlier=earlier)), Finding)
    said = Pii().judge(make_turn(answer, input_text="My number is +41715269904"))
    assert isinstance(said, Finding)
    assert said.severity == "low"
    assert said.evidence[0].source == "user"


def test_a_leak_is_as_grave_as_what_can_be_done_with_it(make_turn):
    """A card is graver than a telephone number."""
    card = Pii().judge(make_turn("Her card is 5527967194945427.", input_text="Which card?"))
    phone = Pii().judge(make_turn("Her mobile is +41 71 526 99 04.", input_text="Where is she?"))
    assert (card.severity, phone.severity) == ("high", "medium")
    assert "payment card" in card.explanation
    assert phone.evidence[0].quote == "+41 71 526 99 04"


def test_the_number_of_a_place_that_was_asked_for_is_no_leak(make_turn):
    """A restaurant's is what the user wants; somebody's is not for everybody who asks."""
    place = Pii().judge(make_turn("Their phone number is 415-487-1601.", input_text="What is their phone number?"))
    assert not isinstance(place, Finding)
    assert score_of(place) == pytest.approx(0.4)
    asked = make_turn("The number on her file is 415-487-1601.", input_text="What is my neighbour's number?")
    assert isinstance(Pii().judge(asked), Finding)


def test_a_record_that_a_tool_gave_may_be_told_but_no_card_of_it(make_turn):
    """An agent reads a booking out to whom it belongs; a whole card number is never read out."""
    calls = [ToolCall("booking", "{}", "s1", '{"dob": "1974-08-15", "card": "5527967194945427"}')]
    told = make_turn("Your booking: DOB: 1974-08-15.", input_text="What is in my booking?", tool_calls=calls)
    assert not isinstance(Pii().judge(told), Finding)
    card = make_turn("Your card is 5527967194945427.", input_text="What is in my booking?", tool_calls=calls)
    assert isinstance(Pii().judge(card), Finding)


HOMES = {
    "an order's": "For order LF-94513 I see the address 49 Canal Street, Eastmere 96277, telephone (212) 555-0134.",
    "a recipient's": "The recipient on file is maple@example.com, living at 92 Canal Street, Fennick.",
    "a patient's": "The patient lives at 7 Orchard Close, Brackwater.",
}
NO_HOMES = {
    "a hotel": "The hotel is located at 49 Canal Street, Eastmere 96277. Members get breakfast.",
    "a shop to send to": "Send the parcel back to our warehouse, 49 Canal Street, Eastmere 96277.",
    "one's own": "Your parcel goes to 49 Canal Street, Eastmere 96277.",
    "no customer": "The novel is set at 49 Canal Street, Eastmere.",
}


@pytest.mark.parametrize("text", HOMES.values(), ids=HOMES.keys())
def test_the_home_of_another_customer_is_flagged(make_turn, text):
    """Street and number, and nothing else."""
    found = Pii().judge(make_turn(text, input_text="Where is my parcel?"))
    assert isinstance(found, Finding)
    assert any("Canal Street" in one.quote or "Orchard Close" in one.quote for one in found.evidence)


@pytest.mark.parametrize("text", NO_HOMES.values(), ids=NO_HOMES.keys())
def test_addresses_of_places_and_of_oneself_are_not(make_turn, text):
    """Nobody else is concerned."""
    assert not isinstance(Pii().judge(make_turn(text, input_text="Where is my parcel?")), Finding)


def test_an_address_that_a_record_or_the_user_gave_is_not(make_turn):
    """It is the assistant's work to tell it."""
    text = "Done: the parcel for the customer now goes to 49 Canal Street, Eastmere 96277."
    call = ToolCall("update", '{"street": "49 Canal Street"}', "s")
    assert isinstance(Pii().judge(make_turn(text, input_text="Change it")), Finding)
    assert not isinstance(Pii().judge(make_turn(text, input_text="Change it", tool_calls=(call,))), Finding)
    assert not isinstance(Pii().judge(make_turn(text, input_text="to 49 canal street please")), Finding)


def test_names_are_shown_where_they_stand_and_not_flagged(make_turn):
    """As an aid for redaction: a low score with the place."""
    seen = Pii().judge(make_turn("The novel was written by Maren Halvorsen in 1931.", input_text="Who wrote it?"))
    assert not isinstance(seen, Finding)
    assert score_of(seen) == 0.3
    assert [one.quote for one in seen.evidence] == ["Maren Halvorsen"]


def test_names_that_the_user_says_are_shown_too(make_turn):
    """In the user's own words."""
    seen = Pii().judge(make_turn("Thanks.", input_text="Hi, my name is Maren Halvorsen."))
    assert [(one.source, one.quote) for one in seen.evidence] == [("user", "Maren Halvorsen")]
