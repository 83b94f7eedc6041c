# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model screen has to work out: the answers to the questions, and the state graph."""

from refmodel.world import World
from reviewtool.behaviour.explore import explore
from reviewtool.behaviour.properties import ask
from reviewtool.progress import Progress
from reviewtool.report.model import model_text
from reviewtool.report.states import states_text
from reviewtool.review.session import Session, model

SMALL = World(values=("A",))
"""The world whose states are listed: one page, one thread, one vCPU, one value."""


def answered(session: Session, name: str, progress: Progress) -> str:
    """The model as text with what it was asked."""
    found = model(session, name)
    return model_text(found, ask(found, progress=progress))


def drawn(session: Session, name: str, progress: Progress) -> str:
    """Its state graph as text."""
    return states_text(explore(model(session, name), SMALL, progress=progress))
