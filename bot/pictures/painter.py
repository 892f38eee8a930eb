"""Draws charts in a child process, so that matplotlib never enters the bot's memory."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import structlog

import bot
from core.errors import DataError
from core.ports.pictures import ChartSpec

_LOG = structlog.get_logger(__name__)
PAINT_SECONDS = 20.0
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_ROOT = Path(bot.__file__).parents[1]
# What a child needs to find Python and its libraries; no key or token is handed down.
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")


class ChildPainter:
    """Runs `python -m bot.pictures`, one at a time (core.ports.pictures.ChartPainter)."""

    def __init__(
        self,
        config_dir: Path,
        *,
        dark: bool = True,
        western: bool = False,
        locale: str = "ko",
        seconds: float = PAINT_SECONDS,
    ) -> None:
        """`config_dir` keeps matplotlib's font cache; it is created when missing."""
        self._config_dir = config_dir
        self._dark = dark
        self._western = western
        self._locale = locale
        self._seconds = seconds
        self._turn = asyncio.Semaphore(1)

    async def paint(self, spec: ChartSpec) -> bytes:
        """Return a PNG. Raises DataError when nothing can be drawn, or not in time."""
        from bot.pictures.job import DrawingJob

        locale = spec.locale or self._locale
        job = DrawingJob(spec=spec, dark=self._dark, western=self._western, locale=locale)
        try:
            async with asyncio.timeout(self._seconds):
                async with self._turn:
                    return await self._run(job.model_dump_json().encode())
        except TimeoutError as error:
            raise DataError(f"the chart was not drawn within {self._seconds:g} s") from error
        except OSError as error:
            raise DataError(f"the drawing process did not start: {error}") from error

    async def _run(self, job: bytes) -> bytes:
        self._config_dir.mkdir(parents=True, exist_ok=True)
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.pictures",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=_ROOT,
            env={**kept, "MPLCONFIGDIR": str(self._config_dir), "MPLBACKEND": "Agg"},
        )
        try:
            png, complaint = await child.communicate(job)
        finally:
            # Also reached by the time-out and by a cancelled caller: no child outlives its call.
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0 or not png.startswith(_PNG_MAGIC):
            reason = complaint.decode("utf-8", "replace").strip().splitlines()
            _LOG.warning("chart not drawn", status=child.returncode, reason=reason[-1:])
            raise DataError(f"the chart could not be drawn: {' '.join(reason[-1:])}")
        return png
