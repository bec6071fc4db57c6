import os

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, get, rmdir
from conan.tools.gnu import PkgConfig

required_conan_version = ">=2.0.9"


class MailslogConan(ConanFile):
    name = "mailslog"
    description = "Log records of spdlog and Boost.Log in named mailslots, on one machine or on the LAN, and a program to read them"
    license = "MIT"
    url = "https://github.com/conan-io/conan-center-index"
    homepage = "https://example.org/mailslog"
    topics = ("logging", "mailslot", "multicast", "spdlog", "boost-log")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "with_spdlog": [True, False],
        "with_boost_log": [True, False],
        "with_slotcat": [True, False],
    }
    default_options = {
        "shared": False,
        "fPIC": True,
        "with_spdlog": True,
        "with_boost_log": False,
        "with_slotcat": True,
    }
    options_description = {
        "with_spdlog": "The sink for spdlog",
        "with_boost_log": "The sink for Boost.Log",
        "with_slotcat": "slotcat, the program that reads slots",
    }
    implements = ["auto_shared_fpic"]

    # What ConanCenter has fixed versions of.
    versions = {
        "spdlog": "1.17.0",
        "boost": "1.91.0",
        "cli11": "2.6.2",
        "fmt": "12.1.0",
        "rapidjson": "cci.20250205",
        "re2": "20251105",
    }

    def layout(self):
        cmake_layout(self, src_folder="src")

    def requirements(self):
        # The sinks are headers, and so are their host's: users need it, too.
        if self.options.with_spdlog:
            self.requires(f"spdlog/{self.versions['spdlog']}", transitive_headers=True, transitive_libs=True)
        if self.options.with_boost_log:
            self.requires(f"boost/{self.versions['boost']}", transitive_headers=True, transitive_libs=True)
        if self.options.with_slotcat:
            # The program's own: a user of the library sees none of them.
            if not self.options.with_spdlog:
                self.requires(f"spdlog/{self.versions['spdlog']}", visible=False)
            for name in ("cli11", "fmt", "rapidjson", "re2"):
                self.requires(f"{name}/{self.versions[name]}", visible=False)

    def validate(self):
        check_min_cppstd(self, 17)
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration(f"{self.ref} does not support Windows yet")
        if self.options.with_boost_log and self._from_conan("boost"):
            boost = self.dependencies["boost"].options
            for option in ("header_only", "without_log"):
                if boost.get_safe(option):
                    raise ConanInvalidConfiguration(
                        f"{self.ref} with_boost_log=True needs Boost.Log as a library: boost/*:{option} must be False")
        if self.options.with_spdlog and self._from_conan("spdlog"):
            if self.dependencies["spdlog"].options.get_safe("wchar_support"):
                raise ConanInvalidConfiguration(
                    f"{self.ref} with_spdlog=True takes UTF-8 text: spdlog/*:wchar_support must be False")

    def source(self):
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["MAILSLOG_WITH_SPDLOG"] = bool(self.options.with_spdlog)
        toolchain.cache_variables["MAILSLOG_WITH_BOOST_LOG"] = bool(self.options.with_boost_log)
        toolchain.cache_variables["MAILSLOG_BUILD_SLOTCAT"] = bool(self.options.with_slotcat)
        toolchain.cache_variables["MAILSLOG_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["MAILSLOG_BUILD_TESTS"] = False
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        for folder in (("lib", "cmake"), ("lib", "pkgconfig"), ("share",)):
            rmdir(self, os.path.join(self.package_folder, *folder))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "mailslog")
        self.cpp_info.set_property("cmake_target_name", "mailslog::mailslog")
        self.cpp_info.set_property("pkg_config_name", "mailslog-all")

        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "mailslog::core")
        core.set_property("pkg_config_name", "mailslog")
        core.libs = ["mailslog"]
        if self.options.shared:
            core.defines = ["MAILSLOG_SHARED"]
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]

        if self.options.with_spdlog:
            self._sink("spdlog", "mailslog-spdlog", ["spdlog::spdlog"], self._system_spdlog)
        if self.options.with_boost_log:
            self._sink("boost_log", "mailslog-boost-log", ["boost::log", "boost::log_setup"], self._system_boost_log,
                       host="boost")

    def _sink(self, name, pkg_config_name, requires, describe_system, host=None):
        sink = self.cpp_info.components[name]
        sink.set_property("cmake_target_name", f"mailslog::{name}")
        sink.set_property("pkg_config_name", pkg_config_name)
        sink.libdirs = []
        sink.requires = ["core"]
        if self._from_conan(host or name):
            sink.requires += requires
        else:
            describe_system(sink)

    # A profile's [platform_requires] says that something is there, and nothing about it.
    def _from_conan(self, name):
        return any(dependency.ref.name == name for dependency in self.dependencies.direct_host.values())

    def _system_spdlog(self, sink):
        try:
            PkgConfig(self, "spdlog").fill_cpp_info(sink, is_system=True)
        except ConanException:
            sink.system_libs = ["spdlog", "fmt"]
            sink.defines = ["SPDLOG_COMPILED_LIB", "SPDLOG_SHARED_LIB", "SPDLOG_FMT_EXTERNAL"]

    def _system_boost_log(self, sink):
        sink.system_libs = ["boost_log_setup", "boost_log", "boost_thread"]
        sink.defines = ["BOOST_LOG_DYN_LINK", "BOOST_LOG_SETUP_DYN_LINK"]
