"""What a cluster was brought up with: a file in its folder, for whoever uses it later."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from .errors import UP, ClusterError
from .places import Place

OME_VERSIONS = ("0.1.3", "1.2.2")


@dataclass(frozen=True)
class Settings:
    """What a cluster was brought up with."""

    address: str  # of the API server, from outside and inside
    programs: str
    token: str  # of the administrator
    gpus: int
    ome: str  # whose ways the stand-in of OME's controller has: one of OME_VERSIONS
    webhooks: bool = False  # whether OME is asked about its objects before they are stored

    def save(self, place: Place) -> None:
        place.settings.touch(mode=0o600)
        place.settings.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, place: Place) -> Settings:
        try:
            return cls(**json.loads(place.settings.read_text()))
        except FileNotFoundError as error:
            raise ClusterError(f"cluster {place.name} is not up ({UP} --name {place.name})") from error
