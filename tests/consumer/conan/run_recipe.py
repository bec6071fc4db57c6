from conan import ConanFile


class RunsSlotcat(ConanFile):
    """A recipe whose users run slotcat."""

    settings = "os", "arch", "compiler", "build_type"
    generators = "VirtualRunEnv"

    def requirements(self):
        self.requires("mailslog/[>=0.1 <0.2]", run=True)
