import Projects
import Testing

@Suite struct QuarantineTests {
    func quarantine(_ test: String, until: String = "2026-12-31") -> QuarantinedTest {
        QuarantinedTest(test: test, until: until, reason: "slow disk")
    }

    @Test(arguments: [
        ("tests/unit/test_a.py::test_b", "tests.unit.test_a::test_b", true),
        ("tests/unit/test_a.py::TestC::test_b", "tests.unit.test_a.TestC::test_b", true),
        ("tests.unit.test_a::test_b", "tests.unit.test_a::test_b", true),
        ("tests/unit/test_a.py::test_b", "tests.unit.test_a::test_b[1/2]", true),
        ("tests/unit/test_a.py::test_b[1/2]", "tests.unit.test_a::test_b[1/2]", true),
        ("tests/unit/test_a.py::test_b[1/2]", "tests.unit.test_a::test_b[1.2]", false),
        ("tests/unit/test_a.py::test_b", "tests.unit.test_a::test_bc", false),
        ("test_b", "tests.unit.test_a::test_b", false),
    ])
    func namesAreComparedAsTheRunnersWriteThem(written: String, reported: String, isSame: Bool) {
        #expect(quarantine(written).names(reported) == isSame)
    }

    @Test func onlyFailuresThatAreAllInQuarantineAreExcused() {
        let a = quarantine("t.py::a")
        #expect(judge(failures: ["t::a"], by: [a], today: "2026-12-31") == .excused([a]))
        #expect(judge(failures: ["t::a", "t::b"], by: [a], today: "2026-12-31") == .blocked(["t::b"], ended: []))
    }

    @Test func aQuarantineEndsWithItsLastDay() {
        let a = quarantine("t.py::a")
        #expect(judge(failures: ["t::a"], by: [a], today: "2027-01-01") == .blocked(["t::a"], ended: [a]))
        let longer = quarantine("t.py::a", until: "2027-03-01")
        #expect(judge(failures: ["t::a"], by: [a, longer], today: "2027-01-01") == .excused([longer]))
    }

    @Test func nothingFailedIsNoExcuse() {
        #expect(judge(failures: [], by: [quarantine("t.py::a")], today: "2026-01-01") == .blocked([], ended: []))
    }
}
