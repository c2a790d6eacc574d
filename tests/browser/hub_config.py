"""The department's hub with no more changed than a test must.

All people are one user of the system, who have one password; the ports are free ones; the folders
are the test's. What stays: who may come in, the command of a server and its limits, the
settings of students and teachers, the culling of idle servers.
"""

import json
import os

load_subconfig(os.environ["HUB_DEPARTMENT"])  # noqa: F821 (JupyterHub defines it)
c = get_config()  # noqa: F821 (JupyterHub defines it)
test = json.loads(os.environ["HUB_TEST"])

c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = test["password"]
c.Authenticator.allowed_users = c.Authenticator.allowed_users | set(test["students"])
c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
c.SimpleLocalProcessSpawner.home_dir_template = f"{test['homes']}/{{username}}"
c.JupyterHub.bind_url = f"http://127.0.0.1:{test['port']}"
c.JupyterHub.hub_port = test["hub_port"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{test['proxy_port']}"
c.ConfigurableHTTPProxy.command = [test["proxy"]]
# The number of processes is counted per user of the system, which here has all of them.
c.Spawner.cmd = [word for word in c.Spawner.cmd if not word.startswith("--nproc")]
if os.geteuid() == 0:
    c.Spawner.args = [*c.Spawner.args, "--allow-root"]

prepare = c.Spawner.pre_spawn_hook


def prepare_for_a_test(spawner: object) -> None:
    """Put the test's settings of nbgrader before the department's."""
    prepare(spawner)
    found = spawner.environment["JUPYTER_CONFIG_PATH"]
    spawner.environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join([test["settings"], found])


c.Spawner.pre_spawn_hook = prepare_for_a_test
