from conan import ConanFile
from conan.tools.cmake import CMake, cmake_layout


class TestsThroughSlots(ConanFile):
    """A recipe whose tests alone need mailslog; its users do not."""

    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def layout(self):
        cmake_layout(self)

    def build_requirements(self):
        self.test_requires("mailslog/[>=0.1 <0.2]")

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()
