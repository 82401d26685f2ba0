"""Prices by API: the public list, a project's own, models without one, and what clients say their calls cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.unpriced import UnpricedModel, unpriced_models
from backend.api.asked import PROJECT, RangeQuery, query_of, scope_of
from backend.api.authentication import access_of
from backend.detection.choices import Author
from backend.prices.models import FIGURES, MOST_USD, ProjectPrice
from backend.prices.patterns import LONGEST
from backend.prices.setting import own_price, set_price
from backend.projects.access import require_owner
from ingest.prices.comparison import ClientCost, client_costs
from ingest.prices.listing import in_force, listed
from ingest.prices.own import OWN, load
from ingest.prices.table import NONE, Price

_HELP: Final = {
    "input": "Of text that is in no cache.",
    "output": "Of text and of reasoning.",
    "cached_input": "Of what was read from a cache; as `input` where null.",
    "cache_write": "Of what was written to a cache; as `input` where null.",
    "cache_write_hour": "Of what was written to a cache for an hour; as `cache_write` where null.",
    "audio_input": "Null means that calls with audio are unpriced.",
    "audio_output": "As `audio_input`.",
}


def _usd(name: str) -> serializers.FloatField:
    is_needed = name in {"input", "output"}
    return serializers.FloatField(
        required=is_needed, allow_null=not is_needed, min_value=0, max_value=MOST_USD, help_text=_HELP[name]
    )


class Figures(serializers.Serializer[Any]):
    """What a million tokens of each kind cost, in USD."""

    input = _usd("input")
    output = _usd("output")
    cached_input = _usd("cached_input")
    cache_write = _usd("cache_write")
    cache_write_hour = _usd("cache_write_hour")
    audio_input = _usd("audio_input")
    audio_output = _usd("audio_output")


class NewPrice(Figures):
    """A price to set."""

    model = serializers.CharField(
        max_length=LONGEST, help_text="Regular expression (RE2) for the whole name, whatever its case."
    )
    since = serializers.DateField(help_text="First day (UTC) it holds; from 2015, at most 400 days ahead.")


class OwnPriceAnswer(Figures):
    """A price of the project's own; the latest that holds and fits comes before the public list."""

    id = serializers.IntegerField()
    model = serializers.CharField()
    since = serializers.DateField()
    author_name = serializers.CharField(help_text="Who set it; empty where that is not known.")
    created_at = serializers.DateTimeField()


class ListedPrice(Figures):
    """A price of the public list."""

    model = serializers.CharField(help_text="Regular expression for the name without a gateway's prefix.")
    provider = serializers.CharField(help_text="Regular expression; empty where the model's name tells whose it is.")
    since = serializers.DateField()
    until = serializers.DateField(allow_null=True, help_text="From when a later price of the same pattern holds.")
    source = serializers.CharField()  # type: ignore[assignment]  # a field of this name, not the base class's attribute
    checked = serializers.DateField(help_text="Day as of which the figures are known to hold.")


class PriceInForce(Figures):
    """The price that calls of a model cost by."""

    model = serializers.CharField(help_text="Its pattern.")
    since = serializers.DateField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of this name, not the base class's attribute
    is_own = serializers.BooleanField()


class PriceQuery(serializers.Serializer[Any]):
    """What is looked for."""

    search = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=LONGEST,
        help_text="Leaves of the public list what holds for this model, or has these words.",
    )  # fmt: skip
    model = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=LONGEST, help_text="Whose price is `in_force`."
    )
    provider = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST)
    on = serializers.DateField(required=False, help_text="Day (UTC) of `in_force`; today where not given.")


class PriceTable(serializers.Serializer[Any]):
    """All prices, in USD per million tokens."""

    own = OwnPriceAnswer(many=True)
    listed = ListedPrice(many=True)
    in_force = PriceInForce(allow_null=True, help_text="Null where no model is asked about, or it is unpriced.")


class UnpricedAnswer(DataclassSerializer[UnpricedModel]):
    """A model without a price, and how much it was used."""

    class Meta:
        dataclass = UnpricedModel


