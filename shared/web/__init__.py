"""What makes a site one of ours; the only Flask outside the sites."""

import sys
from importlib import import_module

# Flask-Security imports Authlib wherever that is installed, for glue that nobody uses here: 7 MB and 0.1 s of
# every process, also where the school's own sign-in is off. So it finds none while it is imported.
if "authlib" not in sys.modules:
    sys.modules["authlib"] = None  # type: ignore[assignment]  # to Python: there is no such package
    try:
        import_module("flask_security")
    finally:
        del sys.modules["authlib"]
