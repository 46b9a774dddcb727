"""What people write to choose a service with its configuration: `rds`, `eks:auto-mode`, `lambda:package=image`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from garrison.responsibility.catalogue import Service, UnknownService, service, services


class UnknownSetting(Exception):
    """A setting, or a value of one, that the service has not. The message says which there are."""


class Selection(msgspec.Struct, frozen=True):
    """One service, configured. `settings` holds every setting of it."""

    service: Service
    settings: dict[str, str]

    @property
    def id(self) -> str:
        """`eks:nodes=auto-mode`; the service's id alone where everything is as by default."""
        other = [f"{k}={v}" for k, v in self.settings.items() if v != self.service.settings[k].default]
        return f"{self.service.id}:{','.join(other)}" if other else self.service.id

    @property
    def variant(self) -> str:
        """How it is configured, in words; empty where there is nothing to say."""
        shown = [k for k in self.settings if any(k in row for row in self.service.rows)]
        other = [k for k, v in self.settings.items() if v != self.service.settings[k].default and k not in shown]
        said = [self.service.settings[k].values[self.settings[k]] for k in (*shown, *other)]
        return ", ".join(said)

    @property
    def name(self) -> str:
        """`Amazon EKS, in Auto Mode`."""
        return f"{self.service.name}, {self.variant}" if self.variant else self.service.name


def configured(chosen: Service, settings: Mapping[str, str]) -> Selection:
    """A service with these settings and the defaults of its others. Raises `UnknownSetting`."""
    for name, value in settings.items():
        setting = chosen.settings.get(name)
        if setting is None:
            known = ", ".join(chosen.settings) or "none"
            raise UnknownSetting(f"{chosen.name} has no setting {name!r}; it has: {known}.")
        if value not in setting.values:
            raise UnknownSetting(f"{name} of {chosen.name} is one of {', '.join(setting.values)}, not {value!r}.")
    return Selection(chosen, {name: settings.get(name, s.default) for name, s in chosen.settings.items()})


def select(text: str, settings: Mapping[str, Mapping[str, str]] | None = None) -> Selection:
    """Read a selection; `settings` holds further ones by service id, which the text's own win over.

    Raises `UnknownService` and `UnknownSetting`.
    """
    id, _, rest = text.strip().partition(":")
    chosen = service(id)
    found = dict((settings or {}).get(chosen.id, {}))
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if equals:
            found[name] = value
        else:
            found[_setting_of(chosen, name)] = name
    return configured(chosen, found)


def every(settings: Mapping[str, Mapping[str, str]] | None = None) -> list[Selection]:
    """All services: those with settings given as these say, the others with each row of theirs."""
    given = settings or {}
    return [
        configured(one, {**row, **given.get(one.id, {})})
        for one in services().values()
        for row in (one.rows if one.id not in given else ({},))
    ]


def read_settings(written: Iterable[str]) -> dict[str, dict[str, str]]:
    """`eks.nodes=auto-mode` -> {"eks": {"nodes": "auto-mode"}}. Raises `UnknownService` and `UnknownSetting`."""
    found: dict[str, dict[str, str]] = {}
    for text in written:
        path, equals, value = text.partition("=")
        id, dot, name = path.partition(".")
        if not (equals and dot):
            raise UnknownSetting(f"{text!r} is not of the form SERVICE.SETTING=VALUE, such as eks.nodes=auto-mode.")
        chosen = service(id)
        found.setdefault(chosen.id, {})[name] = value
        configured(chosen, found[chosen.id])
    return found


def _setting_of(chosen: Service, value: str) -> str:
    having = [name for name, setting in chosen.settings.items() if value in setting.values]
    if len(having) == 1:
        return having[0]
    choices = "; ".join(f"{name}={'|'.join(s.values)}" for name, s in chosen.settings.items()) or "it has no settings"
    raise UnknownSetting(f"{chosen.name}: {value!r} is not the value of one setting: {choices}.")


__all__ = ["Selection", "UnknownService", "UnknownSetting", "configured", "every", "read_settings", "select"]
