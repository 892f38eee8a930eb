"""The language model, which may be left out."""

from __future__ import annotations

from bot.onboarding.addresses import Addresses
from bot.onboarding.interview import TRIES_MAX, Interview
from bot.operations.model_rest import ListFault, ModelsUnlisted
from bot.settings import Settings


def ask_model(interview: Interview, addresses: Addresses) -> None:
    """Ask for a key; without one the rules answer, and nothing is lost but the conversation."""
    for _ in range(TRIES_MAX):
        key = interview.secret("OPENAI_API_KEY", "model_key", lambda _: None, optional=True)
        if not key:
            interview.terminal.note(interview.say("model_none"))
            return
        if interview.is_offline or _is_taken(interview, addresses, key):
            return
        if not interview.terminal.agree(interview.say("model_again"), default=True):
            return


def _is_taken(interview: Interview, addresses: Addresses, key: str) -> bool:
    """Whether the server takes the key, or cannot say."""
    base_url = interview.now("OPENAI_BASE_URL")
    try:
        names = interview.waited("model_busy", addresses.models(key, base_url))
    except ModelsUnlisted as refused:
        sentence = interview.phrases.say(f"doctor.model_{refused.fault.value}")
        if refused.fault is ListFault.KEY:
            interview.terminal.bad(sentence)
            return False
        interview.terminal.note(sentence)
        return True
    wanted = interview.now("OPENAI_MODEL") or str(Settings.model_fields["openai_model"].default)
    if wanted in names:
        interview.terminal.good(interview.say("model_good", model=wanted))
    else:
        interview.terminal.note(interview.say("model_unlisted", model=wanted))
    return True
