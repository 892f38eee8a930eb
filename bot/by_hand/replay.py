"""`python -m bot replay ID`: a stored call of the language model, and its reply read again today."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from bot import locales
from bot.by_hand.loading import loaded
from bot.chat.call_words import call_sections
from bot.operations.model_books import calls_about
from bot.settings import Settings
from bot.wiring.reflection import own_prompt
from core.domain.krx import KST
from core.domain.model_calls import CallAbout, ModelCall, Purpose
from core.domain.prompts import DECISION_PROMPT
from core.errors import ConfigurationError, DataError, ModelError, ModelFault
from core.llm.dialogue import ToolDialogue
from core.llm.factors_tool import FACTORS_TOOL, factors_spec, parse_factors
from core.llm.plan_tool import REVIEW_TOOL, parse_review, review_spec
from core.llm.versions import plan_version, version_of
from core.ports.model import ChatModel, ReplyEnd, ToolCall
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.recorded_calls import had_tools, messages_of, reply_of
from storage.engine import Database
from storage.migrations import check_revision
from storage.model_calls import SqlModelCallArchive
from storage.opening import has_database
from storage.prompts import SqlPromptArchive

# As calls name it, or all digits of the decision prompt as plans do.
_PROMPT = re.compile(r"(?:(?P<name>[a-z_]+):)?(?P<sha256>[0-9a-f]{12}|[0-9a-f]{64})")


async def replay(subject: str, *, live: bool) -> list[str]:
    """Return each stored call about `subject` (a call, ticket or order id) with its reply reread.

    A `subject` that is a version of instructions (plan:0a1b…, or the hash in a plan) returns their
    text as it was then.
    The recorded reply is put through today's schemas, as if the model had said it now; no tool
    runs and nothing is proposed. With `live` the model is asked once more with the recorded
    inputs, within the budget. Raises DataError when nothing is known, ConfigurationError when
    `live` has no key or the bot is in a sandbox, ModelError when the model fails.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    async with _database(settings, phrases, read_only=not live) as database:
        if named := _PROMPT.fullmatch(subject.strip()):
            return await _instructions(database, named, phrases)
        archive = SqlModelCallArchive(database)
        calls = await calls_about(archive, subject.strip().upper())
        if not calls:
            raise DataError(phrases.say("model.replay_unknown", subject=subject))
        lines: list[str] = []
        for call in calls:
            lines += _told(call, phrases, _version_today(call.purpose, settings))
            if live:
                lines += await _asked_again(settings, archive, call, phrases)
    return lines


async def _instructions(database: Database, named: re.Match[str], phrases: Phrases) -> list[str]:
    """Return the text behind a version of a call (plan:0a1b…) or the hash of a plan."""
    archive = SqlPromptArchive(database)
    found = await archive.prompt(named["name"] or DECISION_PROMPT, named["sha256"])
    if found is None:
        raise DataError(phrases.say("model.prompt_unknown", subject=named.group()))
    at = f"{found.first_used_at.astimezone(KST):%Y-%m-%d %H:%M}"
    head = phrases.say("model.prompt_head", name=found.name, sha256=found.sha256, at=at)
    return [head, *found.text.splitlines()]


@asynccontextmanager
async def _database(
    settings: Settings, phrases: Phrases, *, read_only: bool
) -> AsyncIterator[Database]:
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    database = Database(settings.database, read_only=read_only)
    try:
        await check_revision(database)
        yield database
    finally:
        await database.close()


def _told(call: ModelCall, phrases: Phrases, now: str) -> Iterator[str]:
    for section in call_sections((call,), phrases):
        yield section.title
        for line in section.lines:
            yield f"  {line}"
    if now:
        key = "same" if now == call.prompt_version else "differs"
        yield f"  {phrases.say(f'model.replay_version_{key}', version=now)}"
    _text, tool_calls = reply_of(call.reply)
    for tool_call in tool_calls:
        yield f"  {_read_again(tool_call, phrases)}"


def _version_today(purpose: Purpose, settings: Settings) -> str:
    """Return what instructions and tools are called today; empty where they hold the day's own text."""
    if purpose is Purpose.ANSWER:
        return ToolDialogue().version("session")
    if purpose is Purpose.REFLECT:
        return version_of("factors")
    return plan_version(own_prompt(settings).text()) if purpose is Purpose.PLAN else ""


_READERS: Mapping[str, Callable[[ToolCall], object]] = {
    REVIEW_TOOL: parse_review,
    FACTORS_TOOL: parse_factors,
}


def _read_again(call: ToolCall, phrases: Phrases) -> str:
    ask: object
    try:
        ask = _READERS.get(call.name, ToolDialogue().parse)(call)
    except ModelError as error:
        return phrases.say("model.replay_unreadable", name=call.name, reason=str(error))
    return phrases.say("model.replay_read", ask=repr(ask))


async def _asked_again(
    settings: Settings, archive: SqlModelCallArchive, call: ModelCall, phrases: Phrases
) -> list[str]:
    """Ask the model with the recorded inputs and say whether the reply is the same."""
    from bot.wiring.model import metered_of, models_of

    if call.is_dropped:
        raise DataError(phrases.say("model.replay_dropped", call=call.call_id))
    if settings.sandbox_url:
        raise ConfigurationError(phrases.say("model.replay_sandbox"))
    if not settings.openai_api_key.get_secret_value():
        raise ConfigurationError(phrases.say("model.replay_no_key"))
    client = models_of(settings, settings.openai_base_url or None)
    model = metered_of(settings, client, archive, SystemClock(), _told_to_nobody)
    about = CallAbout(
        purpose=Purpose.REPLAY, prompt_version=call.prompt_version, thread_id=call.thread_id
    )
    try:
        now, tool_calls = await _answer(model, call, about)
    finally:
        await client.close()
    text, before = reply_of(call.reply)
    is_same = (text, _shape(before)) == (now, _shape(tool_calls))
    lines = [phrases.say("model.replay_same" if is_same else "model.replay_other")]
    if now:
        lines.append(phrases.say("model.call_said", text=now))
    lines += [
        phrases.say("model.call_tool", name=one.name, arguments=one.arguments) for one in tool_calls
    ]
    return [f"  {line}" for line in lines]


async def _answer(
    model: ChatModel, call: ModelCall, about: CallAbout
) -> tuple[str, tuple[ToolCall, ...]]:
    """Return what the model that was asked says now: without tools it was the small one."""
    messages = messages_of(call.inputs)
    if not had_tools(call.inputs):
        return await model.complete(messages, call.completion_tokens, about), ()
    said: list[str] = []
    tool_calls: tuple[ToolCall, ...] = ()
    own = {Purpose.PLAN: (review_spec(),), Purpose.REFLECT: (factors_spec(),)}
    tools = own.get(call.purpose, ToolDialogue().specs())
    async for part in model.stream(messages, tools, about):
        if isinstance(part, ReplyEnd):
            tool_calls = part.tool_calls
        else:
            said.append(part.text)
    return "".join(said), tool_calls


def _shape(calls: tuple[ToolCall, ...]) -> list[tuple[str, str]]:
    """Return what matters of calls: their ids differ from time to time."""
    return [(call.name, call.arguments) for call in calls]


async def _told_to_nobody(fault: ModelFault, until: datetime) -> None:
    """One call by hand is no series of failures."""
