"""The part of the graph that is the language model: bare, metered, or our own rules."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from bot.operations.model_books import ModelBooks
from bot.settings import Settings
from bot.wiring.foundations import Stores, World
from core.domain.krx import KST
from core.domain.prompts import prompt_of
from core.domain.tickets import Author
from core.errors import ModelFault
from core.llm.analyst import OfflineAnalyst
from core.llm.openai_model import OpenAIModels, OpenAISettings
from core.llm.planner import ModelPlanner, OfflinePlanner
from core.llm.reflector import ModelReflector
from core.llm.versions import NAMES, text_of
from core.ports.clock import Clock
from core.ports.model import ChatModel
from core.ports.model_calls import ModelCallArchive
from core.ports.outbox import Outbox
from core.ports.phrases import Phrases
from core.ports.planning import Planner
from core.ports.prompts import PromptArchive, PromptSource
from core.ports.reflecting import Reflector
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.metered_model import FAILURES_MAX, MeteredModel, ModelTerms, ToldOfRest


@dataclass(frozen=True, slots=True, kw_only=True)
class Talkers:
    """Who answers. `metered` is None without a key: then the analyst is all there is."""

    metered: MeteredModel | None
    analyst: OfflineAnalyst
    books: ModelBooks

    @property
    def model(self) -> ChatModel:
        """The one that answers when all is well."""
        return self.metered or self.analyst

    def planner(self, locale: str, prompt: PromptSource) -> Planner:
        """Return who looks at the day's plan by `prompt`, in the language of `locale`."""
        if self.metered is None:
            return OfflinePlanner(prompt=prompt)
        return ModelPlanner(model=self.metered, locale=locale, prompt=prompt)

    def reflector(self, locale: str) -> Reflector | None:
        """Return who looks for the factors of a week, None without a model."""
        return None if self.metered is None else ModelReflector(model=self.metered, locale=locale)

    @property
    def author(self) -> Author:
        """How its proposals are signed."""
        return Author.ANALYST if self.metered is None else Author.MODEL


async def open_talkers(
    stack: AsyncExitStack, world: World, stores: Stores, outbox: Outbox
) -> Talkers:
    """Return the given model within its budget, and our own rules."""
    settings = world.settings
    await keep_prompts(stores.prompts, world.clock.now())
    analyst = OfflineAnalyst(world.languages, settings.locale)
    metered: MeteredModel | None = None
    if settings.openai_api_key.get_secret_value():
        client = models_of(settings, world.model_url)
        stack.push_async_callback(client.close)
        told = _tells(outbox, world.phrases)
        metered = metered_of(settings, client, stores.calls, world.clock, told)
    books = ModelBooks(
        archive=stores.calls,
        clock=world.clock,
        budget=settings.model_budget,
        price=settings.model_price,
        flash_price=settings.flash_price,
        model=metered,
    )
    return Talkers(metered=metered, analyst=analyst, books=books)


async def keep_prompts(archive: PromptArchive, now: datetime) -> None:
    """Store the instructions in force, so that the text behind each hash can be read later."""
    for name in NAMES:
        await archive.keep(prompt_of(name, text_of(name), now))


def models_of(settings: Settings, url: str | None) -> OpenAIModels:
    """Return the client of the provider at `url` (None: the vendor's own)."""
    return OpenAIModels(
        OpenAISettings(
            api_key=settings.openai_api_key.get_secret_value(),
            model=settings.openai_model,
            flash_model=settings.openai_flash_model,
            base_url=url,
            temperature=settings.model_temperature,
            reply_tokens=settings.openai_reply_tokens,
            total_seconds=float(settings.openai_timeout_seconds),
        )
    )


def metered_of(
    settings: Settings,
    client: OpenAIModels,
    archive: ModelCallArchive,
    clock: Clock,
    told: ToldOfRest,
) -> MeteredModel:
    """Return the model that stores every call and keeps within the day's budget."""
    terms = ModelTerms(
        budget=settings.model_budget,
        price=settings.model_price,
        flash_price=settings.flash_price,
        reply_tokens=settings.openai_reply_tokens,
    )
    return MeteredModel(client, archive, clock, SystemIdentifiers(), terms, told)


def model_label(talkers: Talkers, phrases: Phrases) -> str:
    """Return what /status says of the model: its name, and whether it is left alone now."""
    metered = talkers.metered
    until = metered.resting_until if metered else None
    if until is None:
        return talkers.model.name
    at = f"{until.astimezone(KST):%H:%M}"
    return phrases.say("model.resting", model=talkers.model.name, until=at)


def _tells(outbox: Outbox, phrases: Phrases) -> ToldOfRest:
    async def told(fault: ModelFault, until: datetime) -> None:
        text = phrases.say(
            "model.rest_text",
            count=FAILURES_MAX,
            reason=phrases.say(f"model.fault_{fault.value}"),
            until=f"{until.astimezone(KST):%H:%M}",
        )
        await outbox.alert(phrases.say("model.rest_title"), text)

    return told
