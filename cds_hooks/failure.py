"""What a log may say of an exception: never its message, which may hold what was sent."""

import traceback


def described(error: BaseException) -> dict[str, str]:
    """The exception's type, and the module and line that raised it."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return {
        "exception": type(error).__name__,
        "at": f"{frame.f_globals.get('__name__')}:{line}",
    }
