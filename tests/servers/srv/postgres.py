"""PostgreSQL with a new and empty database, as a user that is not root, because it insists on that."""

import glob
import os
import subprocess

os.setgid(65534)
os.setuid(65534)
programs = glob.glob("/usr/lib/postgresql/*/bin")[0]
subprocess.run([f"{programs}/initdb", "--auth=trust", "--no-sync", "-D", "/tmp/data"], check=True, cwd="/tmp")
os.execv(f"{programs}/postgres", [f"{programs}/postgres", "-D", "/tmp/data", "-h", "0.0.0.0", "-k", "/tmp"])
