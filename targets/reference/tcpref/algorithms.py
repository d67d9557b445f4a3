"""The congestion controls by the name that the setting `congestion_control` gives them."""

from __future__ import annotations

from tcpref.congestion import Congestion
from tcpref.reno import Reno

ALGORITHMS: dict[str, type[Congestion]] = {"none": Congestion, "reno": Reno}
