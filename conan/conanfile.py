"""The recipe for a clone: ConanCenter's (conan/center), with the sources that are here and with ranges of versions.

    conan create conan --build=missing
"""
import importlib.util
import os
import re

from conan.tools.cmake import cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0.9"

_file = os.path.join(os.path.dirname(__file__), "center", "all", "conanfile.py")
_spec = importlib.util.spec_from_file_location("mailslog_center_recipe", _file)
_center = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_center)


class MailslogFromClone(_center.MailslogConan):
    exports = "center/all/conanfile.py"
    versions = {
        "spdlog": "[>=1.9 <2]",
        "boost": "[>=1.74 <2]",
        "cli11": "[>=2.1 <3]",
        "fmt": "[>=8.1]",
        "rapidjson": "cci.20250205",
        "re2": "[>=20220601]",
    }

    def set_version(self):
        project = load(self, os.path.join(self.recipe_folder, os.pardir, "CMakeLists.txt"))
        self.version = re.search(r"^project\(mailslog VERSION ([0-9.]+)", project, re.MULTILINE)[1]

    def layout(self):
        self.folders.root = os.pardir
        cmake_layout(self)
        # Where its parts are in a clone that is used as it stands (conan editable add).
        self.cpp.source.includedirs = []
        parts = ["core"] + [part for part in ("spdlog", "boost_log") if self.options.get_safe(f"with_{part}")]
        for part in parts:
            folder = "core" if part == "core" else os.path.join("sinks", part)
            self.cpp.source.components[part].includedirs = [os.path.join(folder, "include")]
            self.cpp.build.components[part].libdirs = []
        self.cpp.build.components["core"].includedirs = [os.path.join("core", "include")]
        self.cpp.build.components["core"].libdirs = ["core"]

    def export_sources(self):
        root = os.path.join(self.recipe_folder, os.pardir)
        files = ["CMakeLists.txt", "LICENSE", "mailslog-config.cmake.in"]
        for pattern in files + ["core/*", "sinks/*", "packaging/*", "docs/wireshark/*"]:
            copy(self, pattern, root, self.export_sources_folder)

    def source(self):
        pass
