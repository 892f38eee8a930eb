"""A small unmodified discord.py bot that knows nothing of any sandbox."""

from __future__ import annotations

import asyncio
import io
from re import Match

import discord
from discord import app_commands
from discord.ext import commands

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


class OrderButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"t1:(?P<act>ok|no):(?P<order>\w+)",
):
    def __init__(self, act: str, order: str) -> None:
        custom_id = f"t1:{act}:{order}"
        super().__init__(discord.ui.Button(label=act, custom_id=custom_id))
        self.act, self.order = act, order

    @classmethod
    async def from_custom_id(cls, interaction, item, match: Match[str]):
        return cls(match["act"], match["order"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(
            content=f"{self.order} {self.act} by {interaction.user.name}", view=None
        )
        await interaction.followup.send("기록했습니다", ephemeral=True)


def buttons(order: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(OrderButton("ok", order))
    view.add_item(OrderButton("no", order))
    return view


class PickView(discord.ui.View):
    @discord.ui.select(
        custom_id="pick",
        options=[
            discord.SelectOption(label="하나", value="1"),
            discord.SelectOption(label="둘", value="2"),
        ],
    )
    async def pick(self, interaction: discord.Interaction, select) -> None:
        await interaction.response.edit_message(content=f"picked {select.values[0]}", view=None)


class TradeModal(discord.ui.Modal, title="매매 요청"):
    request: discord.ui.Label[TradeModal] = discord.ui.Label(
        text="무엇을", component=discord.ui.TextInput(custom_id="request", max_length=20)
    )
    note = discord.ui.TextInput[discord.ui.Modal](label="메모", custom_id="note", required=False)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        channel = interaction.channel
        assert isinstance(channel, discord.TextChannel)
        thread = await channel.create_thread(name="대화", type=discord.ChannelType.public_thread)
        wanted = self.request.component
        assert isinstance(wanted, discord.ui.TextInput)
        embed = discord.Embed(title="제안", description=wanted.value, color=0xE03131)
        embed.add_field(name="메모", value=self.note.value or "-")
        file = discord.File(io.BytesIO(b"a,b\n"), "order.csv")
        await thread.send(embed=embed, view=buttons("A7"), file=file)
        await interaction.edit_original_response(content=f"{thread.mention}")


class Probe(commands.Bot):
    def __init__(self, guild_id: int, intents: discord.Intents | None = None) -> None:
        chosen = intents or discord.Intents(guilds=True, guild_messages=True, message_content=True)
        super().__init__("!", intents=chosen, guild_ready_timeout=0.05)
        self.guild = discord.Object(guild_id)
        self.heard: list[discord.Message] = []
        self.resumed = asyncio.Event()
        self.identified = 0
        self.synced: dict[str, int] = {}
        add_commands(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(OrderButton)
        self.tree.copy_global_to(guild=self.guild)
        found = await self.tree.sync(guild=self.guild)
        self.synced = {one.name: one.id for one in found}

    async def on_connect(self) -> None:
        self.identified += 1

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)

    async def on_resumed(self) -> None:
        self.resumed.set()


def add_commands(bot: Probe) -> None:
    tree = bot.tree

    @tree.command(description="quote")
    async def quote(
        interaction: discord.Interaction, symbol: str, quantity: app_commands.Range[int, 1, 9] = 1
    ) -> None:
        await interaction.response.send_message(f"{symbol} x{quantity}", ephemeral=True)
        await interaction.edit_original_response(content="edited")

    @quote.autocomplete("symbol")
    async def symbols(interaction: discord.Interaction, current: str):
        names = ("KODEX 200", "TIGER 200")
        return [app_commands.Choice(name=one, value=one) for one in names if current in one]

    @tree.command(description="deferred")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        embed = discord.Embed(title="보고").set_image(url="attachment://chart.png")
        await interaction.followup.send(
            embed=embed, file=discord.File(io.BytesIO(PNG), "chart.png")
        )

    @tree.command(description="form")
    async def trade(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(TradeModal())

    @tree.command(description="silent")
    async def mute(interaction: discord.Interaction) -> None:
        await asyncio.sleep(0)

    @tree.command(description="admin only")
    @app_commands.default_permissions(administrator=True)
    async def halt(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(str(interaction.permissions.administrator))

    @tree.command(description="select")
    async def choose(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pick", view=PickView(timeout=None))

    strategy = app_commands.Group(name="strategy", description="strategy")
    cycle = app_commands.Group(name="cycle", description="cycle", parent=strategy)

    @cycle.command(name="on", description="on")
    async def cycle_on(interaction: discord.Interaction, force: bool = False) -> None:
        await interaction.response.send_message(f"cycle on {force} {interaction.locale.value}")

    tree.add_command(strategy)
