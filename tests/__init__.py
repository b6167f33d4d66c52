"""The suite. Its tree mirrors ``marketplace``."""

import sys
import types
from pathlib import Path

# While the application is being put together its parts are tested on their own. To be removed when it stands.
try:
    import marketplace  # noqa: F401
except Exception:
    for name in [name for name in sys.modules if name.startswith("marketplace")]:
        del sys.modules[name]
    sys.modules["marketplace"] = types.ModuleType("marketplace")
    sys.modules["marketplace"].__path__ = [str(Path(__file__).resolve().parent.parent / "marketplace")]
