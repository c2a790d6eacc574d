"""A JupyterHub for one course on one Linux machine.

    jupyterhub -f assignments/hub/jupyterhub_config.py

Read it once and change the lines marked CHANGE. It is meant for a machine of its own, where root
starts it and each person has an account of the system: a person's server runs under that account,
so that the system keeps people's files and processes apart. The guide (`assignments/guide.md`)
leads through it.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.executable).parent  # of the environment that JupyterHub itself runs in
STATE = Path(os.environ.get("NETINIT_HUB_STATE", "/srv/netinit-hub"))  # only root may read it

# Who may come in ------------------------------------------------------------------------------

TEACHERS = {"teacher"}  # CHANGE: the login names of those who teach

# The system's own accounts and passwords. Nobody is let in who is in neither of the two groups.
# A university's single sign-on is another class here, such as one of the package oauthenticator.
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = {"students", "teachers"}
c.Authenticator.allowed_users = TEACHERS
c.Authenticator.admin_users = set()  # teaching needs no rights over other people's servers

# Where it listens -----------------------------------------------------------------------------

# This machine alone: put a web server with a certificate before it (nginx, Caddy), or name the
# certificate here, and only then listen to others. Passwords must not travel in the open.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
# c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = "/etc/ssl/hub.pem", "/etc/ssl/private/hub.key"
# CHANGE, with a name of its own for each person's pages, so that no page can act for another:
# c.JupyterHub.subdomain_host = "https://hub.example.edu"

# What it keeps --------------------------------------------------------------------------------

STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
c.JupyterHub.db_url = f"sqlite:///{STATE / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.JupyterHub.shutdown_on_logout = True
c.JupyterHub.cleanup_servers = True  # when the hub ends, so do all servers

# A person's server ----------------------------------------------------------------------------

MEMORY = 4 * 10**9  # bytes of each process
PROCESSES = 300  # processes and threads of a person

c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
# The system limits what each server, and all that it starts, may use. With systemd,
# the package jupyterhub-systemdspawner can also limit memory and processor per person.
c.Spawner.cmd = [
    *("prlimit", f"--as={MEMORY}", f"--nproc={PROCESSES}", "--core=0"),
    *(sys.executable, "-m", "jupyterhub.singleuser"),
]
c.Spawner.args = [
    # Everybody uses the packages of the project's environment, which are also those of the grader.
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    # A kernel that nobody has used for an hour ends, though its page may be open.
    "--MappingKernelManager.cull_idle_timeout=3600",
    "--MappingKernelManager.cull_connected=True",
]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.JupyterHub.concurrent_spawn_limit = 10
c.JupyterHub.active_server_limit = 100  # CHANGE: what the machine's memory allows


def prepare(spawner: object) -> None:
    """Give a server the course's settings; a student's has none of the teacher's pages."""
    mine = [HERE] if spawner.user.name in TEACHERS else [HERE / "students", HERE]
    spawner.environment = {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(map(str, mine)),  # nbgrader_config.py is there
        "PATH": os.pathsep.join([str(PROGRAMS), "/usr/local/bin", "/usr/bin", "/bin"]),
    }


c.Spawner.pre_spawn_hook = prepare

# Servers that nobody has used for an hour end -------------------------------------------------

c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"],
    }
]
