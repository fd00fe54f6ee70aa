"""The pages' own scripts without a page, by the node that checks them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from shared.settings import PROJECT_DIR

STATIC = PROJECT_DIR / "shared" / "web" / "static"
_NODE = Path(sys.executable).with_name("node")
_RUN = """
const { readFileSync } = await import("node:fs");
const [folder, expression] = process.argv.slice(1);
globalThis.location = new URL("https://school.test/");
globalThis.HTMLMetaElement = class { content = "token" };
const querySelector = (selector) => (selector.startsWith("meta") ? new HTMLMetaElement() : null);
globalThis.document = { querySelector };
const names = ["face-finder.js", "snap-hints.js", "camera.js", "http.js"];
const modules = await Promise.all(names.map((name) => import(`${folder}/${name}`)));
const given = JSON.parse(readFileSync(0, "utf8"));
const bytes = (text) => Uint8ClampedArray.from(Buffer.from(text, "base64"));
const file = () => Uint8Array.from(readFileSync(new URL(`${folder}/face-finder.bin`))).buffer;
const run = new Function("given", "modules", "bytes", "file", `return ${expression}`);
console.log(JSON.stringify(await run(given, Object.assign({}, ...modules), bytes, file)));
process.exit();
"""


def run_script(expression: str, given: Any = None) -> Any:
    """Return the value of a JavaScript expression, or what a promise comes to.

    It knows `given`, what `modules` export (face-finder.js, snap-hints.js, camera.js, http.js), `bytes` of
    base64, and `file`, the network's. Fails where the expression does.
    """
    options = ["--no-warnings", "--input-type=module", "--eval", _RUN]
    command = [str(_NODE), *options, STATIC.as_uri(), expression]
    ran = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
