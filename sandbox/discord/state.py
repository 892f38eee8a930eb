"""Everything Discord remembers, in memory: guild, people, channels, messages, interactions.

Messages, channels, roles and commands are kept in their wire shape (`Json`), because that shape is
what every reader asks for; the rest are small dataclasses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord import bits
from sandbox.discord.wire import DISCORD_EPOCH_MS, Json, Moment, iso, milliseconds

GUILD_ID = "500000000000000001"
APPLICATION_ID = "500000000000000002"
OWNER_ID = "500000000000000011"
STRANGER_ID = "500000000000000012"
APPROVER_ID = "500000000000000013"
BOT_ROLE_ID = "500000000000000021"
MAIN_CHANNEL_ID = "500000000000000031"
ALERT_CHANNEL_ID = "500000000000000032"

TEXT_CHANNEL, DIRECT, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)

ANSWER_SECONDS = 3.0
"""Host seconds in which an interaction must be answered (Discord's own figure)."""

_NONCES_KEPT = 1000
_INTERACTIONS_KEPT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or the bot."""

    id: str
    name: str
    display: str
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The bytes behind one CDN address."""

    id: str
    message_id: str
    filename: str
    content_type: str
    data: bytes
    description: str | None = None


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One interaction and what became of it; `answer` is the callback type once answered."""

    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    opened: Moment
    message_id: str | None = None
    command: str = ""
    answer: int | None = None
    original_id: str | None = None
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Fault:
    """A wrong answer to be given `times` more times to calls that match `route`."""

    route: str
    kind: str
    times: int
    retry_after: float


@dataclass(slots=True)
class Window:
    """Calls counted in one rate-limit window that began at host second `began`."""

    began: float
    used: int = 0


@dataclass(slots=True)
class DiscordState:
    """The whole of one Discord with one guild and one bot application."""

    bot_token: str = "sandbox.discord.bot"  # noqa: S105 - opens nothing but this loopback server
    base_url: str = ""
    gateway_url: str = ""
    answer_seconds: float = ANSWER_SECONDS
    allowed_intents: int = bits.ALL_INTENTS
    bucket_limit: int = 50
    bucket_seconds: float = 1.0
    locale: str = "ko"
    users: dict[str, User] = field(default_factory=dict)
    member_roles: dict[str, list[str]] = field(default_factory=dict)
    roles: dict[str, Json] = field(default_factory=dict)
    channels: dict[str, Json] = field(default_factory=dict)
    thread_members: dict[str, dict[str, str]] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    timeline: dict[str, list[str]] = field(default_factory=dict)
    audience: dict[str, str] = field(default_factory=dict)  # ephemeral message id → its only reader
    attachments: dict[str, Attachment] = field(default_factory=dict)
    commands: dict[str, Json] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    nonces: deque[tuple[str, str, str, datetime, str]] = field(
        default_factory=lambda: deque(maxlen=_NONCES_KEPT)
    )
    faults: list[Fault] = field(default_factory=list)
    windows: dict[str, Window] = field(default_factory=dict)
    last_snowflake: int = 0

    def snowflake(self, now: datetime) -> str:
        """Return a new id that carries `now` in its upper bits and is above every earlier one."""
        fresh = max((milliseconds(now) - DISCORD_EPOCH_MS) << 22, self.last_snowflake + 1)
        self.last_snowflake = fresh
        return str(fresh)

    def remember(self, interaction: Interaction) -> None:
        """Keep an interaction, dropping the oldest beyond a bound."""
        self.interactions[interaction.token] = interaction
        while len(self.interactions) > _INTERACTIONS_KEPT:
            self.interactions.pop(next(iter(self.interactions)))

    def channel_messages(self, channel_id: str) -> list[Json]:
        """Return the messages of a channel, oldest first, ephemeral ones included."""
        return [self.messages[one] for one in self.timeline.get(channel_id, ())]


def new_state(now: datetime) -> DiscordState:
    """Return the default guild: 주인, an approver, a stranger, the bot, #매매 and #알림."""
    state = DiscordState()
    people = (
        User(id=OWNER_ID, name="owner", display="주인"),
        User(id=APPROVER_ID, name="approver", display="승인자"),
        User(id=STRANGER_ID, name="stranger", display="낯선이"),
        User(id=APPLICATION_ID, name="autotrade", display="autotrade", bot=True),
    )
    for user in people:
        add_user(state, user)
    state.roles[GUILD_ID] = _role(GUILD_ID, "@everyone", bits.EVERYONE, 0)
    state.roles[BOT_ROLE_ID] = _role(BOT_ROLE_ID, "autotrade", bits.BOT, 1)
    state.member_roles[APPLICATION_ID].append(BOT_ROLE_ID)
    add_channel(state, MAIN_CHANNEL_ID, "매매")
    add_channel(state, ALERT_CHANNEL_ID, "알림")
    state.snowflake(now)
    return state


def add_user(state: DiscordState, user: User) -> None:
    """Let a user join the guild without roles."""
    state.users[user.id] = user
    state.member_roles.setdefault(user.id, [])


def add_channel(state: DiscordState, channel_id: str, name: str) -> Json:
    """Add a text channel that everybody may see."""
    channel: Json = {
        "id": channel_id,
        "type": TEXT_CHANNEL,
        "guild_id": GUILD_ID,
        "name": name,
        "topic": None,
        "nsfw": False,
        "position": len(state.channels),
        "parent_id": None,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
        "flags": 0,
    }
    state.channels[channel_id] = channel
    return channel


def add_thread_member(state: DiscordState, thread_id: str, user_id: str, now: datetime) -> bool:
    """Let a user join a thread; False when already in."""
    members = state.thread_members.setdefault(thread_id, {})
    if user_id in members:
        return False
    members[user_id] = iso(now)
    state.channels[thread_id]["member_count"] = min(len(members), 50)
    return True


def _role(role_id: str, name: str, permissions: int, position: int) -> Json:
    return {
        "id": role_id,
        "name": name,
        "permissions": str(permissions),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": position > 0,
        "mentionable": False,
        "flags": 0,
    }
