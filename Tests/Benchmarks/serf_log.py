"""What a serf agent believes of the others, read out of what it logs."""

import re

STATES = {"Join": "alive", "Failed": "dead", "Leave": "left"}
EVENT = re.compile(r"\bserf: EventMember(Join|Failed|Leave): (\S+) ")


class SerfLog:
    """Follows a log while it grows. Its own times are whole seconds, too coarse to be of use."""

    def __init__(self, path):
        self._path = path
        self._read = 0
        self._unfinished = ""
        self.states = {}
        """Name to alive, dead or left, of every member that was ever heard of."""

    def follow(self):
        """Takes up what was written since the last time."""
        with open(self._path, "rb") as file:
            file.seek(self._read)
            fresh = file.read()
        self._read += len(fresh)
        lines = (self._unfinished + fresh.decode(errors="replace")).split("\n")
        self._unfinished = lines.pop()
        for line in lines:
            if found := EVENT.search(line):
                self.states[found[2]] = STATES[found[1]]
