"""What the chat is given of the graph."""

from __future__ import annotations

from bot.chat.modes import ModePhrases
from bot.chat.services import ChatServices, ChatSettings
from bot.operations.installation import RunningInstallation
from bot.wiring.graph import Application
from bot.wiring.setup import notices_of, setup_of
from bot.wiring.tables import numbers_of, tables_of
from bot.wiring.what_if import live_what_if
from core.runtime.interlock import RealInterlock
from core.services.rules.undoing import RuleUndo
from storage.sessions import SqlSessionArchive


def chat_services(app: Application) -> ChatServices:
    """Name, for the chat, who answers what."""
    world = app.world
    return ChatServices(
        settings=_settings(app),
        languages={
            name: ModePhrases(one, lambda: app.broker.identity.mode)
            for name, one in world.languages.items()
        },
        clock=world.clock,
        market=app.market,
        portfolio=app.portfolio,
        orders=app.desk,
        switch=app.switch,
        tickets=app.desk,
        exits=app.desk.flattener,
        resumption=app.desk.resumption,
        audit=app.closing.kit.stores.audit,
        books=app.desk,
        limits=app.reading.limits,
        setup=setup_of(world, app.stores),
        rules=app.rules.desk,
        rule_proposals=app.rules.adoption,
        arming=app.interlock if isinstance(app.interlock, RealInterlock) else None,
        refusals=app.refusals,
        sessions=app.sessions,
        cycle=app.today,
        days=app.days,
        backtests=app.reading.backtests,
        watching=app.tower,
        notices=notices_of(world, app.stores),
        memories=app.stores.memory,
        model=app.talkers.books,
        status=app.status,
        calendar=world.calendar,
        painter=app.reading.painter,
        performance=numbers_of(world, app.stores, app.market),
        what_ifs=live_what_if(world, app.stores, app.market),
        exports=tables_of(world, app.stores, app.market),
        sheet=app.sheet,
        transcripts=SqlSessionArchive(app.stores.database),
        news_facts=app.stores.facts,
        installation=_installation(app),
        weeks=app.reflection,
        letters=app.letters,
        prompts=app.reflection.kit.prompts,
        rule_undo=_undo(app),
    )


def _undo(app: Application) -> RuleUndo:
    """Return who takes back accepted proposals of rules."""
    rules = app.rules
    return RuleUndo(
        proposals=rules.adoption,
        book=rules.desk.book,
        books=app.stores.ledger,
        past=rules.desk.past,
        bounds=rules.desk.bounds,
        clock=app.world.clock,
    )


def _settings(app: Application) -> ChatSettings:
    """Return where the bot listens and to whom: the settings, as owners chose over them."""
    settings, setup = app.world.settings, setup_of(app.world, app.stores)
    return ChatSettings(
        guild_id=settings.discord_guild_id,
        main_channel_id=setup.current.main_channel_id,
        alert_channel_id=setup.current.alerts_go_to,
        owner_ids=settings.owner_ids,
        approver_ids=setup.current.approver_ids,
        viewer_ids=settings.discord_viewer_ids,
        # The places of the settings stay good: a channel chosen by mistake locks nobody out.
        extra_channel_ids=settings.channel_ids,
        idle_minutes=settings.idle_minutes,
        message_content=settings.discord_message_content,
        private_threads=settings.discord_private_threads,
        locale=settings.locale,
    )


def _installation(app: Application) -> RunningInstallation:
    """Return who tells what this bot is, and examines it."""
    patient = app.world.patient(app.stores.database, app.broker)
    return RunningInstallation(patient=patient, account=app.broker)
