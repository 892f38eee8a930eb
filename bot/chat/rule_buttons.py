"""✅, ❌ and ↩️ under a proposal of a rule. They carry its id: a restart loses nothing."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, host_of, refused, tell
from bot.chat.rows import button_row
from bot.chat.text import clip, harmless, label, one_line
from bot.week_words import rule_heading
from core.domain.rule_proposals import Answer, Decided, ProposalKind, ProposalState, RuleProposal
from core.domain.rule_wishes import RuleNote
from core.domain.rules import RuleState
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.services.rules.desk import rule_called
from core.services.rules.evidence_words import left_words
from core.services.rules.proposal_words import answered

_LOG = structlog.get_logger(__name__)
_STYLES = {
    "take": discord.ButtonStyle.success,
    "leave": discord.ButtonStyle.secondary,
    "back": discord.ButtonStyle.danger,
}
# What a proposal must be for a press on it to put a rule in force.
_BEGINS = {
    "take": (ProposalKind.ADOPT, ProposalState.OPEN),
    "back": (ProposalKind.RETIRE, ProposalState.ACCEPTED),
}
_SIGNS = {"take": "✅", "leave": "❌", "back": "↩️"}
# Two buttons each; the rest of a row would be torn apart.
PROPOSALS_PER_ROW = 2
LINE_MAX = 300
TOLD_MAX = 600


class RuleButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"g1:(?P<word>take|leave|back):(?P<proposal>P[1-9][0-9]{0,8})"),
):
    """One answer to one proposal; an owner's only."""

    def __init__(
        self, word: str, proposal_id: str, text: str = "?", row: int | None = None
    ) -> None:
        super().__init__(
            discord.ui.Button(
                style=_STYLES[word],
                label=label(text, 80),
                emoji=_SIGNS[word],
                custom_id=f"g1:{word}:{proposal_id}",
                row=row,
            )
        )
        self.word, self.proposal_id = word, proposal_id

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> RuleButton:
        """Rebuild the button from its custom_id."""
        return cls(match["word"], match["proposal"])

    async def callback(self, interaction: Interaction) -> None:
        """Do it, and say it to everybody; what cannot be done is said to who pressed."""
        if await refused(interaction, Right.OWN):
            return
        await interaction.response.defer()
        host = host_of(interaction)
        try:
            if await self._counts(host):
                # The first count of a day reads years of prices in a process of its own.
                await tell(interaction, host.words(interaction).say("weeks.rule_counting"))
            decided = await self._answered(host, str(interaction.user.id))
        except TradingError:
            _LOG.exception("press failed", user=interaction.user.id)
            await tell(interaction, host.words(interaction).say("chat.failed"))
            return
        proposal = decided.proposal
        if decided.answer is not Answer.DONE or proposal is None:
            await tell(interaction, self._nothing_done(decided, host.words(interaction)))
            return
        phrases = host.services.public
        text = phrases.say(
            self._done(proposal, host),
            who=harmless(clip(interaction.user.display_name, 40)),
            id=self.proposal_id,
            rule=proposal.rule_id,
            heading=one_line(rule_heading(proposal, phrases), LINE_MAX),
        )
        text = "\n".join((text, *left_words(decided, phrases)))
        if self.word == "take":
            back = RuleButton("back", self.proposal_id, _label("back", proposal, phrases))
            await interaction.followup.send(text, view=button_row(back))
        else:
            await interaction.followup.send(text)

    async def _counts(self, host: ChatHost) -> bool:
        """Whether a rule would begin to be kept: what purchases it leaves is then counted again."""
        proposal = await host.services.rule_proposals.proposal(self.proposal_id)
        return proposal is not None and (proposal.kind, proposal.state) == _BEGINS.get(self.word)

    def _done(self, proposal: RuleProposal, host: ChatHost) -> str:
        """Return the key of what is said to everybody."""
        key = f"weeks.rule_done_{self.word}_{proposal.kind.value}"
        if self.word != "back" or proposal.kind is ProposalKind.ADOPT:
            return key
        rule = rule_called(host.services.rules.rules, proposal.rule_id)
        is_off = rule is not None and rule.state is RuleState.DISABLED
        return f"{key}_off" if is_off else key

    def _nothing_done(self, decided: Decided, phrases: Phrases) -> str:
        proposal = decided.proposal
        if self.word == "back" and decided.answer in (Answer.ALREADY, Answer.DECIDED):
            is_over = decided.answer is Answer.DECIDED and (
                proposal is not None and proposal.state is ProposalState.ACCEPTED
            )
            if is_over:
                return phrases.say("weeks.rule_not_back_over", id=self.proposal_id)
            return phrases.say("weeks.rule_not_back", id=self.proposal_id)
        return one_line(answered(decided, self.proposal_id, phrases), TOLD_MAX)

    async def _answered(self, host: ChatHost, actor: str) -> Decided:
        proposals = host.services.rule_proposals
        if self.word == "take":
            return await proposals.adopt(self.proposal_id, actor)
        if self.word == "leave":
            return await proposals.decline(self.proposal_id, actor)
        return await host.services.rule_undo.take_back(self.proposal_id, actor)


def rule_buttons(note: RuleNote, phrases: Phrases) -> list[RuleButton]:
    """Return what may be answered to a week's proposals, two proposals a row."""
    found: list[RuleButton] = []
    shown = 0
    for item in note.rules:
        words = _words(item.proposal)
        row = shown // PROPOSALS_PER_ROW
        found += [
            RuleButton(word, item.proposal.proposal_id, _label(word, item.proposal, phrases), row)
            for word in words
        ]
        shown += bool(words)
    return found


def _words(proposal: RuleProposal) -> tuple[str, ...]:
    if proposal.state is ProposalState.OPEN:
        return ("take", "leave")
    return ("back",) if proposal.state is ProposalState.ACCEPTED else ()


def _label(word: str, proposal: RuleProposal, phrases: Phrases) -> str:
    return phrases.say(f"weeks.rule_button_{word}", id=proposal.proposal_id)
