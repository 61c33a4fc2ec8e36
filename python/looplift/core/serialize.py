"""Functions and dispatchers as bytes: `dumps` and `loads`."""

import pickle


def dumps(obj):
    """Pickles an object; functions that cannot be imported go with their code where cloudpickle is installed."""
    try:
        import cloudpickle
    except ImportError:
        return pickle.dumps(obj)
    return cloudpickle.dumps(obj)


loads = pickle.loads
