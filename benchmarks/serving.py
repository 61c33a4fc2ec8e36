"""Benchmarks that keep an engine in a process of its own and ask it in turns: a script serves with `--serve MODULE`, a line of JSON a question."""

import json
import subprocess
from pathlib import Path


class Worker:
    """The process of one engine: `script` run by `python`, serving `module`."""

    def __init__(self, script, python, module):
        command = [python, str(Path(script).resolve()), "--serve", module]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, name, what):
        self.process.stdin.write(json.dumps([name, what]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())
