# SPDX-License-Identifier: GPL-2.0-only
"""Names of tests as the meson.build files have them."""

import tempfile
import unittest
from pathlib import Path

from ci import meson_names

TEXT = """\
unit = {
  'list': true,
  'size': false,
}

foreach name, in_vm : unit
  program = executable(
    'test_' + name,
    'test_' + name + '.c',
    install: in_vm,
    install_dir: get_option('prefix') / 'tests',
  )
  test(name, tap, args: program, timeout: 60)
endforeach

test(
  'page',
  python,
  args: [files('page.py')],
)

foreach name : [
  'pins',
  'data',
]
  executable(
    name,
    name + '.c',
    install: true,
    install_dir: get_option('prefix') / 'tests',
  )
endforeach

foreach name : ['data']
  install_data(
    'on_siw.sh',
    rename: 'siw_' + name,
    install_dir: get_option('prefix') / 'tests',
  )
endforeach

executable('helper', 'helper.c')
"""


class Names(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        for name in ("tests", "build/trees"):
            (self.root / name).mkdir(parents=True)
        (self.root / "tests" / "meson.build").write_text(TEXT)
        (self.root / "build" / "trees" / "meson.build").write_text("test('strange', x)\n")

    def test_unit_tests(self):
        self.assertEqual(meson_names.unit_tests(self.root), ["list", "page", "size"])

    def test_guest_programs(self):
        self.assertEqual(meson_names.guest_programs(self.root), ["data", "pins", "siw_data", "test_list"])
