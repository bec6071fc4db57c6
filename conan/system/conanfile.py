"""Stands for a library that the system has: what pkg-config says of it or, for Boost, what is known of it.

    for name in spdlog boost fmt cli11 rapidjson re2; do conan create conan/system --name $name; done

The profile conan/profiles/system then takes these instead of Conan's own.
"""
from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.gnu import PkgConfig
from conan.tools.system import package_manager

required_conan_version = ">=2.0.9"

# name: Debian's package, pkg-config's name, CMake's file and target
_libraries = {
    "boost": ("libboost-log-dev", None, "Boost", "Boost::boost"),
    "cli11": ("libcli11-dev", "CLI11", "CLI11", "CLI11::CLI11"),
    "fmt": ("libfmt-dev", "fmt", "fmt", "fmt::fmt"),
    "rapidjson": ("rapidjson-dev", "RapidJSON", "RapidJSON", "rapidjson"),
    "re2": ("libre2-dev", "re2", "re2", "re2::re2"),
    "spdlog": ("libspdlog-dev", "spdlog", "spdlog", "spdlog::spdlog"),
}


class SystemLibrary(ConanFile):
    version = "system"
    package_type = "shared-library"
    settings = "os", "arch", "compiler", "build_type"
    # As Boost's recipe in ConanCenter has them, so that a request for one of them is not lost.
    options = {"header_only": [True, False], "without_log": [True, False]}
    default_options = {"header_only": False, "without_log": False}

    def config_options(self):
        if self.name != "boost":
            del self.options.header_only
            del self.options.without_log

    def validate(self):
        if self.name not in _libraries:
            raise ConanInvalidConfiguration(f"--name must be one of {', '.join(_libraries)}")

    def package_id(self):
        self.info.clear()

    def system_requirements(self):
        # Looks only; installs with -c tools.system.package_manager:mode=install
        package_manager.Apt(self).install([_libraries[self.name][0]])

    def package_info(self):
        _, pkg_config, file, target = _libraries[self.name]
        self.cpp_info.includedirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.set_property("cmake_file_name", file)
        self.cpp_info.set_property("cmake_target_name", target)
        if pkg_config:
            PkgConfig(self, pkg_config).fill_cpp_info(self.cpp_info, is_system=True)
        else:
            self._boost()

    # Boost has no files for pkg-config.
    def _boost(self):
        for name in ("headers", "thread", "log", "log_setup"):
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", f"Boost::{name}")
            part.includedirs = part.libdirs = part.bindirs = []
            if name != "headers":
                part.system_libs = [f"boost_{name}"]
                part.defines = [f"BOOST_{name.upper()}_DYN_LINK"]
                part.requires = ["headers"]
        self.cpp_info.components["log"].requires += ["thread"]
        self.cpp_info.components["log_setup"].requires += ["log"]
