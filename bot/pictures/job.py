"""What goes to the drawing process: a spec and how it should look, as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.ports.pictures import ChartSpec


class DrawingJob(BaseModel):
    """One picture to draw. `dark` chooses the background, `western` green for up and red for down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spec: ChartSpec
    dark: bool = True
    western: bool = False
    locale: str = "ko"
