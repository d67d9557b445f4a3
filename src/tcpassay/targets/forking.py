"""What must not happen while a program is being started.

fork() copies the whole descriptor table of the tester, and the copy lives until the program takes
over the process. A socket whose last descriptor is closed meanwhile goes on living in the copy: its
FIN comes late, its port still answers. So closing waits for starting, and the other way round.
"""

from __future__ import annotations

import threading
from typing import Final

#: Held while a program is started, and while a descriptor is closed whose end a case waits for.
DESCRIPTOR_TABLE: Final = threading.Lock()
