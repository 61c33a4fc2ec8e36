"""Events of the compiler and who listens to them, with Numba's names: `looplift.core.event` is this module.

Compilations are events of kind ``"numba:compile"``; their data has `dispatcher`, `args` and, at the end, `return_type`.
"""

import abc
import enum
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager


class EventStatus(enum.Enum):
    """Whether something starts or ends."""

    START = enum.auto()
    END = enum.auto()


class Event:
    """`kind`, `status`, `data`, and for an end that failed `exc_details`."""

    def __init__(self, kind, status, data=None, exc_details=None):
        self.kind = kind
        self.status = status
        self.data = data
        self.exc_details = exc_details

    @property
    def is_start(self):
        return self.status == EventStatus.START

    @property
    def is_end(self):
        return self.status == EventStatus.END

    @property
    def is_failed(self):
        return self.exc_details is not None and self.exc_details[0] is not None

    def __str__(self):
        return f"Event[{self.kind}, {self.status}]: {self.data}"

    __repr__ = __str__


_registered = defaultdict(list)


def _watching():
    """Has the compiler tell of compilations as long as somebody listens."""
    from looplift import _watch

    _watch.refresh()


def listeners():
    """Whether anybody listens to anything."""
    return any(_registered.values())


def register(kind, listener):
    """Lets `listener` hear events of a kind."""
    assert isinstance(listener, Listener)
    _registered[kind].append(listener)
    _watching()


def unregister(kind, listener):
    """Ends `register`."""
    assert isinstance(listener, Listener)
    _registered[kind].remove(listener)
    _watching()


def broadcast(event):
    """Tells all listeners of the event's kind."""
    for listener in list(_registered[event.kind]):
        listener.notify(event)


class Listener(abc.ABC):
    """Hears events: `on_start` and `on_end` are to be written."""

    @abc.abstractmethod
    def on_start(self, event):
        """Something starts."""

    @abc.abstractmethod
    def on_end(self, event):
        """Something ends."""

    def notify(self, event):
        if event.is_start:
            self.on_start(event)
        elif event.is_end:
            self.on_end(event)
        else:
            raise AssertionError("unreachable")


class TimingListener(Listener):
    """Measures the time from the first start to its end: `duration` in seconds, `done`."""

    def __init__(self):
        self._depth = 0
        self._start = self._duration = None

    def on_start(self, event):
        if self._depth == 0:
            self._start = time.perf_counter()
        self._depth += 1

    def on_end(self, event):
        self._depth -= 1
        if self._depth == 0:
            self._duration = (self._duration or 0) + time.perf_counter() - self._start

    @property
    def done(self):
        return self._duration is not None

    @property
    def duration(self):
        return self._duration


class RecordingListener(Listener):
    """Keeps all events: `buffer` has (time, event) pairs."""

    def __init__(self):
        self.buffer = []

    def on_start(self, event):
        self.buffer.append((time.perf_counter(), event))

    on_end = on_start


@contextmanager
def install_listener(kind, listener):
    """`listener` hears events of a kind inside the block."""
    register(kind, listener)
    try:
        yield listener
    finally:
        unregister(kind, listener)


@contextmanager
def install_timer(kind, callback):
    """Calls `callback(seconds)` after the block, if something of this kind happened in it."""
    listener = TimingListener()
    with install_listener(kind, listener):
        yield listener
    if listener.done:
        callback(listener.duration)


@contextmanager
def install_recorder(kind):
    """Records the events of a kind inside the block."""
    listener = RecordingListener()
    with install_listener(kind, listener):
        yield listener


def start_event(kind, data=None):
    """Broadcasts a start."""
    broadcast(Event(kind, EventStatus.START, data=data))


def end_event(kind, data=None, exc_details=None):
    """Broadcasts an end."""
    broadcast(Event(kind, EventStatus.END, data=data, exc_details=exc_details))


@contextmanager
def trigger_event(kind, data=None):
    """Broadcasts a start before the block and an end after it."""
    with ExitStack() as scope:

        @scope.push
        def on_exit(*exc_details):
            end_event(kind, data=data, exc_details=exc_details)

        start_event(kind, data=data)
        yield
