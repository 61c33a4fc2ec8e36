"""Suite-wide settings. `support` and `fuzz` are importable because this folder is on the path."""


def pytest_report_header(config):
    from support import MODULE

    return f"module under test: {MODULE}"
