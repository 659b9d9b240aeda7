# SPDX-License-Identifier: GPL-2.0-only
"""Files that are there as a whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

from ci.error import CiError


class WriteError(CiError):
    pass


def whole(file: Path, text: str) -> None:
    """Interrupted, or with the disk full, it leaves what was there before."""
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.", delete=False) as out:
            temporary = Path(out.name)
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(0o644)
        temporary.replace(file)
        temporary = None
    except OSError as error:
        raise WriteError(f"{file}: cannot be written: {error.strerror}; make room or name another place") from None
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """A file or a folder. Interrupted, it leaves nothing under that name that has lost a part."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    gone = path.with_name(f"{path.name}.tmp")
    # Of one that was interrupted.
    shutil.rmtree(gone, ignore_errors=True)
    shutil.rmtree(path.rename(gone))
