import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout


class MailslogTest(ConanFile):
    """Each part that was built posts a long record and reads it back."""

    settings = "os", "arch", "compiler", "build_type"

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires(self.tested_reference_str, run=True)

    def _parts(self):
        options = self.dependencies["mailslog"].options
        return ["core"] + [part for part in ("spdlog", "boost_log") if options.get_safe(f"with_{part}") == "True"]

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["PARTS"] = ";".join(self._parts())
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for part in self._parts():
                self.run(os.path.join(self.cpp.build.bindir, f"use_{part}"), env="conanrun")
            if self.dependencies["mailslog"].options.with_slotcat:
                self.run("slotcat --version", env="conanrun")
