"""What hostile and unlucky answers to the small problem set run."""

ROUND = "def double(x):\n    return 2 * x"
SWALLOWS = """def double(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass"""
# Never run without a proof that processes are limited.
FORK_BOMB = """import os
def double(x):
    while True:
        try:
            os.fork()
        except OSError:
            pass"""
KILLS = """import os, signal
def add_up(x):
    os.kill(os.getpid(), signal.SIGKILL)"""
SHOWS_HTML = """from IPython.display import HTML, display
display(HTML("<script>document.title = 1</script>"))
print("<script>alert(1)</script>")
"""
LONG_ERROR = """def double(x):
    print("x" * 1_100_000)
    raise ValueError("x" * 50_000_000)"""
GROWS = """from IPython.display import display
shown = display("x", display_id="grows")
shown.update("x" * 20_000_000)
def double(x):
    return 2 * x"""
PEEK = """import os
def double(x):
    seen = []
    for top in ("/student", "/home", "/root", "/tmp", "/work", {root!r}):
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name not in (".venv", "lib")]
            seen += [f"{{folder}}/{{name}}" for name in files if name.endswith((".ipynb", ".db"))]
    print("SEEN", seen)
    return 2 * x"""
WRITES = """import os
def double(x):
    sockets = os.path.dirname(__import__("ipykernel").get_connection_file())
    for place in ("/", "/usr", "{outside}", sockets):
        try:
            open(os.path.join(place, "left-behind"), "w").write("x")
            print("WROTE", place)
        except OSError:
            pass
    return 2 * x"""
CONNECTS = """import socket
def double(x):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=3)
        print("CONNECTED")
    except OSError as error:
        print("REFUSED", error)
    return 2 * x"""
RESULT_FIRST = """import sys
def double(x):
    sys.displayhook("x")
    return 0"""
TRANSFORMS = """get_ipython().input_transformers_post.append(lambda lines: ["pass"])
def double(x):
    return 0"""
UNWATCHED = """import sys
sys.modules["netinit-watch"].run = lambda what: None
def double(x):
    return 0"""
WORDLESS = """class Mute(Exception):
    def __str__(self):
        raise ValueError
    __repr__ = __str__
def double(x):
    raise Mute
raise Mute"""
TALKS = """import sys, threading, time
def talk():
    while True:
        print("hello from a thread \\ud800")
        time.sleep(0.05)
threading.Thread(target=talk, daemon=True).start()
sys.displayhook = lambda value: sys.exit()
def double(x):
    return 2 * x
3"""
FLOODS = """from IPython.display import display
def double(x):
    for _ in range(300):
        display(x)
    return 2 * x"""
PATCHES = """import os, sys
import numpy as np
sys.stdout = open(os.devnull, "w")
np.array_equal = lambda *args, **kwargs: True
def double(x):
    return 4 if isinstance(x, int) else 0"""
