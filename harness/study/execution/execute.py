"""Many runs on any `concurrent.futures` executor.

What is durable is the ledger, not the pool: every finished run is written by the process that made it. Several
processes, on one machine or more, may execute the same study: each claims the runs that it is about to make.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from time import sleep
from typing import Any, TypeAlias

from harness.questions.reading import with_earlier
from harness.run.spec import RunSpec
from harness.study.execution.beside import beside, is_here
from harness.study.execution.interruption import interruptible
from harness.study.execution.jobs import OVERDUE, Elsewhere, Job, Order, end_by, give_up, group, work
from harness.study.execution.pace import Pace, alike
from harness.study.execution.policy import Policy
from harness.study.ledger.leases import Leases
from harness.study.ledger.ledger import Unwritable
from harness.study.ledger.part import State, TooNew
from harness.study.store import Store
from harness.study.workers.channel import listening
from harness.study.workers.here import Here
from harness.study.workers.pool import Overdue, Workers
from harness.study.workers.process import CannotStart, WorkerDied
from problems.probes import fourier

Watch: TypeAlias = Callable[[Sequence[Job], Sequence[float]], None]
"""Is told all jobs and the share of each that is done, a few times a second."""

POLL_SECONDS = 0.2
MOST_FLYING = 256
"""Jobs given to an executor of which we do not know how many it takes at once."""
# one death may be another's fault, as when memory runs out; two are the run's own
MOST_DEATHS = 2
GONE = (
    "Runs that were given out were cancelled: the scheduler, or whatever else made them, has gone. Every finished run "
    "is kept; start the same command again when it is back."
)


class ExecutorGone(ValueError):
    """Whoever was to make the runs is there no more; nothing is known of the runs themselves."""


def execute(
    specs: Sequence[RunSpec],
    store: Store,
    jobs: int | Executor = 1,
    watch: Watch | None = None,
    policy: Policy | None = None,
    meanwhile: Sequence[Callable[[], object]] = (),
) -> None:
    """Make every run that the store does not have, in `jobs` processes, or on that executor.

    What may be done `meanwhile` is, unless runs are made in this process: they have its generators and clocks alone.
    A run whose process dies twice becomes a row with status `crashed`.
    Raises CannotStart, Elsewhere, ExecutorGone, Unwritable."""
    policy = policy or Policy()
    store.ledger.check()
    states = store.ledger.states()
    todo = group([_with_earlier(spec, states) for spec in specs if policy.is_due(states.get(spec.run_id), spec)])
    if not todo:
        return
    width = 2 * jobs if isinstance(jobs, int) else MOST_FLYING  # so that no worker waits for us
    with (
        beside(*(() if is_here(jobs, todo, policy) else meanwhile)),
        interruptible(),
        store.ledger.leases(patience=policy.patience) as leases,
        # within the claims: they are given up when no process of ours is left that makes the runs
        _executor(jobs, todo, policy) as executor,
    ):
        _Study(todo, states, store, leases, policy, watch).carry_out(executor, width)
        leases.tidy(store.ledger.states)


def _with_earlier(spec: RunSpec, states: Mapping[str, State]) -> RunSpec:
    """The run with those who observed it before, so that making it again loses no table."""
    state = states.get(spec.run_id)
    return replace(spec, observers=with_earlier(spec.observers, state.observers)) if state else spec


def _executor(jobs: int | Executor, todo: Sequence[Job], policy: Policy) -> AbstractContextManager[Executor]:
    if isinstance(jobs, Executor):
        return nullcontext(jobs)
    return Here() if is_here(jobs, todo, policy) else Workers(min(jobs, len(todo)), dict(policy.environment))


class _Study:
    """One execution: jobs that wait, that fly, and that other processes make."""

    def __init__(
        self,
        todo: Sequence[Job],
        states: Mapping[str, State],
        store: Store,
        leases: Leases,
        policy: Policy,
        watch: Watch | None,
    ) -> None:
        self.todo = list(todo)
        self.shares = [0.0] * len(todo)
        self.deaths = [0] * len(todo)
        self.waiting = deque(range(len(todo)))
        self.elsewhere: list[int] = []
        self.pace = Pace()
        self.flying: dict[Future[float], tuple[int, Job, list[int]]] = {}
        self.states = states
        self.ledger = store.ledger
        self.folder = store.ledger.folder.resolve()
        self.leases = leases
        self.policy = policy
        self.watch = watch

    def carry_out(self, executor: Executor, width: int) -> None:
        """Work until every job is done, by us or by others."""
        try:
            self._carry_out(executor, width)
        except BaseException:
            for future in self.flying:
                future.cancel()
            raise

    def _carry_out(self, executor: Executor, width: int) -> None:
        while self.waiting or self.flying or self.elsewhere:
            while self.waiting and len(self.flying) < width:
                self._submit(executor, self._with_more(self.waiting.popleft(), width))
                self._tick(executor)
            if self.flying:
                for future in wait(self.flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED).done:
                    self._settle(future)
            elif self.elsewhere:
                sleep(POLL_SECONDS)
            # only now: while anything of ours waits, it goes before asking after what others make
            if not self.waiting:
                self.waiting.extend(self.elsewhere)
                self.elsewhere = []
            self._tick(executor)

    def _with_more(self, index: int, width: int) -> int:
        """The job, and with it the next ones of its configuration, if its runs are too short for tasks of their own."""
        for _ in range(self.pace.more(self.todo[index], len(self.waiting) / width)):
            other = self.waiting[0] if self.waiting else index
            if self.deaths[index] or self.deaths[other] or not alike(self.todo[index], self.todo[other]):
                break
            self.waiting.popleft()
            self.todo[index] += self.todo[other]
            self.todo[other], self.shares[other] = (), 1.0
        return index

    def _submit(self, executor: Executor, index: int) -> None:
        """Claim what can be claimed of a job, and give it out; the rest waits for whoever makes it."""
        missing = [spec for spec in self.todo[index] if self._is_missing(spec)]
        mine = tuple(spec for spec in missing if self.leases.claim(spec.run_id))
        rest = tuple(spec for spec in missing if spec not in mine)
        # another process has some of the job's runs: they become a job of their own, to be asked after later
        if rest and mine:
            self._add(rest, self.deaths[index])
        elif rest:
            self.elsewhere.append(index)
            return
        mine = tuple(spec for spec in mine if self._is_missing(spec))  # or it was finished as we claimed it
        self.todo[index] = mine or self.todo[index]
        if not mine:
            self._finish(index)
            return
        attempts = [self._attempt(spec) + 1 for spec in mine]
        expendable = self.policy.expendable or isinstance(executor, Workers)
        with listening(lambda word, value: self._hear(index, word, value)):  # where it is made in this process
            order = Order(self.folder, tuple(attempts), self.policy.grace, expendable, dict(fourier.KNOWN))
            future = executor.submit(work, mine, order)
        self.flying[future] = index, mine, attempts

    def _settle(self, future: "Future[float]") -> None:
        index, job, attempts = self.flying.pop(future)
        try:
            self.pace.note(job, future.result())
        # these concern the study and not the job: whatever is tried next would end alike
        except (Elsewhere, Unwritable, TooNew, CannotStart):
            raise
        except CancelledError:
            # never by us, as long as we ask after it
            raise ExecutorGone(GONE) from None
        except Overdue:
            give_up(job, self.folder, attempts, "timeout", OVERDUE)
        except Exception as error:  # noqa: BLE001  # beside Failed, it is their process or executor that has ended
            self._bury(index, job, attempts, error)
            return
        self._finish(index)

    def _bury(self, index: int, job: Job, attempts: list[int], error: Exception) -> None:
        """A job has failed: after a death of its process it is tried again, and its runs each alone at last.

        Other executors than ours have tried again themselves; an error would only come again."""
        self.deaths[index] += 1 if isinstance(error, WorkerDied) else MOST_DEATHS
        if self.deaths[index] < MOST_DEATHS:
            self.waiting.appendleft(index)
        elif len(job) > 1:
            for spec in job:
                self._add((spec,), MOST_DEATHS - 1)
            self.todo[index] = ()
        else:
            give_up(job, self.folder, attempts, *end_by(error))
            self._finish(index)

    def _add(self, job: Job, deaths: int) -> None:
        self.elsewhere.append(len(self.todo))
        self.todo.append(job)
        self.shares.append(0.0)
        self.deaths.append(deaths)

    def _finish(self, index: int) -> None:
        self.leases.release(spec.run_id for spec in self.todo[index])
        self.shares[index] = 1.0

    def _is_missing(self, spec: RunSpec) -> bool:
        """Whether nobody has made the run since we began."""
        now = self.ledger.state(spec.run_id)
        # a run that is made again has a part all along, that of the attempt before
        return now is None or now.attempt == self._attempt(spec)

    def _attempt(self, spec: RunSpec) -> int:
        """How often the run was begun before us."""
        state = self.states.get(spec.run_id)
        return state.attempt if state else 0

    def _hear(self, index: int, word: str, value: Any) -> None:
        if word == "share":
            self.shares[index] = value
            if self.watch:
                self.watch(self.todo, self.shares)

    def _tick(self, executor: Executor) -> None:
        # other executors than ours tell no shares
        told: Mapping[Future[float], float] = getattr(executor, "shares", {})
        # a copy: the pool's threads write while we read
        for future, share in list(told.items()):
            if future in self.flying:
                self.shares[self.flying[future][0]] = share
        if self.watch:
            self.watch(self.todo, self.shares)
