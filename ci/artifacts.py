# SPDX-License-Identifier: GPL-2.0-only
"""What every command starts from: base, series, kernels, guest."""

from functools import cached_property
from pathlib import Path

from ci import accelerator, base, config, kernel, paths, series, userland
from ci.git import Git
from ci.progress import say


class Artifacts:
    """Each part is made on first use, once per command."""

    @cached_property
    def base(self) -> str:
        return base.ensure()

    @cached_property
    def tip(self) -> str:
        tip = series.build(paths.ROOT, paths.STORE, self.base)
        series.write_mails(paths.STORE, self.base, tip, paths.ROOT / "kernel" / "cover.txt", paths.SERIES)
        return tip

    @property
    def store(self) -> Git:
        return Git(paths.STORE)

    @property
    def patched(self) -> bool:
        return self.tip != self.base

    @cached_property
    def commits(self) -> list[str]:
        return self.store.line("rev-list", "--reverse", f"{self.base}..{self.tip}").split()

    def kernel(self, which: kernel.Kernel) -> Path:
        """The image, up to date."""
        if which.tree == "stock":
            return kernel.build(which, self.base, False)
        return kernel.build(which, self.tip, self.patched)

    @cached_property
    def guest(self) -> Path:
        return userland.build()

    @cached_property
    def accelerator(self) -> str:
        return accelerator.choose(self.kernel(kernel.PHYR), self.guest, paths.VM)

    def prove_config(self) -> None:
        """The two measured kernels differ in the series' own options and in nothing else."""
        difference = kernel.config_difference(kernel.STOCK, kernel.PHYR)
        say("kernel configuration, stock -> phyr: " + ("; ".join(difference) or "no difference"))
        own = config.fragment(config.FRAGMENTS / "phyr.config")
        if strange := [line for line in difference if line.split(":")[0] not in own]:
            raise kernel.KernelError("the stock and phyr kernels differ beyond ci/configs/phyr.config: " + strange[0])
