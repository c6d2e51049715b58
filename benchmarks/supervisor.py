"""Processes of the service that are started, killed at random and started again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Supervisor:
    """Keeps the processes running, and kills them."""

    root: Path
    commands: list[tuple[str, ...]]
    running: dict[tuple[str, ...], subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    cuts: list[float] = field(default_factory=list)
    """When a sender, or the database, was ended."""

    def tend(self) -> None:
        """Start what does not run."""
        for command in self.commands:
            process = self.running.get(command)
            if process is not None and process.poll() is None:
                continue
            if process is not None:
                self.ended[process.returncode] += 1
            with (self.root / "log").open("ab") as told:
                words = [sys.executable, "-m", "monitor", *[word for word in command if not word.startswith("#")]]
                self.running[command] = subprocess.Popen(words, cwd=self.root, stdout=told, stderr=told)  # our own program

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL one of them."""
        command, process = chance.choice(list(self.running.items()))
        if process.poll() is None:
            process.kill()
            process.wait()
            self.killed[command[0]] += 1
            if any("deliver" in word for word in command):
                self.cuts.append(time.monotonic())

    def dismiss(self, name: str) -> None:
        """End the processes of one command for good, as a supervisor would."""
        self.commands = [command for command in self.commands if command[0] != name]
        for command in [command for command in self.running if command[0] == name]:
            _ended([self.running.pop(command)])

    def stop(self) -> None:
        """End all of them as a machine that is shut down would."""
        _ended([*self.running.values()])


def _ended(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            process.kill()
            process.wait()
