#!/usr/bin/python3
"""Runs the tests of this folder: run.py MODULE... The last line says "N passed, N failed"."""
import importlib
import sys
import unittest


class Sentences(unittest.TestResult):
    passed = 0

    def addSuccess(self, test):
        self.passed += 1
        print("ok     ", sentence(test), flush=True)

    def addSkip(self, test, why):
        print("skipped", sentence(test) + ":", why, flush=True)

    def addFailure(self, test, why):
        super().addFailure(test, why)
        print("FAILED ", sentence(test), flush=True)
        print(self.failures[-1][1], flush=True)

    def addError(self, test, why):
        super().addFailure(test, why)
        print("FAILED ", sentence(test), flush=True)
        print(self.failures[-1][1], flush=True)


def sentence(test):
    """"nmbd: answers a broadcast", of the class Nmbd and its test_answers_a_broadcast."""
    if not hasattr(test, "_testMethodName"):
        return str(test)
    return f"{type(test).__name__}: {test._testMethodName.removeprefix('test_').replace('_', ' ')}"


def tests_of(module):
    """In the order in which they stand there."""
    for case in vars(module).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase):
            yield from (case(name) for name in vars(case) if name.startswith("test_"))


def main():
    result = Sentences()
    unittest.TestSuite(test for name in sys.argv[1:] for test in tests_of(importlib.import_module(name))).run(result)
    print(f"{result.passed} passed, {len(result.failures)} failed")
    return 0 if result.passed and not result.failures else 1


sys.exit(main())
