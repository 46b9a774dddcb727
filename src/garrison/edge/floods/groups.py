"""Protection groups: their members' traffic as one, with a baseline and attacks of its own.

Source: WAF developer guide, "Detection logic for multiple resources in an application": detection aggregates the
traffic of a group's resources; "AWS Shield Advanced protection groups": automatic mitigation does not interact with
groups. So an attack on a group is told of like any other, and answered only where a member is attacked by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from garrison.edge.floods.memories import Memories
from garrison.edge.floods.watched import Watched
from garrison.services.shield.events import GroupView
from garrison.shield import Learning, Model
from garrison.shield.groups import combined
from garrison.shield.model import Second


class Groups:
    """By ARN. `refresh` with what the store says now and then, `take` what members' seconds were."""

    def __init__(self, learning: Learning, memories: Memories) -> None:
        self._learning = learning
        self._memories = memories
        self._views: dict[str, GroupView] = {}
        self.watched: dict[str, Watched] = {}

    def refresh(self, views: Iterable[GroupView]) -> list[Watched]:
        """Watch just these; those that are watched no longer, in the middle of an attack."""
        self._views = {view.arn: view for view in views}
        gone = [self.watched.pop(arn) for arn in [arn for arn in self.watched if arn not in self._views]]
        for arn, view in self._views.items():
            if arn not in self.watched:
                self.watched[arn] = Watched(Model(arn, self._learning, self._memories.pop(arn), mitigates=False))
            self.watched[arn].about = {"aggregation": view.aggregation, "members": list(view.members)}
        return [one for one in gone if one.event is not None]

    def take(self, looked: Mapping[str, list[Second]]) -> None:
        """The seconds that members' models have just looked at, by the member's ARN."""
        for arn, view in self._views.items():
            seconds: dict[int, list[Second]] = {}
            for member in view.members:
                for one in looked.get(member, ()):
                    seconds.setdefault(one.second, []).append(one)
            for _, ones in sorted(seconds.items()):
                self.watched[arn].model.take(combined(view.aggregation, ones))
