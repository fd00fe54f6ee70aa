"""A site that takes its time, hangs or cannot begin, for the tests of the web server."""

import ctypes
import os
import sys
import time

from flask import Flask


def create_app() -> Flask:
    """Build it; ODD=broken fails as a bug in a site does, HANGS_AFTER_S replaces the web server's own."""
    if os.environ.get("ODD") == "broken":
        raise RuntimeError("this site cannot begin")
    sys.modules["__main__"].HANGS_AFTER_S = float(os.environ.get("HANGS_AFTER_S", "60"))
    site = Flask(__name__)

    @site.get("/healthz")
    def alive() -> str:
        return str(os.getpid())

    @site.get("/slow")
    def slow() -> str:
        time.sleep(1.5)
        return "late"

    @site.get("/hang")
    def hang() -> str:
        ctypes.PyDLL(None).sleep(120)  # does not give the interpreter away meanwhile
        return "never"

    return site
