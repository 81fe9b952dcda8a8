"""A real Chromium, driven over a pipe by the DevTools protocol: nothing has to be installed but the browser itself."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

__all__ = ["Browser", "Tab", "found"]

_PATIENCE = 60.0


def found() -> str | None:
    """Return the browser's program; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


class Browser:
    """A headless browser with a profile of its own; ``close`` ends it by its number."""

    def __init__(self, program: str, profile: Path) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # high numbers, so that making them 3 and 4 in the child overwrites neither
        low, high = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (theirs_in, theirs_out))
        command = [
            program,
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={profile}",
            "about:blank",
        ]
        silence = os.open(os.devnull, os.O_RDWR)
        moves = [(os.POSIX_SPAWN_DUP2, silence, 1), (os.POSIX_SPAWN_DUP2, silence, 2)]
        moves += [(os.POSIX_SPAWN_DUP2, low, 3), (os.POSIX_SPAWN_DUP2, high, 4)]
        self._pid = os.posix_spawn(program, command, dict(os.environ), file_actions=moves, setpgroup=0)
        for end in (theirs_in, theirs_out, low, high, silence):
            os.close(end)
        self._out, self._in = ours_out, ours_in
        self._number, self._answers = 0, {}
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        with self._news:
            self._number += 1
            number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        with self._news:
            if not self._news.wait_for(lambda: number in self._answers, _PATIENCE):
                raise TimeoutError(method)
            answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    def tab(self, width: int, height: int, *, dark: bool = False) -> Tab:
        """Return a new empty tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            tab.call(f"{domain}.enable")
        tab.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        tab.theme("dark" if dark else "light")
        return tab

    def close(self) -> None:
        """End the browser and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._reader.join(10)
        os.close(self._out)
        os.close(self._in)

    def _read(self) -> None:
        rest = b""
        while piece := os.read(self._in, 1 << 16):
            *whole, rest = (rest + piece).split(b"\0")
            with self._news:
                for text in whole:
                    message = json.loads(text)
                    if "id" in message:
                        self._answers[message["id"]] = message
                    else:
                        self.events.append(message)
                self._news.notify_all()


class Tab:
    """A tab: where it is, what it shows, what it said on its console and asked of the network."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to this tab."""
        return self._browser.call(method, self._session, **parameters)

    def go(self, address: str) -> None:
        """Open an address."""
        self.call("Page.navigate", url=address)

    def theme(self, name: str) -> None:
        """Let the reader prefer "light" or "dark"."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def js(self, code: str) -> Any:
        """Return the value of an expression."""
        result = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{code}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def until(self, code: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(RuntimeError):  # a page that is just being opened has no document
                if self.js(code):
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{code}; the page says: {self.js('document.body.innerText')[:2000]}")

    def until_text(self, text: str) -> None:
        """Wait until the page shows a text."""
        self.until(f"document.body.innerText.includes({json.dumps(text)})")

    def text(self, where: str = "body") -> str:
        """Return the text of an element."""
        return str(self.js(f"document.querySelector({json.dumps(where)}).innerText"))

    def press(self, text: str, within: str = "main") -> None:
        """Press the button of that text by a real click of the mouse, after it was scrolled into view."""
        buttons = f"[...document.querySelectorAll({json.dumps(within + ' button')})]"
        find = f"{buttons}.find(b => b.innerText == {json.dumps(text)})"
        self.until(f"!!({find})")
        self.js(f"({find}).scrollIntoView({{block: 'center'}})")
        box = self.js(f"(r => [r.x + r.width / 2, r.y + r.height / 2])(({find}).getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def picture(self, path: Path) -> None:
        """Write what the whole page looks like to a PNG file."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, and what broke on the network."""
        said = []
        for event in self._mine():
            method, told = event["method"], event["params"]
            if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
                said.append(" ".join(str(a.get("value", a.get("description"))) for a in told["args"]))
            elif method == "Runtime.exceptionThrown":
                said.append(str(told["exceptionDetails"]))
            elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                said.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        return said

    def asked(self) -> set[str]:
        """Return all addresses that were asked for."""
        return {e["params"]["request"]["url"] for e in self._mine() if e["method"] == "Network.requestWillBeSent"}

    def _mine(self) -> list[dict[str, Any]]:
        return [e for e in list(self._browser.events) if e.get("sessionId") == self._session]