class UnpricedList(serializers.Serializer[Any]):
    """The twenty that were used most."""

    models = UnpricedAnswer(many=True)


class ClientCostAnswer(DataclassSerializer[ClientCost]):
    """One model's calls whose client told a cost; both costs are of those that have a price here too."""

    class Meta:
        dataclass = ClientCost


class ClientCostList(serializers.Serializer[Any]):
    """Those first whose two costs lie farthest apart; at most a thousand."""

    models = ClientCostAnswer(many=True)


class Prices(APIView):
    """Prices of one project."""

    @extend_schema(operation_id="list_prices", parameters=[PriceQuery, PROJECT], responses=PriceTable)
    def get(self, request: Request) -> Response:
        """List the project's own prices and the public ones, and tell which holds for a model."""
        project = access_of(request).project
        asked = query_of(request, PriceQuery)
        found = None
        if asked["model"]:
            day = asked.get("on", datetime.now(UTC).date())
            found = in_force(asked["provider"], asked["model"], day, load(project.pk).get(project.pk, NONE))
        public = [_listed_as_json(one.price) | {"until": one.until} for one in listed(asked["search"])]
        own = [_own_as_json(row) for row in ProjectPrice.objects.filter(project=project)]
        return Response({"own": own, "listed": public, "in_force": found and _in_force_as_json(found)})

    @extend_schema(
        operation_id="set_price", parameters=[PROJECT], request=NewPrice,
        responses={200: OwnPriceAnswer, 201: OwnPriceAnswer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Set a price; one of the same pattern and day is replaced, and the answer is 200."""
        access = access_of(request)
        require_owner(access)
        new = NewPrice(data=request.data)
        new.is_valid(raise_exception=True)
        said = new.validated_data
        try:
            made, is_new = set_price(access.project, said["model"], said["since"], said, Author.of(request.user).name)
        except ValidationError as fault:
            raise serializers.ValidationError(fault.message_dict) from None
        return Response(_own_as_json(made), status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class PriceView(APIView):
    """One price of the project's own."""

    @extend_schema(operation_id="remove_price", parameters=[PROJECT], responses={204: None})
    def delete(self, request: Request, price_id: int) -> Response:
        """Remove it; what is stored keeps its cost until it is recomputed."""
        access = access_of(request)
        require_owner(access)
        own_price(access.project, price_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class UnpricedModels(APIView):
    """Models without a price."""

    @extend_schema(operation_id="list_unpriced_models", parameters=[RangeQuery, PROJECT], responses=UnpricedList)
    def get(self, request: Request) -> Response:
        """List models whose stored calls have tokens and no cost."""
        access = access_of(request)
        found = unpriced_models(scope_of(access, query_of(request, RangeQuery)))
        return Response({"models": [asdict(one) for one in found]})


class ClientCosts(APIView):
    """Costs by clients."""

    @extend_schema(operation_id="compare_client_costs", parameters=[RangeQuery, PROJECT], responses=ClientCostList)
    def get(self, request: Request) -> Response:
        """Compare what clients say their calls cost with what the prices here make of them."""
        access = access_of(request)
        asked = query_of(request, RangeQuery)
        found = client_costs(access.project.pk, asked["start"], asked["end"], asked["environment"])
        return Response({"models": [asdict(one) for one in found]})


def _figures(price: Price | ProjectPrice) -> dict[str, Any]:
    return {name: getattr(price, name) for name in FIGURES}


def _own_as_json(row: ProjectPrice) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "model", "since", "author_name", "created_at")}
    return told | _figures(row)


def _listed_as_json(price: Price) -> dict[str, Any]:
    told = {name: getattr(price, name) for name in ("model", "provider", "since", "source", "checked")}
    return told | _figures(price)


def _in_force_as_json(price: Price) -> dict[str, Any]:
    told = {name: getattr(price, name) for name in ("model", "since", "source")}
    return told | {"is_own": price.source == OWN} | _figures(price)
