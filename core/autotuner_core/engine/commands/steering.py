"""Takes the commands of a run: each is carried out at once, in the thread of whoever asks, and recorded with its
outcome. What has to be waited for (a server that shuts down) is left to the run's own threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autotuner_core.control import Control
from autotuner_core.engine.commands import by_hand, flow, queued
from autotuner_core.engine.commands.refused import Refused
from autotuner_core.engine.ledger import Ledger
from autotuner_core.engine.queue import ExperimentQueue
from autotuner_core.run.events import CommandHandled
from autotuner_core.run.journal import JournalWriteError
from autotuner_core.steer.protocol import Answer, Command
from autotuner_core.task.model import Task

QUESTION = "ping"


@dataclass(frozen=True)
class Steering:
    """A run as its commands see it. `handle` is what the control socket calls."""

    task: Task
    ledger: Ledger
    control: Control
    queue: ExperimentQueue

    def handle(self, command: Command) -> Answer:
        """Carry a command out, or say why not. The same id again gives the same answer and does nothing."""
        if command.command == QUESTION:
            return Answer(True, self.ledger.read(flow.standing), command.id)
        with self.ledger.held() as state:
            if (known := state.commands.get(command.id)) is not None:
                return _as_before(known, command)
            answer = self._carry_out(command)
            return self._recorded(command, answer)

    def _carry_out(self, command: Command) -> Answer:
        try:
            action = ACTIONS.get(command.command)
            if action is None:
                raise Refused(f"there is no command {command.command[:40]!r}: {', '.join(ACTIONS)} are known")
            if self.control.closed and action is not flow.stop:  # what is closed at the end can still be hurried
                raise Refused("the run has ended")
            return Answer(True, action(self, command.arguments), command.id)
        except Refused as reason:
            return Answer(False, str(reason), command.id)
        except JournalWriteError as error:
            return Answer(False, f"it could not be recorded, so it was not done: {error}", command.id)

    def _recorded(self, command: Command, answer: Answer) -> Answer:
        handled = CommandHandled(
            command_id=command.id,
            command=command.command[:40],
            outcome="taken" if answer.ok else "refused",
            message=answer.message,
            arguments=command.arguments if answer.ok else {},  # nobody needs what was refused: it may be large
        )
        try:
            self.ledger.record(handled)
        except JournalWriteError as error:
            return Answer(answer.ok, f"{answer.message} (and the record cannot be written: {error})", command.id)
        return answer


def _as_before(known: CommandHandled, command: Command) -> Answer:
    if known.command != command.command or (known.outcome == "taken" and known.arguments != command.arguments):
        return Answer(
            False, f"the id {command.id!r} was another command's ({known.command}): take a new one", command.id
        )
    return Answer(known.outcome == "taken", known.message, command.id)


Action = Callable[[Steering, Mapping[str, Any]], str]

ACTIONS: Mapping[str, Action] = {
    "pause": flow.pause,
    "resume": flow.resume,
    "skip": queued.skip,
    "rerun": queued.rerun,
    "add": by_hand.add,
    "stop": flow.stop,
}
"""Each gets the run and the command's arguments, and says in words what happens now. Raises Refused."""
